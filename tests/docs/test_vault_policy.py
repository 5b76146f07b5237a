"""The policy that docs/connectors.md gives to the reader of Vault, on a real OpenBao: enough, and no more than reading."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from doc_pages import ROOT, blocks

from guardrails import declare
from guardrails.api import observe
from guardrails.testing.openbao import openbao

pytestmark = pytest.mark.server
(POLICY,) = blocks((ROOT / "docs/connectors.md").read_text(), "text")
SEED = (
    ("sys/auth/approle", {"type": "approle"}),
    ("sys/auth/userpass", {"type": "userpass"}),
    ("sys/mounts/transit", {"type": "transit"}),
    ("auth/approle/role/ci", {"token_policies": ["default"]}),
    ("auth/userpass/users/ann", {"password": "x", "token_policies": ["default"]}),
    ("auth/token/roles/batch", {"allowed_policies": ["default"]}),
    ("identity/entity", {"name": "ann", "policies": ["default"]}),
    ("identity/group", {"name": "staff", "policies": ["default"]}),
    ("transit/keys/sms", {}),
)


def ask(server, path, body):
    request = urllib.request.Request(  # noqa: S310  # loopback
        f"{server.url}/v1/{path}", json.dumps(body).encode(), {"X-Vault-Token": server.token}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
        return json.loads(answer.read() or b"{}")


def seen_with(policy, monkeypatch):
    with openbao() as server:
        for path, body in SEED:
            ask(server, path, body)
        ask(server, "sys/policies/acl/reader", {"policy": policy})
        made = ask(server, "auth/token/create", {"policies": ["reader"], "no_default_policy": True})
        monkeypatch.setenv("READER", made["auth"]["client_token"])
        text = f'guardrails: 1\nsystems: {{v: {{connector: vault, address: "{server.url}", read: {{token: "env:READER"}}}}}}\n'
        (seen,) = observe(declare.loads([("guardrails.yaml", text.encode())]))
    return seen


def test_a_token_with_the_policy_sees_everything(monkeypatch):
    seen = seen_with(POLICY, monkeypatch)
    assert [gap.message for gap in seen.gaps] == []
    names = {ref.name for fact in seen.facts if (ref := getattr(fact, "ref", None))}
    assert {"approle/ci", "userpass/ann", "token/batch", "ann", "staff", "transit/keys/sms"} <= names


def test_without_a_line_of_it_there_is_a_gap(monkeypatch):
    assert seen_with(re.sub(r'path "auth/\+/role/\*".*\n', "", POLICY), monkeypatch).gaps


def test_it_can_only_read():
    assert set(re.findall(r'"(\w+)"', " ".join(re.findall(r"capabilities = \[(.*)\]", POLICY)))) == {"read", "list"}
