"""The least policies, held against real servers both ways: with one everything is seen, and without any right of it that right is named."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime

import ldap3
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pytest_socket import enable_socket

from connectors.netbox_company import RECORDED
from connectors.reader_worlds import GROUPS, PASSWORD, PEOPLE, READER, WORLDS
from guardrails import declare, workflow
from guardrails.cli import cli
from guardrails.connectors.discovery import find
from guardrails.connectors.netbox import rights as netbox_rights
from guardrails.connectors.vault import rights as vault_rights
from guardrails.errors import ConnectorError

AT = datetime(2026, 11, 25, tzinfo=UTC)
pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
HAS_SLAPD = shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") or os.environ.get("CI") == "true"
NO_SLAPD = pytest.mark.skipif(not HAS_SLAPD, reason="slapd IS NOT INSTALLED: no access rule was tried (packages slapd, ldap-utils)")

TOLD_BY_A_DIRECTORY = {
    "search without a size limit",
    *(f"search {PEOPLE} ({what})" for what in ("cn", "entry", "entryuuid", "gidnumber", "objectclass", "uid")),
    *(f"search {GROUPS} ({what})" for what in ("cn", "entry", "entryuuid", "gidnumber", "member", "objectclass", "uniquemember")),
}
"""What an entry must have. Everything else a directory hides without a word; docs/not-yet.md says so."""


def system(settings):
    return declare.loads([("guardrails.yaml", f"guardrails: 1\nsystems: {{s: {{{settings}}}}}\n".encode())]).systems[0]


class Opened:
    """A world, and what reading it with every right asked for."""

    def __init__(self, name, world):
        self.name, self.world, self.connector = name, world, find(name)
        self.first = self.seen(None)
        self.rights = {right.name for right in self.first.rights}

    def policy(self, *without):
        return self.connector.reader_policy(self.rights - set(without), self.first.identity)

    def seen(self, policy):
        with self.world(policy) as settings:
            return workflow.read(system(settings), AT)[1]

    def named(self, right):
        """The rights that are named as lacking without one."""
        try:
            return {name for gap in self.seen(self.policy(right)).gaps for name in gap.rights}
        except ConnectorError as error:
            # without it nothing at all can be said
            assert right == "read auth/token/lookup-self"  # either outcome is right
            assert right.partition(" ")[2] in error.remedy  # noqa: PT017  # likewise
            return {right}


@pytest.fixture(scope="module", params=["aws", pytest.param("ldap", marks=NO_SLAPD), "netbox", "vault"])
def opened(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with WORLDS[request.param]() as world:
        yield Opened(request.param, world)


def test_a_reader_with_exactly_the_policy_sees_everything(opened):
    first, seen = opened.first, opened.seen(opened.policy())

    # one region of AWS is read here, so that reading takes the right to list the others
    assert [gap.message for gap in (*first.gaps, *seen.gaps) if gap.what != "regions" or gap.rights] == []
    assert {type(fact) for fact in seen.facts} == {type(fact) for fact in first.facts}
    assert len(seen.facts) == len(first.facts)
    assert seen.rights == first.rights
    assert {right.refused for right in seen.rights} == {0}


def test_without_any_single_right_a_gap_names_exactly_that_right(opened):
    expected = TOLD_BY_A_DIRECTORY if opened.name == "ldap" else opened.rights
    # rights that change nothing in the policy are those of other kinds of directories
    given = {right for right in opened.rights if opened.policy(right) != opened.policy()}
    named = {right: opened.named(right) for right in sorted(given)}

    assert {right: found for right, found in named.items() if found} == {right: {right} for right in expected}
    assert opened.name == "ldap" or given == opened.rights


def test_check_prints_the_right_that_is_missing_and_the_policy_that_gives_it(opened, tmp_path):
    right = max(opened.rights & TOLD_BY_A_DIRECTORY if opened.name == "ldap" else opened.rights)
    file = tmp_path / "guardrails.yaml"
    with opened.world(opened.policy(right)) as settings:
        file.write_text(f"guardrails: 1\nsystems: {{s: {{{settings}}}}}\n")
        text, policy, encoded = (
            CliRunner().invoke(cli, ["connectors", "check", str(file), *options], standalone_mode=False)
            for options in ([], ["--policy"], ["--output", "json"])
        )

    assert [int(ended.return_value) for ended in (text, policy, encoded)] == [3, 3, 3]
    assert f"  missing {right} in " in text.stdout or f"  missing {right}: " in text.stdout
    assert re.search(r"^  rights: (\d+) of (\d+)$", text.stdout, re.MULTILINE)
    (told,) = json.loads(encoded.stdout)["systems"]
    assert told["missing"] == [right]
    names = {entry["right"] for entry in told["rights"]}
    assert right in names  # it was asked for, and refused or answered with nothing
    assert policy.stdout == opened.connector.reader_policy(names, opened.first.identity)


@pytest.mark.parametrize("name", ["aws", "netbox", "vault"])
def test_policies_only_let_read(name):
    with WORLDS[name]() as world:
        opened = Opened(name, world)
    words = {
        "aws": r'"(?:iam|s3|kms|rds|ec2|organizations|sso|identitystore|wafv2):(?:Get|List|Describe)\w+"|"sts:AssumeRole"',
        "netbox": r'"view"',
        "vault": r'"(?:read|list)"|\["read", "sudo"\]',
    }
    granted = {
        "aws": r'"[a-z0-9]+:[A-Z]\w+"',
        "netbox": r'(?<="actions": \[\n    )[^\]]*?(?=\n)',
        "vault": r"(?<=capabilities = \[).*?(?=\])",
    }
    # a report of last use is made by a job, which changes nothing
    job = '"iam:GenerateServiceLastAccessedDetails",\n'
    assert opened.policy().count(job) == (1 if name == "aws" else 0)
    # the two lookups of accessors, which are POSTs that change nothing
    looks = re.compile(r'path "auth/(?:token/lookup-accessor|\+/role/\+/secret-id-accessor/lookup)" +{ capabilities = \["update"\] }\n')
    assert len(looks.findall(opened.policy())) == (2 if name == "vault" else 0)
    found = re.findall(granted[name], looks.sub("", opened.policy()).replace(job, ""))
    assert found
    for grant in found:
        assert re.fullmatch(rf"(?:{words[name]})(?:, (?:{words[name]}|\"sudo\"))*", grant.strip()), grant


@NO_SLAPD
def test_rules_of_a_directory_show_nothing_that_was_not_asked_for():
    with WORLDS["ldap"]() as world:
        opened = Opened("ldap", world)
        with world(opened.policy()) as settings:
            url = re.search(r"ldap://[^\"]+", settings)[0]
            connection = ldap3.Connection(ldap3.Server(url, get_info=ldap3.NONE), READER, PASSWORD, auto_bind=True)
            connection.search(PEOPLE, "(objectClass=*)", attributes=["*", "+"], paged_size=10)
            shown = {kind.lower() for item in connection.response for kind in item["raw_attributes"]}
            connection.search("ou=services,dc=example,dc=se", "(objectClass=*)", attributes=["*"], paged_size=10)
            elsewhere = list(connection.response)
            connection.unbind()
    assert {"sn", "homedirectory", "uidnumber", "userpassword", "creatorsname"}.isdisjoint(shown)
    assert {"uid", "entryuuid", "mail"} <= shown
    assert elsewhere == []


def test_a_token_that_could_write_is_told_and_one_with_the_policy_is_not():
    with WORLDS["vault"]() as world:
        opened = Opened("vault", world)
        writes = 'path "sys/policies/acl/*" { capabilities = ["read", "update"] }\n'
        more = opened.policy() + writes
        asks = 'path "sys/capabilities-self" { capabilities = ["update"] }\n'
        told = {}
        for name, policy in {"least": opened.policy() + asks, "more": more + asks, "silent": more}.items():
            with world(policy) as settings:
                told[name] = workflow.read(system(settings), AT)[0].surplus()
    assert told == {"least": (), "more": ("sys/policies/acl/guardrails-probe (update)",), "silent": ()}


def test_a_system_that_lets_nobody_in_says_at_which_step(tmp_path):
    file = tmp_path / "guardrails.yaml"
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text("wrong")
    told = {}
    for name in ("vault", *(["ldap"] if HAS_SLAPD else [])):
        with WORLDS[name]() as world, world(None) as settings:
            wrong = re.sub(r'file:[^"]+', f"file:{tmp_path}/secret", settings)
            file.write_text(f"guardrails: 1\nsystems: {{s: {{{wrong}}}}}\n")
            ended = CliRunner().invoke(cli, ["connectors", "check", str(file)], standalone_mode=False)
            told[name] = (int(ended.return_value), ended.stdout)
    assert told["vault"][0] == 3
    assert "s: cannot be used: " in told["vault"][1]
    assert "the token is not accepted" in told["vault"][1]
    if "ldap" in told:
        assert f"does not let {READER} in: invalidCredentials (49)" in told["ldap"][1]


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("get", "sys/audit", "read,sudo sys/audit"),
        ("list", "auth/approle/role", "list auth/+/role/"),
        ("get", "auth/approle/role/role", "read auth/+/role/+"),
        ("get", "auth/ldap/groups/staff", "read auth/+/groups/+"),
        ("get", "auth/ldap/config", "read auth/+/config"),
        ("get", "auth/team/approle/role/ci", "read auth/team/approle/role/+"),
        ("get", "sys/policies/acl/team/sms", "read sys/policies/acl/*"),
        # a mount of secrets is named: in another engine the same path could hold one
        ("get", "transit/keys/sms", "read transit/keys/+"),
        ("list", "auth/token/accessors", "list,sudo auth/token/accessors/"),
        ("post", "auth/token/lookup-accessor", "update auth/token/lookup-accessor"),
        ("list", "auth/approle/role/ci/secret-id", "list auth/+/role/+/secret-id/"),
        ("post", "auth/team/a/role/ci/secret-id-accessor/lookup", "update auth/team/a/role/+/secret-id-accessor/lookup"),
        ("get", "auth/github/map/teams/dev", "read auth/+/map/teams/+"),
        ("list", "auth/github/map/users", "list auth/+/map/users/"),
        # of how a method is set up each path is named, for another could hold more
        ("get", "auth/aws/config/client", "read auth/+/config/client"),
        ("list", "team/transit/keys", "list team/transit/keys/"),
    ],
)
def test_a_request_to_vault_takes_the_right_to_all_of_its_kind(method, path, right):
    assert vault_rights.right_of(method, path) == right


def test_rights_of_netbox_are_its_own_names_for_objects():
    paths = ("ipam/ip-addresses", "ipam/prefixes", "dcim/devices", "virtualization/virtual-machines", "tenancy/contact-assignments")
    assert [netbox_rights.right_of(path).split(".")[1] for path in paths] == [
        "ipaddress", "prefix", "device", "virtualmachine", "contactassignment",
    ]  # fmt: skip
    assert {path.split("/")[2] for path in json.loads(RECORDED.read_text())["answers"]} >= {"ipam", "users"}


def test_of_a_session_the_lasting_role_is_trusted():
    rights = ("iam:ListAccessKeys", "sts:AssumeRole arn:aws:iam::1:role/reader")
    policy = json.loads(find("aws").reader_policy(rights, "arn:aws:sts::2:assumed-role/Cron/run-7"))
    assert policy["role-trust"]["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::2:role/Cron"}
    assert policy["identity-policy"]["Statement"][0]["Resource"] == ["arn:aws:iam::1:role/reader"]
    alone = json.loads(find("aws").reader_policy(rights[:1], "arn:aws:iam::1:user/cron"))
    assert alone["Statement"] == [{"Effect": "Allow", "Action": ["iam:ListAccessKeys"], "Resource": ["*"]}]


@given(st.text(st.sampled_from('ab,"\\ =')))
def test_a_name_cannot_end_the_rule_of_a_directory_that_it_stands_in(name):
    (line, *_) = find("ldap").reader_policy((), name).splitlines()
    quoted = re.match(r'olcAccess: to dn\.exact="((?:[^"\\]|\\.)*)" attrs=userPassword', line)
    assert quoted
    assert re.sub(r"\\(.)", r"\1", quoted[1]) == name
