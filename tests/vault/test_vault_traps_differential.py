"""Against real servers: the traps of deciding that were found by drawing cases, each by name."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket
from vault_served import VERSIONS, Client, served

from guardrails.vault import contains, evaluate, read, write
from guardrails.vault.sudo import needs_sudo

AT = datetime(2026, 11, 26, tzinfo=UTC)
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=VERSIONS)
def root(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served(request.param) as client:
        client.done("POST", "sys/mounts/kv", {"type": "kv"})
        client.done("POST", "kv/a", {"stored": "1"})
        yield client


def rule(limits, *capabilities):
    return f'path "kv/*" {{ capabilities = [{", ".join(map("{!r}".format, capabilities))}] {limits} }}'.replace("'", '"')


WRAPS = (None, 0, 0.4, 0.6, 1, 1.4, 1.6, 2, 60, 61, 61.4, 61.6, 62)


@pytest.mark.parametrize(
    "limits",
    [
        'max_wrapping_ttl = "60s"',
        'min_wrapping_ttl = "60s"',
        "min_wrapping_ttl = 60 max_wrapping_ttl = 61",
        'min_wrapping_ttl = "1500ms"',
        'max_wrapping_ttl = "1500ms"',
        'max_wrapping_ttl = "500ms"',
        'min_wrapping_ttl = "999ms"',
        'min_wrapping_ttl = "1m1500ms"',
        # of a number the part of a second is cut off
        "min_wrapping_ttl = 1.5",
        "max_wrapping_ttl = 1.5",
        "max_wrapping_ttl = 0.5",
    ],
)
def test_a_wrapping_is_bounded_to_the_part_of_a_second(root, limits):
    policy = rule(limits, "read")
    client = root.holding(policy)
    for wrap in WRAPS:
        header = {} if wrap is None else {"X-Vault-Wrap-TTL": f"{round(wrap * 1000)}ms"}
        said = evaluate(policy, "read", "kv/a", profile=root.profile, wrap_seconds=wrap)
        assert said.allowed is (client.ask("GET", "kv/a", None, header)[0] == 200), (wrap, said)


def test_a_wrapping_of_no_seconds_keeps_to_a_max_and_leaves_the_answer_open(root):
    longest = rule('max_wrapping_ttl = "60s"', "read")
    status, answer = root.holding(longest).ask("GET", "kv/a", None, {"X-Vault-Wrap-TTL": "0"})
    assert (status, answer["data"], answer["wrap_info"]) == (200, {"stored": "1"}, None)
    assert root.holding(rule("min_wrapping_ttl = 1", "read")).ask("GET", "kv/a", None, {"X-Vault-Wrap-TTL": "0"})[0] == 403

    found = contains(longest, rule("min_wrapping_ttl = 1 max_wrapping_ttl = 60", "read"), profile=root.profile)
    assert (found.verdict, found.witness.wrap_seconds) == ("not-covered", 0)


LIMITS = (
    "",
    "0",
    "-0",
    "+0",
    "-1",
    "002",
    "010",
    "2",
    "+3",
    "3",
    "4",
    "max",
    "MAX",
    "0x2",
    "0b11",
    "1_0",
    "1.5",
    "1e0",
    " 2",
    "٣",
    "9" * 20,
)


@pytest.mark.parametrize(
    "limits", ["pagination_limit = 3", 'pagination_limit = 3 required_parameters = ["Limit"]', 'required_parameters = ["limit"]']
)
def test_a_list_passes_with_a_limit_within_that_of_its_rule(root, limits):
    policy = rule(limits, "list", "scan")
    client = root.holding(policy)
    for limit in (None, *LIMITS):
        query = {} if limit is None else {"limit": limit}
        for method in ("list", "scan"):
            said = evaluate(policy, method, "kv/", profile=root.profile, parameters=query)
            assert said.allowed is (client.ask(method.upper(), "kv/", None, None, query)[0] != 403), (method, limit, said)


@pytest.mark.parametrize("text", ["7", '"7"', '"+3"', '"010"', '"0x1F"', '"0b11"', '"0o7"', '"0_7"', '"1_0"', "010", "0x10"])
def test_a_limit_is_the_number_that_the_server_makes_of_it(root, text):
    policy = rule(f"pagination_limit = {text}", "list")
    client = root.holding(policy)
    for limit in range(1, 40):
        said = evaluate(policy, "list", "kv/", profile=root.profile, parameters={"limit": str(limit)})
        assert said.allowed is (client.ask("LIST", "kv/", None, None, {"limit": str(limit)})[0] == 200), limit


@pytest.mark.parametrize(
    "text",
    [
        '"+5s"',
        '"1.s"',
        '".5s"',
        '"1µs"',
        '"1μs"',
        '"-0"',
        '"0.0000000001s"',
        '"1s1h"',
        "0x10",
        "010",
        "1e2",
        "1.9",
        '"1d"',
        '"1h30m"',
        '"90"',
    ],
)
def test_a_duration_is_the_time_that_the_server_makes_of_it(root, text):
    policy = rule(f"min_wrapping_ttl = {text}", "read")
    (found,) = read(policy, profile=root.profile).rules
    client = root.holding(policy)
    nanoseconds = round(found.min_wrapping_seconds * 10**9)
    for wrap in (None, 0, max(0, nanoseconds - 1), nanoseconds, nanoseconds + 1):
        header = {} if wrap is None else {"X-Vault-Wrap-TTL": f"{wrap}ns"}
        said = evaluate(policy, "read", "kv/a", profile=root.profile, wrap_seconds=wrap if wrap is None else wrap / 10**9)
        assert said.allowed is (client.ask("GET", "kv/a", None, header)[0] == 200), wrap


@pytest.mark.parametrize(
    ("actual", "declared", "asked"),
    [
        ("", "pagination_limit = 3", {"limit": "4"}),
        ("pagination_limit = 5", "pagination_limit = 3", {"limit": "4"}),
        ("pagination_limit = 3", 'pagination_limit = 3 required_parameters = ["limit"]', {}),
        ('pagination_limit = 5 required_parameters = ["limit"]', "pagination_limit = 3", {"limit": "4"}),
        ("pagination_limit = 2", "pagination_limit = 3", None),
        ('pagination_limit = 3 required_parameters = ["limit"]', "pagination_limit = 3", None),
        ("", 'required_parameters = ["limit"]', None),
    ],
)
def test_a_list_that_is_beyond_is_one_that_the_server_lets_through(root, actual, declared, asked):
    policies = rule(actual, "list"), rule(declared, "list")
    found = contains(*policies, profile=root.profile)
    assert (found.verdict, found.witness and dict(found.witness.parameters)) == ("covered" if asked is None else "not-covered", asked)
    if asked is not None:
        statuses = [root.holding(policy).ask("LIST", "kv/", None, None, asked)[0] for policy in policies]
        assert statuses == [200, 403]


def test_the_paths_that_take_sudo_are_those_that_the_server_tells(root):
    told = root.done("GET", "sys/internal/specs/openapi")["paths"]
    sudo = {path for path, said in told.items() if said.get("x-vault-sudo") and path.startswith(("/sys/", "/auth/token/"))}
    ours = {path for path in told if needs_sudo(re.sub(r"\{[^}]+\}", "x", path).lstrip("/"), root.profile)}
    assert len(sudo) > 20
    assert ours == sudo


NAME, NONE, TEAM = "{{identity.entity.name}}", "{{identity.entity.metadata.none}}", "{{identity.entity.metadata.team}}"
ENDED = 'expiration = "2001-01-01T00:00:00Z"'


@pytest.fixture(scope="module")
def known(root):
    """Policies for somebody with the name a+ in the team /a."""
    accessor = root.done("GET", "sys/auth")["data"]["token/"]["accessor"]
    root.done("POST", "auth/token/roles/known", {"allowed_entity_aliases": ["*"]})
    made = root.done("POST", "identity/entity", {"name": "a+", "metadata": {"team": "/a"}})
    root.done("POST", "identity/entity-alias", {"name": "as-a+", "canonical_id": made["data"]["id"], "mount_accessor": accessor})

    def holding(policy, unblocked):
        switches = {"allow_wildcards_in_identity_templates": "*" in unblocked, "allow_slashes_in_identity_templates": "/" in unblocked}
        root.done("PUT", "sys/policies/acl/known", {"policy": policy, **switches})
        asked = {"policies": ["known"], "entity_alias": "as-a+", "no_default_policy": True}
        return Client(root.server, root.done("POST", "auth/token/create/known", asked)["auth"]["client_token"], root.profile)

    return holding


@pytest.mark.parametrize(
    ("rule", "unblocked", "passes"),
    [
        # of two values that cannot be put in the first counts: without one the rule falls away, a blocked one refuses all
        (f'path "x/{NONE}/{NAME}" {{}}', "", {"2.7.2": True, "2.6.2": True}),
        (f'path "x/{NAME}/{NONE}" {{}}', "", {"2.7.2": False, "2.6.2": True}),
        # paths are filled in before it is looked which rules have ended, and only then is their form judged
        (f'path "x/{NAME}" {{ {ENDED} }}', "", {"2.7.2": False, "2.6.2": True}),
        (f'path "x/{NAME}*" {{}}', "+*", {"2.7.2": False, "2.6.2": False}),
        (f'path "x/{NAME}*" {{ {ENDED} }}', "+*", {"2.7.2": True, "2.6.2": True}),
        # so a deny with a value that is not there does not deny
        (f'path "kv/a{NONE}" {{ policy = "deny" }}', "", {"2.7.2": True, "2.6.2": True}),
    ],
)
def test_what_a_value_does_to_the_other_rules(root, known, rule, unblocked, passes):
    text = f'{rule} path "kv/a" {{ capabilities = ["read"] }}'
    values = {NAME[2:-2]: "a+", NONE[2:-2]: None, TEAM[2:-2]: "/a"}
    policy = read(text, profile=root.profile, unblocked=frozenset(unblocked))

    said = evaluate(policy, "read", "kv/a", profile=root.profile, values=values, at=AT)

    assert said.allowed is (known(text, unblocked).ask("GET", "kv/a")[0] == 200)
    assert said.allowed is passes[root.server.version]


def test_one_slash_before_a_filled_path_is_taken_away(root, known):
    policy = read(f'path "{TEAM}*" {{ capabilities = ["read"] }}', profile=root.profile, unblocked=frozenset("/"))
    client = known(write(policy), "/")
    told = root.done("POST", "sys/capabilities", {"token": client.token, "paths": ["a/b"]})["data"]["a/b"]
    assert evaluate(policy, "read", "a/b", profile=root.profile, values={TEAM[2:-2]: "/a"}).allowed is ("read" in told) is True


def test_a_second_factor_of_a_rule_is_not_asked_for(root):
    policy = rule('mfa_methods = ["none"]', "read")
    assert evaluate(policy, "read", "kv/a", profile=root.profile).allowed
    assert root.holding(policy).ask("GET", "kv/a")[0] == 200
