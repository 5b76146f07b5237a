"""An OpenBao whose people log in through a real directory: what a mapping is said to give is what the login gives, and no password comes out.

OpenBao 2.7 has no ldap method of its own any more, so this is 2.6.2.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from pytest_socket import enable_socket
from test_vault_live import AT, READER, Vault, observer

from guardrails.connectors.vault import CONNECTOR
from guardrails.model.facts import Edge, Exposure, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm
from guardrails.testing.openbao import openbao
from guardrails.testing.slapd import slapd
from staged import staged

BAO = staged("openbao-2.6.2", "bao")
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
SUFFIX = "dc=example,dc=se"
PASSWORD = "canary-of-the-directory"
LDIF = f"""dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: x

dn: uid=ann,{SUFFIX}
objectClass: inetOrgPerson
uid: ann
cn: ann
sn: ann
userPassword: {PASSWORD}

dn: uid=bob,{SUFFIX}
objectClass: inetOrgPerson
uid: bob
cn: bob
sn: bob
userPassword: {PASSWORD}

dn: cn=ops,{SUFFIX}
objectClass: groupOfNames
cn: ops
member: uid=ann,{SUFFIX}
"""
POLICIES = {
    "ops": 'path "kv/data/ops/*" { capabilities = ["read", "update"] }\npath "kv/data/ops/own" { capabilities = ["deny"] }',
    "all": 'path "kv/data/all" { capabilities = ["read"] }',
    "bob": 'path "kv/data/+/bob" { capabilities = ["create", "list"] }',
}
PATHS = ("kv/data/ops/a", "kv/data/ops/own", "kv/data/all", "kv/data/x/bob", "kv/data/x", "sys/mounts", "auth/token/lookup-self")
LDAP_READER = READER + "".join(
    f'path "auth/ldap/{path}" {{ capabilities = ["read", "list"] }}\n' for path in ("config", "groups", "groups/+", "users", "users/+")
)


@pytest.fixture(scope="module", params=["ldaps", "starttls"])
def vault(request):
    enable_socket()
    with slapd(SUFFIX, LDIF, password=PASSWORD) as directory, openbao(BAO) as server:
        found = Vault(server)
        found.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": LDAP_READER})
        for name, text in POLICIES.items():
            found.ask("PUT", f"sys/policies/acl/{name}", {"policy": text})
        found.ask("POST", "sys/auth/ldap", {"type": "ldap"})
        found.ask("POST", "auth/ldap/config", {
            "url": directory.ldaps if request.param == "ldaps" else directory.ldap.replace("127.0.0.1", "localhost"),
            "starttls": request.param == "starttls", "certificate": Path(directory.ca).read_text(), "binddn": directory.root, "bindpass": PASSWORD,
            "userdn": SUFFIX, "userattr": "uid", "groupdn": SUFFIX, "token_policies": ["all"], "token_bound_cidrs": ["127.0.0.0/8"],
        })  # fmt: skip
        found.ask("POST", "auth/ldap/groups/ops", {"policies": "ops"})
        found.ask("POST", "auth/ldap/groups/local", {"policies": "bob, ops"})
        found.ask("POST", "auth/ldap/users/bob", {"policies": ["bob"], "groups": "local"})
        for folder in ("approle", "userpass", "transit"):
            found.ask("POST", f"sys/{'mounts' if folder == 'transit' else 'auth'}/{folder}", {"type": folder})
        yield found


@pytest.fixture
def seen(vault, monkeypatch):
    monkeypatch.setenv("READER", vault.reader())
    reading = observer(f"connector: vault\naddress: {vault.server.url}\nread: {{token: 'env:READER'}}")
    return fold(reading.observe(), system="vault", connector="vault", taken_at=AT, identity=reading.identity)


def principals(observation):
    return {fact.resource: fact for fact in observation.facts if isinstance(fact, Principal) and fact.resource.startswith("auth/ldap/")}


def policies(observation, principal):
    return {e.target.name for e in observation.edges if e.source == principal.ref and e.kind is EdgeKind.IDENTITY_POLICY}


def capabilities(vault, user):
    """What the server says of the token that a login gives, for each path."""
    token = vault.ask("POST", f"auth/ldap/login/{user}", {"password": PASSWORD})["auth"]["client_token"]
    body = json.dumps({"paths": list(PATHS)}).encode()
    request = urllib.request.Request(f"{vault.server.url}/v1/sys/capabilities-self", body, {"X-Vault-Token": token})  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
        told = json.loads(answer.read())["data"]
    return {path: set(told[path]) - {"deny"} for path in PATHS}


def test_mappings_are_principals_with_the_policies_of_their_tokens(seen):
    found = principals(seen)

    assert {resource: (fact.ref.kind, fact.ref.name, fact.form) for resource, fact in found.items()} == {
        "auth/ldap/config": ("role", "ldap/anybody", PrincipalForm.MACHINE),
        "auth/ldap/groups/local": ("ldap-group", "ldap/local", PrincipalForm.MACHINE),
        "auth/ldap/groups/ops": ("ldap-group", "ldap/ops", PrincipalForm.MACHINE),
        "auth/ldap/users/bob": ("user", "ldap/bob", PrincipalForm.USER),
    }
    assert policies(seen, found["auth/ldap/config"]) == {"all", "default"}
    assert policies(seen, found["auth/ldap/groups/ops"]) == {"all", "default", "ops"}
    assert policies(seen, found["auth/ldap/users/bob"]) == {"all", "bob", "default"}
    assert [e.target for e in seen.edges if e.kind is EdgeKind.MEMBER] == [found["auth/ldap/groups/local"].ref]
    assert {fact.addresses for fact in seen.facts if isinstance(fact, Exposure)} == {("127.0.0.0/8",)}
    assert [gap for gap in seen.gaps if "ldap" in gap.message] == []


@pytest.mark.parametrize(("user", "mapping"), [("ann", "auth/ldap/groups/ops"), ("bob", "auth/ldap/users/bob")])
def test_what_a_login_may_do_is_what_its_mapping_is_said_to_give(vault, seen, user, mapping):
    holder, meaning = principals(seen)[mapping].ref, CONNECTOR.meaning(seen)
    asked = ("read", "update", "create", "list", "delete", "patch", "sudo")
    ours = {path: {a for a in asked if meaning.replay(holder, Witness(principal=str(holder), action=a, resource=path))} for path in PATHS}

    assert ours == capabilities(vault, user)
    assert any(ours.values())


def test_no_password_of_the_directory_comes_out(vault, seen):
    assert PASSWORD not in repr(seen)


def test_an_export_says_what_live_reading_says(vault, seen, tmp_path):
    for path in ("config", "groups/ops", "groups/local", "users/bob"):
        vault.save(tmp_path / f"auth/ldap/{path}.json", f"auth/ldap/{path}")
    for name in (*POLICIES, "default", "guardrails-reader"):
        vault.save(tmp_path / f"policies/{name}.json", f"sys/policies/acl/{name}")
    exported = fold(observer(f"connector: vault\nexport: {tmp_path}").observe(), system="vault", connector="vault", taken_at=AT)

    assert principals(exported) == principals(seen)
    assert {resource: policies(exported, fact) for resource, fact in principals(exported).items()} == {
        resource: policies(seen, fact) for resource, fact in principals(seen).items()
    }


def test_a_method_whose_configuration_is_denied_is_a_gap(vault, monkeypatch):
    vault.ask("PUT", "sys/policies/acl/blind", {"policy": LDAP_READER + 'path "auth/ldap/config" { capabilities = ["deny"] }'})
    token = vault.ask("POST", "auth/token/create", {"policies": ["blind"]})["auth"]["client_token"]
    monkeypatch.setenv("READER", token)
    said = list(observer(f"connector: vault\naddress: {vault.server.url}\nread: {{token: 'env:READER'}}").observe())
    vault.ask("DELETE", "sys/policies/acl/blind")

    found = fold(said, system="vault", connector="vault", taken_at=AT)
    assert [(gap.what, gap.reason) for gap in found.gaps if "auth/ldap/config" in gap.message] == [("iam", GapReason.DENIED)]
    assert policies(found, principals(found)["auth/ldap/groups/ops"]) == {"default", "ops"}


@pytest.mark.parametrize("entry", [{"policies": {"a": 1}}, {"policies": ["a", 1]}, {"policies": ["a"], "groups": 5}])
def test_a_mapping_that_is_no_list_of_names_is_a_gap(tmp_path, entry):
    file = tmp_path / "auth/ldap/users/bob.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"data": entry}))
    (tmp_path / "auth/ldap/groups").mkdir()  # which tells the method apart from userpass
    said = list(observer(f"connector: vault\nexport: {tmp_path}").observe())

    found = fold(said, system="vault", connector="vault", taken_at=AT)
    assert [gap.reason for gap in found.gaps if gap.subject is not None and gap.subject.id.startswith("auth/")] == [GapReason.UNSUPPORTED]
    assert not [edge for edge in said if isinstance(edge, Edge)]
