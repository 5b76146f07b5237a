"""Against a real OpenBao: what we say a policy means is what the server does, policy by policy and path by path."""

from __future__ import annotations

import json
import os
import random
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from guardrails.connectors.vault.meaning.access import bounds
from guardrails.connectors.vault.meaning.hcl import UnreadablePolicyError, canonical
from guardrails.connectors.vault.meaning.requests import allows
from guardrails.connectors.vault.meaning.rules import rules, table
from guardrails.testing.openbao import OpenBao, openbao

AT = datetime(2026, 11, 25, tzinfo=UTC)
SETS = min(int(os.environ.get("GUARDRAILS_DEEP_CASES", "150")), 3000)
PLAIN = ("create", "read", "update", "patch", "delete", "sudo")
LISTING = ("list", "scan")
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Client:
    server: OpenBao
    token: str

    def ask(self, method, path, body=None):
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.server.url}/v1/{urllib.parse.quote(path)}",
            None if body is None else json.dumps(body).encode(),
            {"X-Vault-Token": self.token},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def done(self, method, path, body=None):
        status, found = self.ask(method, path, body)
        assert status < 300, (method, path, status, found)
        return found

    def holding(self, *policies):
        """A client whose token has these policies and no other."""
        names = []
        for number, text in enumerate(policies):
            names.append(f"test-{number}")
            self.done("PUT", f"sys/policies/acl/{names[-1]}", {"policy": text})
        made = self.done("POST", "auth/token/create", {"policies": names, "no_default_policy": True})
        return Client(self.server, made["auth"]["client_token"])


@pytest.fixture(scope="module")
def root():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with openbao() as server:
        yield Client(server, server.token)


def table_of(*policies):
    found = [rule for number, text in enumerate(policies) for rule in rules(canonical(text, slash_first=True), f"test-{number}")]
    return table(found, slash_first=True, at=AT)


def some_path(dice, *, pattern):
    parts = [dice.choice(["a", "b", "ab", *(["+", "+", "a+", "*b"] if pattern else ["", "+"])]) for _ in range(dice.randint(1, 4))]
    path = "/".join(part for at, part in enumerate(parts) if part or at == len(parts) - 1)
    ends = ["", "", "/", "*", "/*", "a*"] if pattern else ["", "", "", "/"]
    return (path + dice.choice(ends)).replace("+*", "+/*").replace("//", "/").removeprefix("/") or "a"


def some_policy(dice):
    blocks = []
    for _ in range(dice.randint(1, 5)):
        deny = dice.random() < 0.15
        given = ["deny"] if deny else dice.sample((*PLAIN, *LISTING), dice.randint(1, 4))
        blocks.append(f'path "{some_path(dice, pattern=True)}" {{ capabilities = {json.dumps(given)} }}')
    return "\n".join(blocks)


def test_the_rule_that_decides_is_the_one_that_the_server_takes(root):
    dice = random.Random(20261125)  # noqa: S311  # cases, not keys
    for _ in range(SETS):
        policies = [some_policy(dice) for _ in range(dice.randint(1, 3))]
        client, ours = root.holding(*policies), table_of(*policies)
        region = bounds(ours)
        paths = sorted({some_path(dice, pattern=False) for _ in range(40)})
        told = root.done("POST", "sys/capabilities", {"token": client.token, "paths": paths})["data"]
        for path in paths:
            # asked about a path with a final slash the server answers for a LIST, else for every other request as well
            for action in LISTING if path.endswith("/") else PLAIN:
                case = (policies, path, action, told[path])
                assert allows(ours, action, path) == (action in told[path]), case
                point = {"action": action, "resource": path}
                assert region.lower.contains(point) == region.upper.contains(point) == (action in told[path]), case


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        ("a/b", "a/b*", "a/b"),
        ("a/b", "a/+", "a/b"),
        ("a/b*", "a/+", "a/bc"),
        ("a/+", "a/*", "a/b"),
        ("a/b/+/c", "a/+/b/c", "a/b/b/c"),
        ("a/+/b", "a/+/b*", "a/x/b"),
        ("a/+/b/c", "a/+/+/c", "a/x/b/c"),
        ("a/+/ba*", "a/+/b*", "a/x/bac"),
        ("a/+/+/abc", "a/+/b/+", "a/x/b/abc"),
        ("a/+/b/+", "a/+/+/b", "a/x/b/b"),
        ("*", "+/data/x", "a/data/x"),
        ("foo/+bar", "foo/*", "foo/+bar"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_each_step_of_the_order_is_the_server_s(root, first, second, path, turned):
    """Of the two the first decides, or not, as the server says."""
    given = ("delete", "read") if turned else ("read", "delete")
    text = "\n".join(f'path "{rule}" {{ capabilities = ["{action}"] }}' for rule, action in zip((first, second), given, strict=True))
    client, ours = root.holding(text), table_of(text)
    told = root.done("POST", "sys/capabilities", {"token": client.token, "paths": [path]})["data"][path]
    assert [action for action in ("delete", "read") if allows(ours, action, path)] == sorted(told)


def test_requests_are_let_through_as_capabilities_say(root):
    root.ask("POST", "sys/mounts/one", {"type": "kv"})
    dice = random.Random(7)  # noqa: S311  # likewise
    for _ in range(SETS // 5):
        policy = some_policy(dice).replace('path "', 'path "one/')
        client, ours = root.holding(policy), table_of(policy)
        for path in {f"one/{some_path(dice, pattern=False)}" for _ in range(8)}:
            slashed = f"{path.rstrip('/')}/"
            for method, action, asked in (("GET", "read", path), ("LIST", "list", slashed), ("DELETE", "delete", path.rstrip("/"))):
                status, found = client.ask(method, asked)
                assert allows(ours, action, asked) == (status != 403), (policy, method, asked, status, found)


@pytest.mark.parametrize(
    "text",
    [
        'path "a" { policy = "write" } path "b/*" { policy = "sudo", capabilities = ["patch"] }',
        'path "a" { capabilities = ["read", "deny"] } path "/b/x" { capabilities = ["scan",], }',
        '{"path": {"a": {"capabilities": ["read"]}, "b/+": {"policy": "read"}}}',
        '{"path": [{"a": {"capabilities": ["read"]}}, {"b/+": {"policy": "deny"}}]}',
        '# one\n"path" "a" { "capabilities" = ["read"] } // two\n/* three\n*/ path "b/x"\n{\ncapabilities\n=\n["list"] }',
        'path "a" { capabilities = ["read"] } path "a" { capabilities = ["update"] } path "a*" { capabilities = ["delete"] }',
        'path "\\u0061" { capabilities = ["read"] }\r\npath "b/x" { capabilities = ["list"]\r\n}',
        'path "a" { capabilities = ["read"] expiration = "2020-01-01T00:00:00Z" } path "*" { capabilities = ["list"] }',
        'name = "n"\npath "a" { capabilities = [] } path "b/+" { comment = "why" capabilities = ["read"] allowed_parameters { "x" = [1, true] } }',
    ],
)
def test_a_policy_that_we_read_means_the_same_to_the_server(root, text):
    client, possible = root.holding(text), bounds(table_of(text)).upper  # the server does not look at parameters here, so neither do we
    told = root.done("POST", "sys/capabilities", {"token": client.token, "paths": ["a", "b/x", "ab", "a/", "b/x/"]})["data"]
    for path, given in told.items():
        if path.endswith("/") or path in {"a", "b/x", "ab"}:
            actions = LISTING if path.endswith("/") else PLAIN
            assert {action for action in actions if possible.contains({"action": action, "resource": path})} == set(given) & set(actions), (
                path
            )


@pytest.mark.parametrize(
    "text",
    [
        'path "a" { capabilities = ["reed"] }',
        'path "a" { policy = "admin" }',
        'path "a" { powers = ["read"] }',
        'paths "a" { capabilities = ["read"] }',
        'path "b/+*" { capabilities = ["read"] }',
        'path "a" { capabilities = ["read"]',
        'path "a" { capabilities = "read" }',
    ],
)
def test_what_the_server_refuses_we_refuse(root, text):
    assert root.ask("PUT", "sys/policies/acl/refused", {"policy": text})[0] == 400
    with pytest.raises(UnreadablePolicyError):
        canonical(text)
