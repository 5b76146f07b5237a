"""What is held and reached beyond the declaration in a real OpenBao is taken away by a plan, and what is declared stays."""

from __future__ import annotations

import json
import re
import secrets
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from guardrails import declare, workflow
from guardrails.cli.logs import logs_of
from guardrails.connectors.vault import CONNECTOR
from guardrails.model.changes import edited
from guardrails.plan.used import Used
from guardrails.remediation import Order, make_plan
from guardrails.testing.openbao import openbao
from remediation.rounds import READS

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
LOGINS = ("auth/approle/role/+", *READS)
POLICIES = {
    "reader": "\n".join(
        [
            *(f'path "{path}" {{ capabilities = ["read"] }}' for path in ("sys/auth", "sys/mounts", *LOGINS)),
            *(f'path "{path.rpartition("/")[0]}" {{ capabilities = ["list"] }}' for path in LOGINS),
            'path "sys/audit" { capabilities = ["read", "sudo"] }',
        ]
    ),
    "writer": "\n".join(f'path "{path}" {{ capabilities = ["read", "update"] }}' for path in (*LOGINS, "sys/policies/acl/*")),
    "app": 'path "kv/data/app/*" { capabilities = ["read"] }',
    "admin": 'path "sys/policies/acl/*" { capabilities = ["create", "update"] }',
    "both": 'path "kv/data/app/*" { capabilities = ["read"] }\npath "kv/data/pay/*" { capabilities = ["read"] }',
    "denies": 'path "kv/data/app/secret" { capabilities = ["deny"] }\npath "kv/data/other/*" { capabilities = ["read"] }',
}
DECLARATION = """\
guardrails: 1
systems:
  vault: {{connector: vault, address: "{url}", read: {{token: "env:VAULT_READER"}}, write: {{token: "env:VAULT_WRITER"}}}}
entitlements:
  read-app: {{vault: {{"kv/data/app/*": [read]}}}}
  token: {{vault: {{policy: default}}}}
everyone: {{may: [token]}}
workloads:
  plain: {{is: ["vault:role/approle/plain"], may: [read-app], must: [read-app]}}
  mixed: {{is: ["vault:role/approle/mixed"], may: [read-app], must: [read-app]}}
  tricky: {{is: ["vault:role/approle/tricky"], may: [read-app], must: [read-app]}}
networks: {{office: {{cidrs: [192.0.2.0/24]}}}}
allowlists: {{logins: {{to: {{vault: "auth/+"}}, ports: [all], may-from: [office]}}}}
apply: {{limits: {{percent: 100}}}}
"""
ROLES = {
    "plain": {"token_policies": ["app", "admin"], "token_bound_cidrs": ["192.0.2.7", "198.51.100.0/24"]},
    "mixed": {"token_policies": ["both"]},
    "tricky": {"token_policies": ["app", "denies"], "token_bound_cidrs": ["192.0.2.0/24"]},
}
CUT = {
    "both": 'path "kv/data/app/*" {\n  capabilities = ["read"]\n}\n',
    "denies": 'path "kv/data/app/secret" {\n  capabilities = ["deny"]\n}\n',
}


@pytest.fixture
def served(socket_enabled, monkeypatch):
    with openbao() as vault:
        for name, text in POLICIES.items():
            vault.ask("PUT", f"sys/policies/acl/{name}", {"policy": text})
        for method in ("approle", "userpass"):
            vault.ask("POST", f"sys/auth/{method}", {"type": method})
        for name, fields in ROLES.items():
            vault.ask("POST", f"auth/approle/role/{name}", fields)
        for name in ("reader", "writer"):
            token = vault.ask("POST", "auth/token/create", {"policies": [name]})["auth"]["client_token"]
            monkeypatch.setenv(f"VAULT_{name.upper()}", token)
        yield declare.loads([("guardrails.yaml", DECLARATION.format(url=vault.url).encode())]), vault


@pytest.fixture
def company(served):
    return served[0]


def found(company):
    now = datetime.now(UTC)
    return workflow.assess(company, workflow.observe(company, now), now).findings


def planned(company, *logs, keeps=True):
    now = datetime.now(UTC)
    seen = tuple(workflow.observe(company, now))
    used = Used(logs_of(logs, company, seen), keeps=keeps)
    return make_plan(company, seen, workflow.unsigned, Order(id=secrets.token_hex(16), now=now, used=used))


def told(findings, *codes):
    return sorted((finding.control, finding.difference.subject) for finding in findings if finding.control in codes)


def test_what_is_too_much_goes_and_what_is_declared_stays(company):
    plain, mixed, tricky = (f"vault:role/approle/{name}" for name in ROLES)
    before = found(company)
    assert told(before, "GR101", "GR301") == sorted(
        [("GR101", plain), ("GR101", mixed), ("GR101", tricky), ("GR301", plain), ("GR301", mixed)]
    )

    plan = planned(company)

    assert sorted((str(change.ref), change.control, "; ".join(edit.reads for edit in change.edits)) for change in plan.changes) == sorted(
        [
            (plain, "GR101", "- token_policies admin"),
            (plain, "GR301", "- token_bound_cidrs 198.51.100.0/24"),
            (mixed, "GR301", "+ token_bound_cidrs 192.0.2.0/24"),
            ("vault:policy/both", "GR101", f"- policy {POLICIES['both']}, + policy {CUT['both']}"),
            ("vault:policy/denies", "GR101", f"- policy {POLICIES['denies']}, + policy {CUT['denies']}"),
        ]
    )
    assert [held for held in plan.held if held.control == "GR101"] == []

    (system,) = company.systems
    writer = CONNECTOR.remediator(system)
    for change in plan.changes:
        image = writer.current(change.ref)
        assert image.fingerprint == change.before
        writer.write(change.ref, image, edited(image, change.edits))
        assert writer.current(change.ref).fingerprint == change.after

    assert told(found(company), "GR101", "GR301") == []
    assert told(found(company), "GR102") == told(before, "GR102")
    assert planned(company).changes == ()


def test_an_export_is_planned_for_and_everything_is_held(company, tmp_path):
    now = datetime.now(UTC)
    seen = workflow.observe(company, now)
    (system,) = company.systems
    offline = replace(company, systems=(replace(system, settings=declared_export(tmp_path)),))

    plan = make_plan(offline, seen, workflow.unsigned, Order(id="0", now=now))

    assert plan.changes == ()
    assert any("only a live server can be changed" in held.reason for held in plan.held)


def declared_export(folder):
    from guardrails.notation.document import read  # noqa: PLC0415

    return read(f'{{connector: vault, export: "{folder}"}}'.encode(), "x")[0]


def ask(vault, token, method, path, body=None):
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{vault.url}/v1/{path}", content, {"X-Vault-Token": token}, method=method)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # likewise
            answer.read()
    except urllib.error.HTTPError as refused:
        refused.close()


def logged_in(vault, role):
    name = vault.ask("GET", f"auth/approle/role/{role}/role-id")["data"]["role_id"]
    secret = vault.ask("POST", f"auth/approle/role/{role}/secret-id", {})["data"]["secret_id"]
    return vault.ask("POST", "auth/approle/login", {"role_id": name, "secret_id": secret})["auth"]["client_token"]


def test_what_was_used_by_the_log_of_the_server_is_kept_until_somebody_says_otherwise(served, capsys):
    company, vault = served
    for role in ("plain", "mixed", "tricky"):
        vault.ask("POST", f"auth/approle/role/{role}", {"token_bound_cidrs": []})
    token, other = logged_in(vault, "plain"), logged_in(vault, "mixed")
    for _ in range(2):
        ask(vault, token, "PUT", "sys/policies/acl/made", {"policy": ""})
    ask(vault, token, "GET", "kv/data/pay/x")  # refused: it is no use
    ask(vault, other, "GET", "kv/data/app/x")  # declared, and stays
    log = f"vault={vault.audit}"

    plan = planned(company, log)

    (kept,) = (held for held in plan.held if held.control == "GR101")
    assert kept.subject == "vault:role/approle/plain"
    assert re.search(
        r"policy/admin off vault:role/approle/plain: used: vault:\S+ was let update sys/policies/acl/made 2 times, last on 20", kept.reason
    )
    changed = {str(change.ref) for change in plan.changes if change.control == "GR101"}
    assert changed == {"vault:policy/both", "vault:policy/denies"}
    assert not [line for change in plan.changes for line in change.breaks if line.startswith("used")]
    assert "log of vault: " in capsys.readouterr().err

    taken = planned(company, log, keeps=False)
    (off,) = (change for change in taken.changes if str(change.ref) == "vault:role/approle/plain" and change.control == "GR101")
    assert [line for line in off.breaks if line.startswith("used: ")]
    assert not [held for held in taken.held if held.control == "GR101"]
