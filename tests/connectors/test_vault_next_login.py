"""What a login by a directory will give is what it gives: real logins on OpenBao 2.6.2 with slapd, for many ways to search.

Each person is predicted, and then logs in. Where nobody can tell which groups are found, one of the predictions is what happens.
"""

from __future__ import annotations

import contextlib
import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError

import pytest
from ldap3 import MODIFY_ADD, MODIFY_DELETE, Connection, Server
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.connectors.vault import CONNECTOR as VAULT
from guardrails.drift.logins import Directories, named
from guardrails.model.actions import RemoveMember
from guardrails.model.facts import Principal
from guardrails.model.past import gathered
from guardrails.model.words import EdgeKind, Kind, Verdict
from guardrails.plan.logins import Logins
from guardrails.plan.stage import Stage
from guardrails.remediation.making import meaning_of
from guardrails.testing.openbao import openbao
from guardrails.testing.slapd import slapd
from staged import staged

BAO = staged("openbao-2.6.2", "bao")
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
SUFFIX = "dc=example,dc=se"
PEOPLE, GROUPS, OLD = (f"ou={name},{SUFFIX}" for name in ("people", "groups", "old"))
PASSWORD = "canary-of-the-directory"


def _entry(name, **more):
    lines = [
        f"dn: {name}",
        *(f"{key}: {value}" for key, values in more.items() for value in (values if isinstance(values, list) else [values])),
    ]
    return "\n".join(lines) + "\n\n"


def _person(uid, under, **more):
    return _entry(f"uid={uid},{under}", objectClass="inetOrgPerson", uid=uid, cn=uid, sn=uid, userPassword=PASSWORD, **more)


LDIF = "".join((
    _entry(SUFFIX, objectClass=["dcObject", "organization"], dc="example", o="x"),
    *(_entry(name, objectClass="organizationalUnit", ou=name[3:].partition(",")[0]) for name in (PEOPLE, GROUPS, OLD)),
    _person("Ann", PEOPLE, mail="ann@example.se"),
    _person("bob", PEOPLE, mail="bob@example.se"),
    _person("cid", OLD, mail="cid@example.se"),
    _person("eve", f"ou=people,{SUFFIX}"),
    _entry(f"cn=Ops,{GROUPS}", objectClass="groupOfNames", cn=["Ops", "second"], member=[f"uid=Ann,{PEOPLE}", f"uid=cid,{OLD}"]),
    _entry(f"cn=top,{GROUPS}", objectClass="groupOfNames", cn="top", member=[f"cn=Ops,{GROUPS}", f"uid=bob,{PEOPLE}"]),
    _entry(f"cn=posix,{GROUPS}", objectClass="posixGroup", cn="posix", gidNumber="5", memberUid=["Ann", "bob", "cid"]),
    _entry(f"cn=unique,{GROUPS}", objectClass="groupOfUniqueNames", cn="unique", uniqueMember=[f"uid=bob,{PEOPLE}", f"uid=cid,{OLD}"]),
    _entry(f"cn=elsewhere,{OLD}", objectClass="groupOfNames", cn="elsewhere", member=[f"uid=Ann,{PEOPLE}", f"uid=bob,{PEOPLE}"]),
))  # fmt: skip
NAMES = ("Ann", "bob", "cid", "eve")
FORBIDDEN = 403
MAPPED = ("ops", "second", "top", "posix", "unique", "elsewhere", "local")
GIVEN = (*(f"m-{name}" for name in MAPPED), "everybody", "x-ops", "x-top", "own-bob", "inner")
DECLARED = """
guardrails: 1
systems:
  dir: {{connector: ldap, base: "{suffix}", groups: "{suffix}", export: "{folder}/people.ldif"}}
  vault: {{connector: vault, address: "{url}", read: {{token: "env:TEST_VAULT_TOKEN"}}}}
people: {{sources: {{dir: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any, join: {{vault: {{alias: uid}}}}}}
"""
WAYS = {
    "as it comes": ({}, True),
    "letters": ({"case_sensitive_names": True}, True),
    "by mail": ({"userattr": "mail"}, True),
    "everywhere": ({"userdn": SUFFIX, "groupdn": SUFFIX}, True),
    "no groups": ({"groupdn": ""}, True),
    "no filter": ({"groupfilter": ""}, True),
    "only by name": ({"groupfilter": "(member={{.UserDN}})"}, True),
    "only by uid": ({"groupfilter": "(memberUid={{ .Username }})"}, True),
    "both": ({"groupfilter": "(&(member={{.UserDN}})(uniqueMember={{.UserDN}}))"}, True),
    "not": ({"groupfilter": "(&(|(member={{.UserDN}})(memberUid={{.Username}}))(!(memberUid={{.Username}})))"}, True),
    "a class": ({"groupfilter": "(&(objectClass=groupOfNames)(member={{.UserDN}}))"}, False),
    "anything": ({"groupfilter": "(objectClass=groupOfNames)"}, False),
    "people of a class": ({"userfilter": "(&(objectClass=inetOrgPerson)({{.UserAttr}}={{.Username}}))"}, True),
    "the name as alias": ({"username_as_alias": True}, True),
    "no default": ({"token_no_default_policy": True, "token_policies": ["everybody"]}, True),
    "bound as themselves": ({"binddn": "", "bindpass": ""}, True),
}
"""Each with what it changes, and whether it can be told."""


def ask(server, method, path, body=None):
    request = urllib.request.Request(  # noqa: S310  # loopback
        f"{server.url}/v1/{path}", None if body is None else json.dumps(body).encode(), {"X-Vault-Token": server.token}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
            return json.loads(answer.read() or b"{}")
    except HTTPError as error:
        return error.code


class World:
    """A directory, and a server whose mappings and external groups each give a policy of their own."""

    def __init__(self, directory, server, folder):
        self.directory, self.server, self.folder = directory, server, folder
        (folder / "people.ldif").write_bytes(directory.export())
        ask(server, "POST", "sys/auth/ldap", {"type": "ldap"})
        ask(server, "POST", "sys/mounts/auth/ldap/tune", {"user_lockout_config": {"lockout_disable": True}})  # for whom it does not find
        accessor = ask(server, "GET", "sys/auth")["data"]["ldap/"]["accessor"]
        self.set_up()
        for name in GIVEN:
            ask(server, "PUT", f"sys/policies/acl/{name}", {"policy": f'path "kv/{name}" {{ capabilities = ["read"] }}'})
        for name in MAPPED:
            ask(server, "POST", f"auth/ldap/groups/{name}", {"policies": f"m-{name}"})
        ask(server, "POST", "auth/ldap/users/bob", {"policies": "own-bob", "groups": "local"})
        for name in ("OPS", "top"):
            group = ask(server, "POST", "identity/group", {"name": f"ext-{name}", "type": "external", "policies": [f"x-{name.lower()}"]})
            alias = {"name": name, "mount_accessor": accessor, "canonical_id": group["data"]["id"]}
            ask(server, "POST", "identity/group-alias", alias)
        entity = self.login("Ann")["entity_id"]
        ask(server, "POST", "identity/group", {"name": "inner", "policies": ["inner"], "member_entity_ids": [entity]})

    def set_up(self, **more):
        usual = {
            "url": self.directory.ldaps, "certificate": Path(self.directory.ca).read_text(), "binddn": self.directory.root,
            "bindpass": PASSWORD, "userdn": PEOPLE, "groupdn": GROUPS, "userattr": "uid", "groupattr": "cn", "token_policies": [],
            "case_sensitive_names": False, "username_as_alias": False, "token_no_default_policy": False,
            "groupfilter": "(|(memberUid={{.Username}})(member={{.UserDN}})(uniqueMember={{.UserDN}}))",
            "userfilter": "({{.UserAttr}}={{.Username}})",
        }  # fmt: skip
        assert ask(self.server, "POST", "auth/ldap/config", usual | more) == {}

    def login(self, name):
        told = ask(self.server, "POST", f"auth/ldap/login/{name}", {"password": PASSWORD})
        return None if isinstance(told, int) else told["auth"]

    def asks(self, token):
        """What a token may read of all that the policies here give."""
        return {name for name in GIVEN if self.read(token, name) != FORBIDDEN}

    def read(self, token, name):
        request = urllib.request.Request(f"{self.server.url}/v1/kv/{name}", headers={"X-Vault-Token": token})  # noqa: S310  # loopback
        with pytest.raises(HTTPError) as told, urllib.request.urlopen(request, timeout=30):  # noqa: S310  # likewise
            pass  # nothing is there, so that whoever may read is told so
        told.value.close()
        return told.value.code

    @contextlib.contextmanager
    def without(self, member, group):
        """While somebody is not in a group of the directory."""
        connection = Connection(Server(self.directory.ldap), self.directory.root, PASSWORD)
        connection.bind()
        with contextlib.ExitStack() as ending:
            ending.callback(connection.unbind)
            kinds = ("member", "uniqueMember", "memberUid")
            connection.search(group.resource, "(objectClass=*)", "BASE", attributes=list(kinds))
            held = connection.entries[0].entry_attributes_as_dict
            listed = [(kind, value) for kind in kinds for value in held.get(kind, ()) if value in {member.resource, member.ref.name}]
            for does in (MODIFY_DELETE, MODIFY_ADD):
                assert all(connection.modify(group.resource, {kind: [(does, [value])]}) for kind, value in listed), connection.result
                if does == MODIFY_DELETE:
                    yield

    def seen(self, more=""):
        declared = declare.loads([("g.yaml", (DECLARED.format(folder=self.folder, url=self.server.url, suffix=SUFFIX) + more).encode())])
        at = datetime.now(UTC)
        return workflow.side_by_side(declared, workflow.observe(declared, at), at), declared


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    enable_socket()
    with slapd(SUFFIX, LDIF, password=PASSWORD) as directory, openbao(BAO) as server:
        yield World(directory, server, tmp_path_factory.mktemp("people"))


@pytest.fixture
def world(servers, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", servers.server.token)
    yield servers
    servers.set_up()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_predicted_is_what_a_login_gives(world, way):
    changed, is_told = WAYS[way]
    world.set_up(**changed)
    seen, _ = world.seen()
    meaning, directories = seen.meanings["vault"], Directories(seen.declaration, seen.observations)
    (found_by,) = meaning.directories()
    compared = 0
    for uid in NAMES:
        found = directories.found(found_by, seen.people.by_name[uid])
        had = world.login(found.name if found else uid)
        assert (had is not None) == (found is not None), (uid, found)
        if found is None:
            continue
        predicted = [set(meaning._held.names(meaning.at_login(found_by.ref, found.name, named(groups)).ref)) for groups in found.choices()]
        gives = {*had["token_policies"], *(had.get("identity_policies") or ())}
        # every entity carries the default policy here, for it holds a token; a mapping says itself whether it gives it
        assert any(gives - {"default"} == one - {"default"} for one in predicted), (uid, gives, predicted)
        assert is_told is (len(predicted) == 1) or not found.perhaps
        compared += 1
    assert compared


def test_whoever_would_hold_too_much_is_told_with_the_chain_and_one_cause_is_one_finding(world):
    declared = """
entitlements:
  all: {vault: {"kv/m-top": [read], "kv/m-posix": [read], "kv/m-unique": [read], "kv/own-bob": [read], "kv/m-local": [read], "kv/x-top": [read], "kv/inner": [read]}}
  common: {vault: {policy: default}}
everyone: {may: [all, common]}
"""
    seen, found = world.seen(declared)
    told = workflow.assess(found, tuple(seen.observations.values()), datetime.now(UTC), approval=lambda *_: "").findings
    ours = [one.difference for one in told if one.difference.kind is Kind.ACCESS_NEXT_LOGIN]

    assert [(one.verdict, one.message.partition(",")[0]) for one in ours] == [
        (Verdict.VIOLATION, "person Ann would hold more than anybody declares")
    ]
    assert "dir@dc=example,dc=se:group/Ops > mapping auth/ldap/groups/ops > policy m-ops path kv/m-ops" in ours[0].message
    assert (ours[0].witness.action, ours[0].witness.resource) == ("read", "kv/m-ops")


def test_a_way_that_is_not_understood_is_told(world):
    world.set_up(userattr="cn")
    seen, found = world.seen()
    told = workflow.assess(found, tuple(seen.observations.values()), datetime.now(UTC), approval=lambda *_: "").findings
    (one,) = [one.difference for one in told if one.difference.kind is Kind.ACCESS_NEXT_LOGIN]

    assert one.verdict is Verdict.UNKNOWN
    assert "people are found by cn, which is not read" in one.message


@pytest.mark.parametrize("way", ["as it comes", "letters", "by mail", "not", "bound as themselves", "no filter"])
def test_what_the_log_tells_and_the_next_login_would_not_give_is_refused_after_the_change(world, way):
    """Each member of each group: what the audit device wrote, with the membership and then really without it."""
    world.set_up(**WAYS[way][0])
    names = {"Ann": "ann@example.se", "bob": "bob@example.se"} if way == "by mail" else {"Ann": "Ann", "bob": "bob"}
    begun = len(Path(world.server.audit).read_text().splitlines())
    before = {uid: world.asks(world.login(name)["client_token"]) for uid, name in names.items()}
    entries = [json.loads(line) for line in Path(world.server.audit).read_text().splitlines()[begun:]]
    seen, declared = world.seen()
    vault = next(system for system in declared.systems if system.name == "vault")
    log = gathered("vault", VAULT.past(vault, seen.observations["vault"], entries))
    stage = Stage.of(seen, meaning_of)
    facts = {fact.ref: fact for fact in seen.facts(Principal, "dir")}
    took = 0
    for edge in (edge for edge in seen.observations["dir"].edges if edge.kind is EdgeKind.MEMBER and edge.source.name in names):
        action, uid = RemoveMember(group=edge.target, member=edge.source), edge.source.name
        told = dict(Logins({"vault": log.requests}).refused(action, stage, stage.after(action)))
        with world.without(facts[edge.source], facts[edge.target]):
            after = world.asks(world.login(names[uid])["client_token"])
        assert {past.request.resource.removeprefix("kv/") for past in told} == before[uid] - after, (uid, edge.target)
        assert all("would not give" in why for why in told.values())
        took += len(told)
    assert (took > 0) is (way != "no filter")
