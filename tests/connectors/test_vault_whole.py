"""A declaration about Vault, judged from an export: the whole way from YAML to findings."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails import declare, workflow
from guardrails.errors import DeclarationError
from guardrails.model.words import Kind, Verdict

AT = datetime(2026, 11, 25, tzinfo=UTC)
DECLARED = """
guardrails: 1
systems:
  vault: {{connector: vault, export: "{folder}"}}
teams: {{sms: {{}}}}
classes: {{secret: {{at-rest: customer-key, rotation: 365d}}}}
assets:
  sms-keys: {{class: secret, owner: "team:sms", accepted: ISG-1, risk: R-1, match: {{vault: ["transit/+/sms-*"]}}}}
  records:  {{class: secret, owner: "team:sms", accepted: ISG-1, risk: R-1, match: {{vault: ["kv/data/cdr/*", "kv/metadata/cdr/*"]}}}}
networks: {{office: {{cidrs: ["10.0.0.0/8"], owner: "team:sms"}}}}
allowlists:
  vault-use: {{to: {{vault: "auth/+"}}, may-from: [office], must-from: [office], owner: "team:sms"}}
entitlements:
  use-sms-keys: {{asset: sms-keys, vault: {{"transit/encrypt/sms-*": [update]}}}}
  vault-self: {{vault: {{policy: default}}}}
everyone: {{may: [vault-self]}}
workloads:
  ci: {{is: ["vault:role/approle/ci"], may: [use-sms-keys], must: [use-sms-keys], owner: "team:sms"}}
"""
DEFAULT = 'path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["read"] } path "cubbyhole/*" { policy = "write" }'
SYSTEM = {"sys/": {"type": "system", "running_plugin_version": "v2.7.2+builtin.bao"}}


def judged(folder, *, policy='path "transit/encrypt/sms-*" { capabilities = ["update"] }', cidrs=("10.0.0.0/8",), period=86400):
    files = {
        "policies/default.hcl": DEFAULT,
        "policies/app.hcl": policy,
        "auth/approle/role/ci.json": {"token_policies": ["app"], "token_bound_cidrs": list(cidrs)},
        "transit/transit/sms-a.json": {"name": "sms-a", "type": "aes256-gcm96", "auto_rotate_period": period},
        "mounts.json": {"transit/": {"type": "transit"}, "kv/": {"type": "kv", "accessor": "kv_1"}, **SYSTEM},
        "auth.json": {"approle/": {"type": "approle"}},
        "audit.json": {"file/": {"type": "file"}},
        "seal.json": {"type": "shamir", "sealed": False},
        "cors.json": {"enabled": False},
        "key-status.json": {"term": 1},
        "rotation.json": {"enabled": True},
        "sanitized.json": {"default_lease_ttl": 0},
        "leases.json": {"keys": ["auth/"]},
        "namespaces.json": {"keys": []},
        "quotas.json": {"rate_limit_exempt_paths": []},
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps({"data": content}))
    for empty in ("identity/entity", "identity/group", "tokens", "quotas/rate-limit", "auth/approle/role/ci/secret-id"):
        (folder / empty).mkdir(parents=True, exist_ok=True)
    declaration = declare.loads([("guardrails.yaml", DECLARED.format(folder=folder).encode())])
    assessment = workflow.assess(declaration, workflow.observe(declaration, AT), AT, approval=lambda *_: "")
    return {(f.difference.kind, f.difference.verdict) for f in assessment.findings}, assessment


def test_what_is_as_declared_is_clean(tmp_path):
    found, assessment = judged(tmp_path)
    assert found == set(), assessment.findings


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"policy": 'path "transit/+/sms-*" { capabilities = ["update"] }'}, Kind.ACCESS_EXCESS),
        ({"policy": 'path "transit/encrypt/sms-a" { capabilities = ["update"] }'}, Kind.ACCESS_MISSING),
        ({"cidrs": []}, Kind.EXPOSURE_EXCESS),
        ({"cidrs": ["10.0.0.0/16"]}, Kind.EXPOSURE_MISSING),
        ({"period": 0}, Kind.KEY_NOT_ROTATED),
    ],
)
def test_each_departure_is_its_finding(tmp_path, change, kind):
    found, assessment = judged(tmp_path, **change)
    assert found == {(kind, Verdict.VIOLATION)}, assessment.findings


def test_mistakes_in_the_words_of_vault_are_told_with_their_place(tmp_path):
    text = (
        DECLARED.format(folder=tmp_path).replace("[update]", "[encrypt]").replace('"auth/+"', "kv/x").replace("transit/+/sms-*", "/transit")
    )
    with pytest.raises(DeclarationError) as told:
        declare.loads([("guardrails.yaml", text.encode())])
    assert len(told.value.mistakes) == 3
    assert all(mistake.line and mistake.remedy for mistake in told.value.mistakes)
