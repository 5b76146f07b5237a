"""Against real servers: what we say of a request is what they do, by capabilities and by requests."""

from __future__ import annotations

import json
import os
import random

import pytest
from pytest_socket import enable_socket
from vault_served import VERSIONS, served

from guardrails.vault import evaluate
from guardrails.vault.acl import LISTING

DEEP = int(os.environ.get("GUARDRAILS_DEEP_CASES", "0"))
SETS = min(DEEP or 60, 600)
PATHS = 40
REQUESTS = min(DEEP or 300, 6000)
PLAIN = ("create", "read", "update", "patch", "delete", "sudo")
pytestmark = [pytest.mark.server, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", params=VERSIONS)
def root(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served(request.param) as client:
        client.ask("POST", "sys/mounts/one", {"type": "kv"})
        yield client


def some_path(drawn, *, pattern):
    parts = [drawn.choice(["a", "b", "ab", *(["+", "+", "a+", "*b"] if pattern else ["", "+"])]) for _ in range(drawn.randint(1, 4))]
    path = "/".join(part for at, part in enumerate(parts) if part or at == len(parts) - 1)
    ends = ["", "", "/", "*", "/*", "a*"] if pattern else ["", "", "", "/"]
    return (path + drawn.choice(ends)).replace("+*", "+/*").replace("//", "/").removeprefix("/") or "a"


def block(path, capabilities, limits=""):
    return f'path "{path}" {{ capabilities = {json.dumps(capabilities)} {limits} }}'


def some_policy(drawn):
    return "\n".join(
        block(some_path(drawn, pattern=True), ["deny"] if drawn.random() < 0.15 else drawn.sample((*PLAIN, *LISTING), drawn.randint(1, 4)))
        for _ in range(drawn.randint(1, 5))
    )


def test_capabilities_are_those_of_the_server(root):
    drawn = random.Random(20261126)  # noqa: S311  # cases, not keys
    for _ in range(SETS):
        policies = [some_policy(drawn) for _ in range(drawn.randint(1, 3))]
        client = root.holding(*policies)
        paths = sorted({some_path(drawn, pattern=False) for _ in range(PATHS)})
        told = root.done("POST", "sys/capabilities", {"token": client.token, "paths": paths})
        for path in paths:
            # asked about a path with a final slash the server answers for a LIST, else for every other request as well
            for operation in sorted(LISTING) if path.endswith("/") else PLAIN:
                said = evaluate(policies, operation, path, profile=root.profile)
                assert said.allowed == (operation in told["data"][path]), (policies, path, operation, told["data"][path], said)
                assert said.capabilities == set(told["data"][path]) - {"deny"}, (policies, path, operation)


VALUES = ("x", "xy", "yx", "z", "", "*", "x,z", True, False, 1, 1.5, None, ["x"], ["x", "z"], ["z"], [], [1], {"a": 1}, {})
LISTED = ("x", "x*", "*x", "*y*", "*", "**", "z", "x,z", True, 1, ["x"], ["x", "z"], [], ["x*"], [1])
NAMES = ("one", "Two", "three")


def some_parameters(drawn):
    names = drawn.sample((*NAMES, "*"), drawn.randint(1, 3))
    said = " ".join(f"{json.dumps(name)} = {json.dumps(drawn.sample(LISTED, drawn.randint(0, 2)))}" for name in names)
    return f"{{ {said} }}"


def some_limits(drawn):
    named = [name for name in ("allowed_parameters", "denied_parameters") if drawn.random() < 0.5]
    found = [f"{name} = {some_parameters(drawn)}" for name in named]
    if drawn.random() < 0.2:
        found.append(f"required_parameters = {json.dumps(drawn.sample(NAMES, drawn.randint(1, 2)))}")
    if drawn.random() < 0.15:
        found.append(f"min_wrapping_ttl = {drawn.randint(1, 60)}")
    if drawn.random() < 0.15:
        found.append(f"max_wrapping_ttl = {drawn.randint(60, 120)}")
    return " ".join(found)


def test_requests_with_parameters_and_wrapping_are_let_through_as_we_say(root):
    drawn = random.Random(7)  # noqa: S311  # likewise
    passed = 0
    for _ in range(REQUESTS // 10):
        policies = [block("one/+", ["create", "update", "read"], some_limits(drawn)) for _ in range(drawn.choice((1, 1, 2, 3)))]
        client = root.holding(*policies)
        root.done("POST", "one/there", {"x": "y"})
        for _ in range(10):
            body = {drawn.choice((name, name.lower())): drawn.choice(VALUES) for name in drawn.sample(NAMES, drawn.randint(0, 3))}
            wrap = drawn.choice((None, None, 1, 30, 60, 90, 120, 600))
            path = drawn.choice(("one/there", "one/new"))
            status, answer = client.ask("POST", path, body, {"X-Vault-Wrap-TTL": str(wrap)} if wrap else None)
            said = evaluate(
                policies, "update" if path == "one/there" else "create", path, profile=root.profile, parameters=body, wrap_seconds=wrap
            )
            assert said.allowed == (status != 403), (policies, path, body, wrap, status, answer, said)
            passed += said.allowed
            if path == "one/new" and status < 300:
                root.done("DELETE", path)
    assert REQUESTS // 10 < passed < REQUESTS


def test_requests_are_let_through_as_we_say(root):
    drawn = random.Random(11)  # noqa: S311  # likewise
    for _ in range(REQUESTS // 10):
        policy = some_policy(drawn).replace('path "', 'path "one/')
        client = root.holding(policy)
        for path in {f"one/{some_path(drawn, pattern=False)}" for _ in range(8)}:
            for method, operation, asked in (
                ("GET", "read", path),
                ("LIST", "list", f"{path.rstrip('/')}/"),
                ("SCAN", "scan", f"{path.rstrip('/')}/"),
                ("DELETE", "delete", path.rstrip("/")),
            ):
                status, found = client.ask(method, asked)
                said = evaluate(policy, operation, asked, profile=root.profile)
                assert said.allowed == (status != 403), (policy, method, asked, status, found, said)


@pytest.mark.parametrize("sudo", [False, True])
@pytest.mark.parametrize(
    ("method", "operation", "path"),
    [
        ("GET", "read", "sys/audit"),
        ("GET", "read", "sys/raw/x"),
        ("GET", "read", "sys/auth/token/tune"),
        ("GET", "read", "sys/auth"),
        ("GET", "read", "sys/mounts"),
        ("GET", "read", "sys/config/cors"),
        ("GET", "read", "sys/config/ui/headers/x"),
        ("GET", "read", "sys/policies/acl/default"),
        ("GET", "read", "sys/plugins/catalog/secret/kv"),
        ("GET", "read", "sys/leases"),
        ("LIST", "list", "sys/leases/lookup/x"),
        ("LIST", "list", "auth/token/accessors"),
        ("LIST", "list", "sys/policies/acl"),
        ("LIST", "list", "sys/config/auditing/request-headers"),
        ("GET", "read", "sys/config/auditing/request-headers"),
        ("PUT", "update", "sys/leases/revoke-force/x"),
        ("PUT", "update", "sys/leases/revoke-prefix/x"),
        ("POST", "update", "auth/token/revoke-orphan"),
        ("POST", "update", "auth/token/create-orphan"),
        ("GET", "read", "sys/internal/inspect/router/root"),
        ("GET", "read", "sys/key-status"),
        ("GET", "read", "sys/rotate/config"),
        ("PUT", "update", "sys/rotate"),
        ("POST", "update", "sys/rotate/keyring"),
        ("POST", "update", "sys/rotate/root"),
        ("POST", "update", "sys/remount"),
        ("GET", "read", "sys/host-info"),
        ("GET", "read", "sys/internal/counters/tokens"),
        ("GET", "read", "sys/namespaces"),
        ("LIST", "list", "sys/namespaces"),
        ("GET", "read", "sys/quotas/config"),
        ("GET", "read", "sys/config/state/sanitized"),
        ("GET", "read", "sys/storage/raft/configuration"),
        ("GET", "read", "sys/loggers"),
        ("GET", "read", "sys/in-flight-req"),
    ],
)
def test_where_the_server_takes_sudo_we_do(root, method, operation, path, sudo):
    policy = block("*", [operation, *(["sudo"] if sudo else [])])
    client = root.holding(policy)
    status, found = client.ask(method, path, {} if method in {"PUT", "POST"} else None)
    assert evaluate(policy, operation, path, profile=root.profile).allowed == (status != 403), (status, found)
