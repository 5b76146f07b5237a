"""`guardrails gate --terraform` of a plan for Vault: what is new blocks, what cannot be told does not pass, no secret comes out."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guardrails import declare, workflow
from guardrails.cli import main
from guardrails.model.snapshot import dump_observations

sys.path.insert(0, str(Path(__file__).parent / "proposals"))
from vault_plans import R, between, r

EXPORT = Path(__file__).parent.parent / "examples/connectel/exports/vault"
DECLARED = """\
guardrails: 1
systems:
  vault: {connector: vault, export: vault}
entitlements:
  use-keys: {vault: {"transit/*": [update], "auth/token/*": [read, update]}}
workloads:
  sms-api: {is: ["vault:role/approle/sms-api"], may: [use-keys]}
"""
WITHIN = r("vault_policy.sms", name="sms-api", policy='path "transit/encrypt/sms-a" { capabilities = ["update"] }')
BEYOND = r("vault_policy.sms", name="sms-api", policy='path "sys/policies/acl/*" { capabilities = ["update"] }')


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(EXPORT, "declared/vault")
    Path("declared/guardrails.yaml").write_text(DECLARED)
    vault = workflow.observe_some(declare.load(Path("declared")), ("vault",), datetime.now(UTC))
    Path("seen.json").write_text(dump_observations(vault))

    def asked(*resources: R, arguments=("--system", "vault"), output="json"):
        Path("plan.json").write_text(json.dumps(between([], list(resources), address=None)))
        with pytest.raises(SystemExit) as ended:
            main(["gate", "declared", "--from", "seen.json", "--host", "none", "--output", output, "--terraform", "plan.json", *arguments])
        told = capsys.readouterr()
        return ended.value.code, json.loads(told.out) if output == "json" and told.out else {}, told.out + told.err

    return asked


def test_a_plan_within_the_ceiling_passes(gate):
    code, told, _ = gate(WITHIN)

    assert (code, told["blocking"], told["untold"], told["evaluated"]) == (0, [], [], 1)


def test_a_plan_beyond_the_ceiling_blocks(gate):
    code, told, _ = gate(BEYOND)

    assert code in {1, 3}
    assert ("vault:role/approle/sms-api", True) in {(one["subject"], one["sure"]) for one in told["blocking"]}


def test_a_plan_whose_server_is_not_told_does_not_pass(gate):
    code, told, _ = gate(WITHIN, arguments=())

    assert code == 3
    assert "--system" in told["untold"][0]


def test_a_system_that_is_none_of_vault_is_a_mistake_in_the_call(gate):
    code, _, written = gate(WITHIN, arguments=("--system", "nobody"))

    assert code == 2
    assert "names no system of Vault" in written


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_secret_of_a_plan_is_written(gate, output):
    code, _, written = gate(
        WITHIN,
        r("vault_generic_secret.a", path="kv/CANARY-free", data_json='{"password": "CANARY"}'.replace("CANARY", "SECRET-1")),
        r("vault_kv_secret_v2.b", mount="kv", name="x", data_json='{"password": "SECRET-2"}'),
        r("vault_generic_endpoint.c", path="auth/userpass/users/kim", data_json='{"password": "SECRET-3"}'),
        r("vault_policy.d", name="broken", policy='path "SECRET-4'),
        r("vault_ldap_auth_backend.e", path="ldap", bindpass="SECRET-5"),
        output=output,
    )

    assert code == 3
    assert "SECRET" not in written
