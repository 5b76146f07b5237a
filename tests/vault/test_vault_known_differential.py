"""Against real servers: what `evaluate` says of a request is what the server does with it, case by case."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket
from vault_asked import asked_path, narrowed_policy, plain_policy, some_body, some_query
from vault_served import VERSIONS, Client, served

from guardrails.vault import Request, evaluate, read

DEEP = int(os.environ.get("GUARDRAILS_DEEP_CASES", "0"))
SETS = min(DEEP // 8, 2500) or 40
AT = datetime(2026, 11, 25, tzinfo=UTC)
SELF = 'path "sys/capabilities-self" { capabilities = ["update"] }'
PLAIN = ("create", "read", "update", "patch", "delete", "sudo")
LISTING = ("list", "scan")
pytestmark = [pytest.mark.server, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module", params=VERSIONS)
def root(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served(request.param) as client:
        client.done("POST", "sys/mounts/kv", {"type": "kv"})
        accessor = client.done("GET", "sys/auth")["data"]["token/"]["accessor"]
        client.done("POST", "auth/token/roles/known", {"allowed_entity_aliases": ["*"], "token_no_default_policy": True})
        for name, metadata in KNOWN.items():
            made = client.done("POST", "identity/entity", {"name": name, "metadata": metadata})
            client.done(
                "POST", "identity/entity-alias", {"name": f"as-{name}", "canonical_id": made["data"]["id"], "mount_accessor": accessor}
            )
        yield client


KNOWN = {"ann": {"team": "a"}, "a+": {"team": "b*"}, "b": {"team": "a/b"}, "ab": {}, "*": {"team": "+"}, "abc": {"team": "/a"}}
"""Somebody by the name, and what is known of them."""


def values_of(name):
    known = KNOWN.get(name, {})
    return {
        "identity.entity.name": name,
        "identity.entity.metadata.team": known.get("team"),
        "identity.entity.metadata.none": None,
    }


def drawn_unblocked(dice):
    """Which letters a policy lets through; most none."""
    return frozenset(dice.choice(("", "", "", "*+", "/", "*+/")))


def holding(root, policies, name):
    """A client who has these policies, texts with what they let through, and is somebody by a name or nobody."""
    names = [f"test-{number}" for number, _ in enumerate(policies)]
    for policy, (text, unblocked) in zip(names, policies, strict=True):
        allowed = {"allow_wildcards_in_identity_templates": "*" in unblocked, "allow_slashes_in_identity_templates": "/" in unblocked}
        root.done("PUT", f"sys/policies/acl/{policy}", {"policy": text, **allowed})
    known = {} if name is None else {"entity_alias": f"as-{name}"}
    made = root.done("POST", f"auth/token/create{'/known' if known else ''}", {"policies": names, "no_default_policy": True, **known})
    return Client(root.server, made["auth"]["client_token"], root.profile)


def told_capabilities(client, paths):
    """By path; `None` when the server refuses every request of this client."""
    status, found = client.ask("POST", "sys/capabilities-self", {"paths": paths})
    if status == 500 or (status, found) == (400, {"errors": ["Forbidden"]}):
        return None
    assert status == 200, (status, found)
    return {path: set(found["data"][path]) - {"deny"} for path in paths}


def test_capabilities_are_those_that_the_server_tells(root):
    dice = random.Random(20261126)  # noqa: S311  # cases, not keys
    cases = 0
    for _ in range(SETS):
        name = dice.choice((None, *KNOWN))
        drawn = [(plain_policy(dice, templated=True), drawn_unblocked(dice)) for _ in range(dice.randint(1, 3))]
        policies = [read(text, profile=root.profile, unblocked=unblocked) for text, unblocked in [(SELF, frozenset()), *drawn]]
        paths = sorted({asked_path(dice) for _ in range(40)})
        told = told_capabilities(holding(root, [(SELF, frozenset()), *drawn], name), paths)
        for path in paths:
            given = set() if told is None else told[path]
            # asked about a path with a final slash the server answers for a LIST, else for every other request as well
            for operation in LISTING if path.endswith("/") else PLAIN:
                found = evaluate(policies, operation, path, profile=root.profile, at=AT, values=values_of(name))
                assert (found.allowed, found.capabilities) == (operation in given, given), (drawn, name, operation, path, told, found)
                cases += 1
    assert cases > SETS * 60


def sent(client, operation, path, parameters, wrap):
    """What the server does with a request: its status and its answer."""
    method = {"read": "GET", "list": "LIST", "scan": "SCAN", "delete": "DELETE", "patch": "PATCH"}.get(operation, "POST")
    headers = {} if wrap is None else {"X-Vault-Wrap-TTL": str(wrap)}
    if method in {"GET", "LIST", "SCAN", "DELETE"}:
        return client.ask(method, path, None, headers, parameters)
    content = "application/merge-patch+json" if method == "PATCH" else "application/json"
    return client.ask(method, path, parameters, {**headers, "Content-Type": content})


def drawn_request(dice, stored):
    """A request on the mount; a write is to create what is not stored."""
    path = f"kv/{dice.choice(('a', 'a', 'ab', 'z', 'b/a', 'b/b', 'b/a/b', 'b'))}"
    operation = dice.choice(("read", "list", "scan", "delete", "patch", "write", "write", "write"))
    if operation == "write":
        operation = "update" if path in stored else "create"
    parameters = some_body(dice) if operation in {"create", "update", "patch"} else some_query(dice)
    return Request(operation=operation, path=path, parameters=parameters, wrap_seconds=dice.choice((None, None, 0, 1, 30, 60, 90, 7200)))


def restored(root, request, stored):
    """The store as it was, after somebody wrote to it."""
    if request.path in stored:
        root.done("POST", request.path, {"stored": "1"})
    else:
        root.done("DELETE", request.path)


def test_requests_pass_or_are_refused_as_is_said(root):
    dice = random.Random(20261127)  # noqa: S311  # likewise
    stored = {"kv/a", "kv/b/a"}
    for path in stored:
        root.done("POST", path, {"stored": "1"})
    passed = 0
    for _ in range(SETS):
        policies = [narrowed_policy(dice, "kv") for _ in range(dice.randint(1, 3))]
        client = root.holding(*policies)
        for _ in range(25):
            asked = drawn_request(dice, stored)
            found = evaluate(
                policies,
                asked.operation,
                asked.path,
                profile=root.profile,
                parameters=asked.parameters,
                wrap_seconds=asked.wrap_seconds,
            )
            status, said = sent(client, asked.operation, asked.path, asked.parameters, asked.wrap_seconds)
            assert found.allowed is (status != 403), (policies, asked, status, said, found)
            passed += status != 403
            if status != 403:
                restored(root, asked, stored)
    assert SETS * 5 < passed < SETS * 20
