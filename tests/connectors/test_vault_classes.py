"""Keys, certificates, tokens and the way to the server, judged against what is declared: from values, and on a real OpenBao."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.facts import Asset, Key, NotSeen, Setting
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Transit, Verdict
from guardrails.testing.openbao import openbao

AT = datetime(2026, 11, 26, tzinfo=UTC)


def ref(kind, identifier):
    return Ref(system="vault", realm="", kind=kind, id=identifier, name=identifier.removeprefix("auth/").removesuffix("config"))


def setting(kind, identifier, form, **entry):
    return Setting(ref=ref(kind, identifier), form=form, text=json.dumps(entry))


def meaning(*said):
    return VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))


MOUNT = setting("auth-mount", "auth/approle/", "approle", config={"max_lease_ttl": 7200})
SERVER = setting("server", "sys/config/state/sanitized", "sanitized", default_lease_ttl=0)


@pytest.mark.parametrize(
    ("entry", "beside", "seconds"),
    [
        ({"token_max_ttl": 600}, (MOUNT,), 600),
        ({"token_max_ttl": 86400}, (MOUNT,), 7200),
        ({"token_explicit_max_ttl": 300, "token_max_ttl": 600}, (MOUNT,), 300),
        ({"token_period": 60}, (MOUNT,), 0),
        ({"token_period": 60, "token_explicit_max_ttl": 300}, (MOUNT,), 300),
        ({}, (MOUNT,), 7200),
        ({}, (SERVER,), 32 * 86400),
        ({}, (setting("server", "s", "sanitized", max_lease_ttl=99),), 99),
        ({"max_ttl": 50}, (), 50),
    ],
)
def test_a_token_lives_as_long_as_the_least_limit_says(entry, beside, seconds):
    role = setting("role", "auth/approle/role/ci", "approle", **entry)
    assert meaning(role, *beside).lives(role.ref) == seconds


def test_a_life_that_nothing_limits_is_not_seen_and_an_entity_has_none():
    role = setting("role", "auth/approle/role/ci", "approle")
    assert isinstance(meaning(role).lives(role.ref), NotSeen)
    assert meaning(role).lives(ref("entity", "e")) is None


def test_a_mapping_lives_as_its_method_says():
    for method, kind, folder in (
        ("ldap", "ldap-group", "groups"), ("ldap", "user", "users"), ("github", "login-group", "map/teams"), ("github", "user", "map/users"),
        ("kerberos", "login-group", "groups"), ("okta", "user", "users"), ("radius", "user", "users"),
    ):  # fmt: skip
        mapping = setting(kind, f"auth/{method}/{folder}/ops", method, policies=["x"])
        mount = setting("auth-mount", f"auth/{method}/", method, config={"max_lease_ttl": 90})
        for says, seconds in (({"token_max_ttl": 60}, 60), ({"token_period": 5}, 0), ({}, 90)):
            config = setting("auth-config", f"auth/{method}/config", method, **says)
            assert meaning(mapping, config, mount).lives(mapping.ref) == seconds, (method, says)


HOUR = 3600
TYPES = [("default-service", "default", 0), ("default-service", "batch", 1), ("default-batch", "default", 1), ("default-batch", "service", 0),
         ("service", "batch", 0), ("batch", "service", 1), (None, "batch", 1), (None, None, 0)]  # fmt: skip


@pytest.mark.parametrize(("tuned", "own", "is_batch"), TYPES)
def test_a_batch_token_is_never_renewed_and_lives_as_long_as_it_begins_with(tuned, own, is_batch):
    mount = setting(
        "auth-mount", "auth/userpass/", "userpass", config={"token_type": tuned, "default_lease_ttl": 1200, "max_lease_ttl": 7200}
    )

    def of(**entry):
        user = setting("user", "auth/userpass/users/u", "userpass", token_type=own, **entry)
        return meaning(user, mount).lives(user.ref)

    assert of(token_ttl=600, token_max_ttl=HOUR) == (600 if is_batch else HOUR)
    assert of(token_max_ttl=HOUR) == (1200 if is_batch else HOUR)
    assert of(token_ttl=3 * HOUR) == 2 * HOUR


def test_a_batch_token_of_which_nothing_says_how_long_lives_as_the_server_lets_it():
    user = setting("user", "auth/userpass/users/u", "userpass", token_type="batch")
    assert meaning(user, setting("server", "s", "sanitized", default_lease_ttl=0, max_lease_ttl=99 * 86400)).lives(user.ref) == 32 * 86400
    assert meaning(user, setting("server", "s", "sanitized", default_lease_ttl=50)).lives(user.ref) == 50
    assert isinstance(meaning(user).lives(user.ref), NotSeen)


@pytest.mark.parametrize(
    ("listeners", "level"),
    [
        ([{"type": "tcp", "address": "0.0.0.0:8200"}], Transit.TLS1_2),
        ([{"type": "tcp", "address": "0.0.0.0:8200", "tls_min_version": "tls13"}], Transit.TLS1_3),
        ([{"type": "tcp", "address": "0.0.0.0:8200", "tls_min_version": "tls11"}], Transit.TLS),
        ([{"type": "tcp", "address": "0.0.0.0:8200"}, {"type": "tcp", "address": "10.0.0.1:8300", "tls_disable": 1}], Transit.OPTIONAL),
        ([{"type": "tcp", "address": "127.0.0.1:8200", "tls_disable": True}], None),
        ([{"type": "unix", "address": "/run/vault"}], None),
    ],
)
def test_the_weakest_listener_says_how_the_server_is_reached(listeners, level):
    asset = Asset(ref=ref("mount", "kv_1"), resource="kv/")
    found = meaning(setting("server", "sys/config/state/sanitized", "sanitized", listeners=listeners)).in_transit(asset)
    assert (found and found.level) == level


@pytest.mark.parametrize(
    ("entry", "facets"),
    [
        ({"allow_any_name": True, "enforce_hostnames": True}, ["allow_any_name"]),
        ({"allow_glob_domains": True, "allowed_domains": ["*"]}, ["allowed_domains"]),
        ({"allow_glob_domains": False, "allowed_domains": ["*"]}, []),
        ({"enforce_hostnames": False}, ["enforce_hostnames"]),
        ({"enforce_hostnames": False, "cn_validations": ["email"]}, []),
        ({"key_type": "rsa", "key_bits": 1024}, ["key_bits"]),
        ({"key_type": "rsa", "key_bits": 0}, []),
        ({"key_type": "ed25519", "key_bits": 0}, []),
    ],
)
def test_a_role_that_issues_for_whatever_is_asked_is_told(entry, facets):
    assert [one.facet for one in meaning(setting("pki-role", "pki/roles/r", "pki", **entry)).remarks()] == facets


DECLARED = """
guardrails: 1
systems: {{vault: {{connector: vault, address: "{url}", read: {{token: "env:TEST_VAULT_TOKEN"}}}}}}
teams: {{sms: {{}}}}
classes: {{secret: {{at-rest: customer-key, key-material: kept}}}}
assets:
  keys: {{class: secret, owner: "team:sms", accepted: ISG-1, match: {{vault: ["transit/+/*"]}}}}
workloads:
  ci: {{is: ["vault:role/approle/ci"], credentials: {{max-age: 12h}}, owner: "team:sms"}}
  short: {{is: ["vault:role/approle/short"], credentials: {{max-age: 12h}}, owner: "team:sms"}}
"""


@pytest.mark.server
@pytest.mark.timeout(300)
def test_what_a_real_server_is_set_up_to_is_judged(monkeypatch):
    enable_socket()
    with openbao() as server:
        server.ask("POST", "sys/mounts/transit", {"type": "transit"})
        server.ask("POST", "sys/mounts/pki", {"type": "pki"})
        server.ask("POST", "transit/keys/kept", {})
        server.ask("POST", "transit/keys/open", {"exportable": True, "allow_plaintext_backup": True})
        server.ask("POST", "transit/keys/gone", {})
        server.ask("POST", "transit/keys/gone/config", {"deletion_allowed": True})
        server.ask("POST", "pki/roles/any", {"allow_any_name": True})
        server.ask("POST", "pki/roles/web", {"allowed_domains": ["example.se"]})
        server.ask("POST", "sys/auth/approle", {"type": "approle"})
        server.ask("POST", "auth/approle/role/ci", {})
        server.ask("POST", "auth/approle/role/short", {"token_max_ttl": "1h"})
        monkeypatch.setenv("TEST_VAULT_TOKEN", server.token)
        found = declare.loads([("g.yaml", DECLARED.format(url=server.url).encode())])
        seen = workflow.observe(found, datetime.now(UTC))
        told = [one.difference for one in workflow.assess(found, seen, datetime.now(UTC), approval=lambda *_: "").findings]

    assert {(one.subject, one.message.partition(" allows ")[2].partition(";")[0]) for one in told if one.kind is Kind.KEY_LEAVES} == {
        ("vault:transit-key/transit/keys/open", "export and backup in plain text"),
        ("vault:transit-key/transit/keys/gone", "deletion"),
    }
    assert [one.subject for one in told if one.kind is Kind.ISSUING_OPEN] == ["vault:pki-role/pki/roles/any"]
    assert [(one.subject, one.verdict) for one in told if one.kind is Kind.CREDENTIAL_LIVES] == [
        ("vault:role/approle/ci", Verdict.VIOLATION)
    ]
    assert {key.ref.name: key.leaves for key in seen[0].facts if isinstance(key, Key) and key.ref.kind == "transit-key"}[
        "transit/keys/kept"
    ] == ()
