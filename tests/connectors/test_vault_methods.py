"""Methods that map people and groups, on a real server: what is mapped is seen, what nobody configured is no gap, and no secret comes out.

OpenBao 2.7 has no such methods of its own any more, so this is 2.6.2.
"""

from __future__ import annotations

import json

import pytest
from pytest_socket import enable_socket

from connectors.test_vault_live import Vault, observed
from guardrails.connectors.discovery import find
from guardrails.model.facts import Principal, Setting
from guardrails.model.words import EdgeKind
from guardrails.testing.openbao import openbao
from staged import staged

BAO = staged("openbao-2.6.2", "bao")
pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
SECRET = "canary-shared-secret"


@pytest.fixture(scope="module")
def vault():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with openbao(BAO) as server:
        found = Vault(server)
        for method in ("radius", "kerberos", "ldap", "jwt"):
            found.ask("POST", f"sys/auth/{method}", {"type": method})
        for name in ("app", "ops", "guest"):
            found.ask("PUT", f"sys/policies/acl/{name}", {"policy": f'path "kv/{name}" {{ capabilities = ["read"] }}'})
        found.ask("POST", "auth/radius/config", {"host": "127.0.0.1", "secret": SECRET, "unregistered_user_policies": "guest"})
        found.ask("POST", "auth/radius/users/cy", {"policies": "app"})
        found.ask("POST", "auth/kerberos/config/ldap", {"url": "ldaps://ldap.example", "bindpass": SECRET, "binddn": "cn=reader"})
        found.ask("POST", "auth/kerberos/groups/ops", {"policies": "ops"})
        found.ask("POST", "auth/ldap/config", {"url": "ldaps://ldap.example", "bindpass": SECRET, "binddn": "cn=reader"})
        yield found


@pytest.fixture
def seen(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.server.token)
    return observed(f'address: "{vault.server.url}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}')


def policies(observation, name):
    return {edge.target.name for edge in observation.edges if edge.source.name == name and edge.kind is EdgeKind.IDENTITY_POLICY}


def test_mappings_are_principals_with_the_policies_of_their_tokens(seen):
    assert {(fact.ref.kind, fact.ref.name) for fact in seen.facts if isinstance(fact, Principal)} == {
        ("user", "radius/cy"), ("role", "radius/anybody"), ("login-group", "kerberos/ops"),
    }  # fmt: skip
    assert policies(seen, "radius/cy") == {"app", "default"}
    assert policies(seen, "radius/anybody") == {"default", "guest"}
    assert policies(seen, "kerberos/ops") == {"default", "ops"}


def test_what_nobody_configured_is_no_gap(seen):
    assert seen.gaps == ()
    assert {reading.what: reading.items for reading in seen.readings if "/config" in reading.what and reading.what.startswith("auth/")} == {
        "auth/jwt/config": 0, "auth/kerberos/config": 0, "auth/kerberos/config/ldap": 1, "auth/ldap/config": 1, "auth/radius/config": 1,
    }  # fmt: skip


def test_what_protects_a_method_is_kept_and_its_secrets_are_not(seen):
    told = {fact.ref.name: json.loads(fact.text) for fact in seen.facts if isinstance(fact, Setting) and fact.ref.kind == "auth-config"}
    assert told["auth/ldap/config"]["deny_null_bind"] is True
    assert told["auth/ldap/config"]["tls_min_version"] == "tls12"
    assert "{{.UserDN}}" in told["auth/ldap/config"]["groupfilter"]
    assert told["auth/radius/config"]["unregistered_user_policies"] == ["guest"]
    assert SECRET not in repr(seen)


def test_a_reader_with_exactly_the_policy_sees_the_same(vault, seen, monkeypatch):
    policy = find("vault").reader_policy({right.name for right in seen.rights}, "")
    vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": policy})
    token = vault.ask("POST", "auth/token/create", {"policies": ["guardrails-reader"], "no_default_policy": True})["auth"]["client_token"]
    monkeypatch.setenv("TEST_VAULT_TOKEN", token)
    found = observed(f'address: "{vault.server.url}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}')
    vault.ask("DELETE", "sys/policies/acl/guardrails-reader")
    assert found.gaps == ()
    assert set(seen.facts) <= set(found.facts)
    assert {right.refused for right in found.rights} == {0}
