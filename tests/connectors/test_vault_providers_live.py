"""Logins by a provider that no connector reads, on a real OpenBao: who may come into an external group is told, and then really comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from pytest_socket import enable_socket

from connectors.jwt_issuer import Issuer
from connectors.test_vault_live import Vault, observed
from guardrails import declare, workflow
from guardrails.cli import cli
from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.errors import OperatorError
from guardrails.model.facts import Principal
from guardrails.model.words import EdgeKind, Kind, Verdict
from guardrails.testing.openbao import openbao
from small_directory import group, ldif, person
from staged import staged

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
FOLDER = ldif(person("ann", 1), group("ops", 2, "ann"))
DECLARED = """
guardrails: 1
systems:
  dir: {{connector: ldap, base: "dc=example,dc=se", groups: "dc=example,dc=se", export: people.ldif}}
  vault: {{connector: vault, address: "{url}", read: {{token: "env:TEST_VAULT_TOKEN"}}}}
people: {{sources: {{dir: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any, join: {{vault: {{alias: uid}}}}}}
entitlements: {{self: {{vault: {{policy: default}}}}, kv: {{vault: {{"kv/data/ops": [read]}}}}}}
everyone: {{may: [self]}}
teams: {{sms: {{}}}}
{more}
"""


@pytest.fixture(scope="module", params=[None, "openbao-2.6.2"])
def company(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with openbao(staged(request.param, "bao") if request.param else None) as server:
        vault, issuer = Vault(server), Issuer()
        ask = vault.ask
        for name in ("ops", "role", "parents"):
            ask("PUT", f"sys/policies/acl/{name}", {"policy": f'path "kv/data/{name}" {{ capabilities = ["read"] }}'})
        for mount in ("jwt", "deep/jwt"):
            ask("POST", f"sys/auth/{mount}", {"type": "jwt"})
            ask("POST", f"auth/{mount}/config", {"jwt_validation_pubkeys": [issuer.public]})
        usual = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["us"], "token_policies": ["role"]}
        ask("POST", "auth/jwt/role/any", {**usual, "groups_claim": "groups"})
        ask("POST", "auth/jwt/role/none", usual)
        ask("POST", "auth/jwt/role/ann", {**usual, "bound_subject": "ann"})
        ask("POST", "auth/jwt/role/mail", {**usual, "user_claim": "email", "bound_claims": {"email": ["ann@example.se"]}})
        ask("POST", "auth/jwt/role/comma", {**usual, "user_claim": "email", "bound_claims": {"email": "ann@example.se,bob@example.se"}})
        ask("POST", "auth/jwt/role/some", {**usual, "user_claim": "email", "bound_claims": {"email": ["ann@example.se", "bob@example.se"]}})
        glob = {"bound_claims": {"email": "*@example.se"}, "bound_claims_type": "glob"}
        ask("POST", "auth/jwt/role/glob", {**usual, "user_claim": "email", **glob})
        ask("POST", "auth/deep/jwt/role/none", usual)
        mounts = ask("GET", "sys/auth")["data"]
        for name, mount, policies in (("ops", "jwt/", ["ops"]), ("closed", "deep/jwt/", ["ops"]), ("empty", "jwt/", [])):
            group = ask("POST", "identity/group", {"name": name, "type": "external", "policies": policies})["data"]["id"]
            ask("POST", "identity/group-alias", {"name": f"IdP-{name}", "mount_accessor": mounts[mount]["accessor"], "canonical_id": group})
            if name == "ops":
                ask("POST", "identity/group", {"name": "parents", "member_group_ids": [group], "policies": ["parents"]})
        yield vault, issuer


def logged_in(company, role, mount="jwt", **claims):
    vault, issuer = company
    return vault.server.ask("POST", f"auth/{mount}/login", {"role": role, "jwt": issuer.token(**{"aud": "us", "sub": "eve", **claims})})[
        "auth"
    ]


def seen(company, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", company[0].server.token)
    return observed(f'address: "{company[0].server.url}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}')


def declaration(company, monkeypatch, more=""):
    monkeypatch.setenv("TEST_VAULT_TOKEN", company[0].server.token)
    return DECLARED.format(url=company[0].server.url, more=more)


def found(tmp_path, text):
    (tmp_path / "people.ldif").write_text(FOLDER)
    (tmp_path / "guardrails.yaml").write_text(text)
    declared = declare.load(tmp_path)
    at = datetime.now(UTC)
    assessment = workflow.assess(declared, workflow.observe(declared, at), at, approval=lambda *_: "")
    assert assessment.gaps == ()
    findings = assessment.findings
    return [one.difference for one in findings if one.difference.subject.endswith("group/ops")]


def test_a_group_that_a_provider_fills_is_told_by_its_claim_and_what_it_gives_is_what_a_login_gives(company, monkeypatch):
    meaning = VaultMeaning(seen(company, monkeypatch))
    (one,) = meaning.provided()
    assert (one.group.name, one.name, one.by_directory) == ("ops", "IdP-ops", False)
    assert one.how == "whoever auth/jwt/ says is in IdP-ops, by the claim groups"
    predicted = {path for path in ("ops", "role", "parents") if meaning.permit(one.group, "read", f"kv/data/{path}").allowed}
    assert predicted == {"ops", "parents"}
    for name, comes in (("IdP-ops", True), ("idp-OPS", True), ("ops", False), ("IdP-closed", False)):
        assert set(logged_in(company, "any", groups=[name]).get("identity_policies") or ()) == (predicted if comes else set()), name


def test_no_login_comes_into_a_group_where_no_role_asks_for_groups(company):
    assert not logged_in(company, "none", groups=["IdP-ops"]).get("identity_policies")
    assert not logged_in(company, "none", "deep/jwt", groups=["IdP-closed"]).get("identity_policies")


def test_whoever_may_come_is_a_finding_until_that_is_declared(company, monkeypatch, tmp_path):
    (one,) = found(tmp_path, declaration(company, monkeypatch))
    assert (one.kind, one.verdict) == (Kind.PRINCIPAL_UNDECLARED, Verdict.VIOLATION)
    assert "it is held by whoever auth/jwt/ says is in IdP-ops, by the claim groups" in one.message
    load = 'workloads: {{w: {{is: ["vault:group/ops"], may: [kv], owner: "team:sms"}}}}'
    (one,) = found(tmp_path, declaration(company, monkeypatch, load.format()))
    assert (one.kind, one.witness.resource) == (Kind.ACCESS_EXCESS, "kv/data/parents")
    assert "whoever auth/jwt/ says is in IdP-ops" in one.message
    load = load.replace("kv]", "kv, up]") + '\nentitlements: {{up: {{vault: {{"kv/data/parents": [read]}}}}}}'
    (tmp_path / "more.yaml").write_text("guardrails: 1\n" + load.format())
    assert found(tmp_path, declaration(company, monkeypatch)) == []


def test_who_can_and_why_name_whoever_the_provider_lets_in(company, monkeypatch, tmp_path):
    found(tmp_path, declaration(company, monkeypatch))

    def asked(*arguments):
        ended = CliRunner().invoke(cli, [*arguments, str(tmp_path), "--output", "json"], standalone_mode=False)
        return int(ended.return_value), [one for one in json.loads(ended.stdout)["found"] if one["principal"].endswith("group/ops")]

    code, (one,) = asked("vault", "who-can", "read", "kv/data/ops")
    assert (code, one["allowed"], one["person"], one["when"]) == (0, True, None, "at the next login")
    assert one["chain"][:2] == ["whoever auth/jwt/ says is in IdP-ops, by the claim groups", "group ops"]
    code, (one,) = asked("why", "ann", "read", "kv/data/ops")
    assert (code, one["allowed"], one["why"]) == (3, None, "nothing that was read tells whether ann is among them")


def test_a_role_for_one_person_is_theirs_and_lets_in_nobody_else(company, monkeypatch):
    names = {fact.ref.id: dict(fact.names).get("alias") for fact in seen(company, monkeypatch).facts if isinstance(fact, Principal)}
    told = {role: names[f"auth/jwt/role/{role}"] for role in ("ann", "mail", "comma", "some", "glob", "any")}
    assert told == {
        "ann": "ann", "mail": "ann@example.se", "comma": "ann@example.se,bob@example.se", "some": None, "glob": None, "any": None,
    }  # fmt: skip
    for role, name in told.items():
        for who in ("ann", "bob"):
            claims = {"sub": who, "email": f"{who}@example.se", "groups": []}
            try:
                token = logged_in(company, role, **claims)
            except OperatorError:
                assert name != claims["sub" if role == "ann" else "email"], (role, who)
                continue
            alias = claims["sub" if role in {"ann", "any"} else "email"]
            entity = company[0].ask("GET", f"identity/entity/id/{token['entity_id']}")["data"]
            assert alias in {one["name"] for one in entity["aliases"]}
            assert name in {None, alias}, (role, who)


@pytest.mark.parametrize("by", ["auth/jwt/role/any", "auth/token/roles/made"])
def test_guardrails_knows_the_role_that_it_came_by(company, monkeypatch, by):
    """What it would take from its own role would lock it out."""
    company[0].ask("POST", "auth/token/roles/made", {"allowed_policies": ["default"]})
    token = logged_in(company, "any", groups=[]) if "jwt" in by else company[0].ask("POST", "auth/token/create/made", {})["auth"]
    monkeypatch.setenv("TEST_VAULT_TOKEN", token["client_token"])
    (system,) = declare.loads([
        ("guardrails.yaml", f'guardrails: 1\nsystems: {{vault: {{connector: vault, address: "{company[0].server.url}", read: {{token: "env:TEST_VAULT_TOKEN"}}}}}}'.encode())
    ]).systems  # fmt: skip
    assert ("role", by) in {(ref.kind, ref.id) for ref in CONNECTOR.objects(system).itself()}


def test_policies_that_claims_name_are_unknown(company, monkeypatch):
    ask = company[0].ask
    role = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["us"], "token_policies": ["{{.team}}"]}
    ask("POST", "auth/deep/jwt/role/templated", {**role, "token_policies_template_claims": True})
    assert "ops" in logged_in(company, "templated", "deep/jwt", team="ops")["token_policies"]
    observation = seen(company, monkeypatch)
    (held,) = {fact.ref for fact in observation.facts if isinstance(fact, Principal) and fact.ref.id.endswith("/templated")}
    assert not [edge for edge in observation.edges if edge.source == held and edge.kind is EdgeKind.IDENTITY_POLICY]
    assert VaultMeaning(observation).excess(held, ()).verdict is Verdict.UNKNOWN
    ask("DELETE", "auth/deep/jwt/role/templated")
