"""Memberships of a real slapd that are in use are kept: by the log of a real OpenBao whose people log in by it, and by the directory's own."""

from __future__ import annotations

import contextlib
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest
from ldap3 import NONE, Connection, Server
from pytest_socket import enable_socket

from guardrails.testing.openbao import openbao
from guardrails.testing.slapd import slapd
from guardrails.trust.roster import digest
from staged import staged
from trust.group import member, roster, write

BAO = staged("openbao-2.6.2", "bao")
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
SUFFIX, PASSWORD = "dc=example,dc=se", "canary-hunter2"
ROOT = f"cn=root,{SUFFIX}"
LOCKED = "pwdAccountLockedTime: 000001010000Z"


def entry(name, *lines):
    return "\n".join([f"dn: {name},{SUFFIX}" if name else f"dn: {SUFFIX}", *lines, "", ""])


def person(uid, *more):
    return entry(
        f"uid={uid}", "objectClass: inetOrgPerson", *(f"{key}: {uid}" for key in ("uid", "cn", "sn")), f"userPassword: {PASSWORD}", *more
    )


def group(name, *uids):
    return entry(f"cn={name}", "objectClass: groupOfNames", f"cn: {name}", *(f"member: uid={uid},{SUFFIX}" for uid in uids))


LDIF = "".join((
    entry("", "objectClass: dcObject", "objectClass: organization", "dc: example", "o: example"),
    person("ann"), person("bob"), person("cid"), person("reader"),
    group("ops", "ann", "bob", "cid"), group("second", "ann", "bob"), group("door", "ann", "bob"), group("gym", "ann", "bob"),
))  # fmt: skip
DECLARATION = """\
guardrails: 1
isg: {{roster: isg/roster.json}}
systems:
  directory: {{connector: ldap, url: "{ldap}", base: "{suffix}", groups: "{suffix}", read: {{bind: "uid=reader,{suffix}", password: "env:LDAP_PASSWORD"}},
    write: {{bind: "{root}", password: "env:LDAP_PASSWORD"}}}}
  vault: {{connector: vault, address: "{vault}", read: {{token: "env:VAULT_ROOT"}}}}
people: {{sources: {{directory: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any, join: {{vault: {{alias: uid}}}}}}
entitlements: {{all: {{directory: {{member-of: [group/ops, group/second, group/door, group/gym]}}}}}}
roles: {{ops: {{members: ["person:bob"], may: [all]}}}}
apply: {{environment: prod, limits: {{percent: 100}}}}
"""


class Company:
    """Ann may be in nothing, and is in four groups; what she does in Vault two of them give her."""

    def __init__(self, folder, keys, vault, directory):
        self.folder, self.vault, self.directory = folder, vault, directory
        self.declared, self.host = folder / "company", folder / "host.yaml"
        (self.declared / "isg").mkdir(parents=True)
        (folder / "state").mkdir()
        text = DECLARATION.format(ldap=directory.ldap, vault=vault.url, suffix=SUFFIX, root=ROOT)
        (self.declared / "guardrails.yaml").write_text(text)
        content = write(self.declared / "isg/roster.json", roster([member(keys, name) for name in ("dana", "erin")], expires="2099-12-31"))
        self.host.write_text(f'roster-digest: "{digest(content.read_bytes())}"\nminimum-quorum: "2"\nstate: "{folder / "state"}"\n')

    def seed(self):
        ask = self.vault.ask
        ask("POST", "sys/auth/ldap", {"type": "ldap"})
        ask("POST", "auth/ldap/config", {
            "url": self.directory.ldaps, "certificate": Path(self.directory.ca).read_text(), "binddn": ROOT, "bindpass": PASSWORD,
            "userdn": SUFFIX, "userattr": "uid", "groupdn": SUFFIX,
        })  # fmt: skip
        ask("PUT", "sys/policies/acl/app", {"policy": 'path "kv/app" { capabilities = ["read"] }'})
        for name in ("ops", "second"):
            ask("POST", f"auth/ldap/groups/{name}", {"policies": "app"})

    def works(self, uid):
        """Somebody logs in and reads what is not there."""
        token = self.vault.ask("POST", f"auth/ldap/login/{uid}", {"password": PASSWORD})["auth"]["client_token"]
        request = urllib.request.Request(f"{self.vault.url}/v1/kv/app", headers={"X-Vault-Token": token})  # noqa: S310  # loopback
        with pytest.raises(HTTPError) as told, urllib.request.urlopen(request, timeout=30):  # noqa: S310  # likewise
            pass
        told.value.close()
        assert told.value.code == 404  # and not 403

    def asked(self):
        """The directory is asked for one membership, and what it wrote of that."""
        connection = Connection(Server(self.directory.ldap, get_info=NONE), ROOT, PASSWORD)
        connection.bind()
        with contextlib.ExitStack() as ending:
            ending.callback(connection.unbind)
            for uid, name in (("ann", "door"), ("cid", "ops")):
                assert connection.compare(f"cn={name},{SUFFIX}", "member", f"uid={uid},{SUFFIX}")
            connection.modify(f"uid=cid,{SUFFIX}", {"pwdAccountLockedTime": [("MODIFY_REPLACE", ["000001010000Z"])]})
            assert connection.result["result"] == 0, connection.result
        log = self.folder / "access.ldif"
        log.write_bytes(self.directory.export("cn=accesslog"))
        return log


@pytest.fixture
def company(tmp_path, keys, monkeypatch):
    enable_socket()
    (tmp_path / "log").mkdir()
    settings = (
        "overlay ppolicy", "overlay accesslog", "logdb cn=accesslog", "logops all", "access to * by users read by anonymous auth",
        "database mdb", "maxsize 104857600", "suffix cn=accesslog", "rootdn cn=accesslog", f"directory {tmp_path / 'log'}",
    )  # fmt: skip
    with openbao(BAO) as vault, slapd(SUFFIX, LDIF, password=PASSWORD, settings=settings, modules=["ppolicy", "accesslog"]) as directory:
        made = Company(tmp_path, keys, vault, directory)
        made.seed()
        monkeypatch.setenv("LDAP_PASSWORD", PASSWORD)
        monkeypatch.setenv("VAULT_ROOT", vault.token)
        yield made


def test_what_vault_and_the_directory_tell_was_used_stays_and_of_a_leaver_it_is_told(run, company):
    company.works("ann")
    company.works("cid")
    log = company.asked()

    def planned(*more):
        code, out, err = run("plan", company.declared, "--out", company.folder / "plan.json", "--host", company.host, *more)
        assert code == 0, err
        return out, err

    logs = ("--log", f"vault={company.vault.audit}", "--log", f"directory={log}")
    by_vault = f"used: vault:entity/{entity_of(company, 'ann')} was let read kv/app once, last on "
    by_directory = f"used: {ROOT} asked whether directory@{SUFFIX}:person/{{}} is in group/{{}} once, last on "

    out, _ = planned()
    assert narrowed(out) == ["door", "gym", "ops ann", "ops cid", "second"]
    assert "used: " not in out

    out, err = planned(*logs)
    assert "log of directory: 2 requests of " in err
    assert narrowed(out) == ["gym", "ops ann", "ops cid"]
    kept = [line for line in out.splitlines() if line.startswith(f"HOLD   directory@{SUFFIX}:person/ann")]
    assert [told in line for line, told in zip(kept, (by_directory.format("ann", "door"), by_vault), strict=True)] == [True, True]
    assert "which the next login of ann by auth/ldap/config would not give" in kept[1]
    assert f"breaks: {by_directory.format('cid', 'ops')}" in out

    out, _ = planned(*logs, "--even-if-used")
    assert narrowed(out) == ["door", "gym", "ops ann", "ops cid", "second"]
    assert out.count("breaks: used: ") == 4


def entity_of(company, uid):
    listed = company.vault.ask("LIST", "identity/entity/id")["data"]["key_info"].values()
    return next(one["name"] for one in listed if uid in {alias["name"] for alias in one["aliases"]})


def narrowed(out):
    """The groups, with whom each lets go where that is not the same everywhere."""
    lines = [line.split() for line in out.splitlines() if line.startswith("NARROW directory")]
    told = [(line[1].rpartition("/")[2], line[4].removeprefix("uid=").partition(",")[0]) for line in lines]
    return sorted(f"{name} {uid}" if name == "ops" else name for name, uid in told)
