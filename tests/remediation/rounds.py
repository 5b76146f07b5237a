"""An OpenBao, a slapd and a security group with keys, around a leaver who still has access in both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from guardrails.testing.openbao import OpenBao
from guardrails.testing.slapd import Slapd
from guardrails.trust.roster import digest
from trust.group import member, roster, write

__all__ = ["LDIF", "OVERLAY", "PASSWORD", "SUFFIX", "Round"]

SUFFIX = "dc=example,dc=se"
PASSWORD = "canary-hunter2"
WRITER, READER = f"cn=writer,{SUFFIX}", f"cn=reader,{SUFFIX}"
OVERLAY = (
    "overlay ppolicy",
    f'access to dn.subtree="ou=groups,{SUFFIX}" by dn.exact="{WRITER}" write by users read',
    "access to * by users read by anonymous auth",
)


def _entry(name: str, *lines: str) -> str:
    return "\n".join([f"dn: {name},{SUFFIX}" if name else f"dn: {SUFFIX}", *lines, "", ""])


def _person(name: str, *more: str) -> str:
    return _entry(f"uid={name},ou=people", "objectClass: inetOrgPerson", f"uid: {name}", f"cn: {name}", f"sn: {name}", *more)


def _service(name: str) -> str:
    classes = ("objectClass: organizationalRole", "objectClass: simpleSecurityObject")
    return _entry(f"cn={name}", *classes, f"cn: {name}", f"userPassword: {PASSWORD}")


LDIF = (
    _entry("", "objectClass: dcObject", "objectClass: organization", "dc: example", "o: example")
    + _entry("ou=people", "objectClass: organizationalUnit", "ou: people")
    + _entry("ou=groups", "objectClass: organizationalUnit", "ou: groups")
    + _service("reader")
    + _service("writer")
    + _person("bob")
    + _person("carol", "pwdAccountLockedTime: 000001010000Z")
    + _entry("cn=ops,ou=groups", "objectClass: groupOfNames", "cn: ops", *(f"member: uid={n},ou=people,{SUFFIX}" for n in ("bob", "carol")))
    + _entry("cn=login,ou=groups", "objectClass: posixGroup", "cn: login", "gidNumber: 1000", "memberUid: carol", "memberUid: bob")
)
READS = ("sys/policies/acl/*", "auth/userpass/users/+", "auth/token/roles/+", "identity/entity/id/+", "identity/group/id/+")
POLICIES = {
    "reader": "\n".join(
        [
            *(f'path "{path}" {{ capabilities = ["read"] }}' for path in ("sys/auth", "sys/mounts", *READS)),
            *(f'path "{path.rpartition("/")[0]}" {{ capabilities = ["list"] }}' for path in READS),
            'path "sys/audit" { capabilities = ["read", "sudo"] }',
        ]
    ),
    "writer": 'path "identity/entity/id/+" { capabilities = ["read", "update"] }\n'
    'path "identity/group/id/+" { capabilities = ["read", "update"] }',
    "ops": 'path "kv/data/ops/*" { capabilities = ["read"] }',
}
DECLARATION = """\
guardrails: 1
isg: {{roster: isg/roster.json}}
systems:
  directory:
    connector: ldap
    url: "{ldap}"
    base: "ou=people,{suffix}"
    groups: "ou=groups,{suffix}"
    read: {{bind: "{reader}", password: "env:LDAP_PASSWORD"}}
    write: {{bind: "{writer}", password: "env:LDAP_PASSWORD"}}
  vault:
    connector: vault
    address: "{vault}"
    read: {{token: "env:VAULT_READER"}}
    write: {{token: "env:VAULT_WRITER"}}
people:
  sources: {{directory: {{key: entryUUID, name: uid}}}}
  leaver: disabled-in-any
  join: {{vault: {{alias: uid}}}}
apply: {{environment: prod, limits: {{percent: 50}}}}
"""


class Round:
    """Everything that a round takes, and what both systems hold."""

    def __init__(self, folder: Path, keys: Path, vault: OpenBao, directory: Slapd) -> None:
        self.folder, self.keys, self.vault, self.directory = folder, keys, vault, directory
        self.company, self.state, self.host, self.plan = folder / "company", folder / "state", folder / "host.yaml", folder / "plan.json"
        (self.company / "isg/decisions").mkdir(parents=True)
        self.state.mkdir()
        self.declare()
        members = [member(keys, name) for name in ("dana", "erin", "femi")]
        content = write(self.company / "isg/roster.json", roster(members, expires="2099-12-31")).read_bytes()
        self.host.write_text(f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\nstate: "{self.state}"\n')
        shutil.copy(self.company / "isg/roster.json", folder / "roster.json")

    def declare(self, more: str = "") -> None:
        text = DECLARATION.format(ldap=self.directory.ldap, vault=self.vault.url, suffix=SUFFIX, reader=READER, writer=WRITER)
        (self.company / "guardrails.yaml").write_text(text + more)

    def seed(self) -> dict[str, str]:
        """Put people into Vault; the tokens of the one who reads and the one who writes, by the variable that holds each."""
        ask = self.vault.ask
        for name, text in POLICIES.items():
            ask("PUT", f"sys/policies/acl/{name}", {"policy": text})
        ask("POST", "sys/auth/userpass", {"type": "userpass"})
        accessor = ask("GET", "sys/auth")["data"]["userpass/"]["accessor"]
        ids = []
        for name in ("bob", "carol"):
            ids.append(ask("POST", "identity/entity", {"name": name, "policies": ["ops"]})["data"]["id"])
            ask("POST", "identity/entity-alias", {"name": name, "canonical_id": ids[-1], "mount_accessor": accessor})
        ask("POST", "identity/group", {"name": "ops", "member_entity_ids": ids, "policies": ["ops"]})
        return {
            f"VAULT_{name.upper()}": ask("POST", "auth/token/create", {"policies": [name]})["auth"]["client_token"]
            for name in ("reader", "writer")
        }

    def held(self) -> str:
        """What both systems hold, as they write it down, without what they say of the writing itself."""
        found = {}
        for kind in ("entity", "group"):
            for name in self.vault.ask("LIST", f"identity/{kind}/id")["data"]["keys"]:
                entry = self.vault.ask("GET", f"identity/{kind}/id/{name}")["data"]
                found[name] = {key: value for key, value in entry.items() if key not in {"last_update_time", "modify_index"}}
        times = ("entryCSN", "modifyTimestamp", "modifiersName", "authTimestamp")
        lines = sorted(line for line in self.directory.export().decode().splitlines() if not line.startswith(times))
        # the server writes a map without entries either way, and the other way after any write of its entity
        return json.dumps([found, lines], sort_keys=True).replace('"custom_metadata": {}', '"custom_metadata": null')
