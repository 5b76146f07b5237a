"""Containment of policies: every trap by name, the laws, and against trying all paths of a small world."""

from __future__ import annotations

import os
import random
from itertools import product

import pytest
from hypothesis import given
from vault_drawn import OPERATIONS, dice, some_policy

from guardrails.errors import AuthorError
from guardrails.vault import contains, evaluate
from guardrails.vault.acl import acl
from guardrails.vault.containment import TOO_INTRICATE, contained
from guardrails.vault.decisions import Request, decided
from guardrails.vault.profiles import profile
from guardrails.vault.rules import Policy, Rule

PAIRS = min(int(os.environ.get("GUARDRAILS_DEEP_CASES", "150")), 20_000)
BAO, VAULT, LATER_VAULT = profile("openbao-2.7.2"), profile("vault-1.20.0"), profile("vault-2.1.0")
NEW_VAULT = "vault-1.21.0"
SMALL = ("a", "b", "ab", "abc", "abz", "z", "a+", "")
PATHS = [path for length in range(1, 5) for parts in product(SMALL, repeat=length) if "" not in parts[:-1] and (path := "/".join(parts))]


def rule(path, *capabilities, **limits):
    said = "".join(f" {name} = {value}" for name, value in limits.items())
    listed = ", ".join(f'"{word}"' for word in capabilities)
    return f'path "{path}" {{ capabilities = [{listed}]{said} }}\n'


def tried(one, other):
    """The first request on some path of the small world that the one lets through and the other does not."""
    for path in PATHS:
        for operation in OPERATIONS:
            request = Request(operation=operation, path=path)
            if (operation != "list" or path.endswith("/")) and decided(one, request).allowed and not decided(other, request).allowed:
                return operation, path
    return None


@pytest.mark.parametrize("engine", [BAO, VAULT, LATER_VAULT], ids=str)
def test_no_difference_is_missed_and_none_is_made_up(engine):
    covered = 0
    for number in range(PAIRS):
        drawn = random.Random(f"{engine}{number}")  # noqa: S311  # cases, not keys
        one = some_policy(drawn)
        more = [Policy(name="q", rules=one.rules)] if drawn.random() < 0.3 else []
        other = [some_policy(drawn), *more]
        left, right = acl([one], engine), acl(other, engine)
        found = contained([one], other, engine)
        covered += found.verdict == "covered"
        if found.witness:
            assert (decided(left, found.witness).allowed, decided(right, found.witness).allowed) == (True, False), number
        else:
            assert (found.verdict, tried(left, right)) == ("covered", None), number
    assert PAIRS // 10 < covered < PAIRS


@given(dice, dice)
def test_a_policy_contains_itself_and_less_of_itself(one, other):
    whole, part = some_policy(one), some_policy(other)
    both = Policy(name="p", rules=(*whole.rules, *(r for r in part.rules if not r.is_deny and r.path in {x.path for x in whole.rules})))
    assert contained([whole], [whole], BAO).verdict == "covered"
    assert contained([whole], [Policy(name="o", rules=tuple(reversed(whole.rules)))], BAO).verdict == "covered"
    assert contained([whole], [both], BAO).verdict == "covered"


@given(dice, dice, dice)
def test_containment_is_transitive(one, other, third):
    a, b, c = some_policy(one, most=3), some_policy(other, most=3), some_policy(third, most=3)
    if contained([a], [b], BAO).verdict == contained([b], [c], BAO).verdict == "covered":
        assert contained([a], [c], BAO).verdict == "covered"


@pytest.mark.parametrize(
    ("actual", "declared", "operation"),
    [
        (rule("kv/*", "read"), rule("kv/data/*", "read"), "read"),
        (rule("kv/data/*", "read", "list"), rule("kv/data/*", "read"), "list"),
        (rule("kv/+/a", "read"), rule("kv/data/a", "read"), "read"),
        (rule("kv/data/a*", "read"), rule("kv/data/a/*", "read"), "read"),
        # one path decides: the longer rule of what is declared gives less
        (rule("kv/*", "read"), rule("kv/*", "read") + rule("kv/x", "list"), "read"),
        (rule("kv/*", "read"), rule("*", "read") + rule("kv/+/secret", "deny"), "read"),
        (rule("sys/raw/*", "read", "sudo"), rule("sys/raw/*", "read"), "read"),
        (rule("kv/a", "update"), rule("kv/a", "update", required_parameters='["x"]'), "update"),
        (rule("kv/a", "update"), rule("kv/a", "update", allowed_parameters='{ "x" = [] }'), "update"),
        (rule("kv/a", "update"), rule("kv/a", "update", denied_parameters='{ "x" = ["y"] }'), "update"),
        (rule("kv/a", "read"), rule("kv/a", "read", max_wrapping_ttl='"60s"'), "read"),
        (rule("kv/a", "read", max_wrapping_ttl='"90s"'), rule("kv/a", "read", max_wrapping_ttl='"60s"'), "read"),
        (rule("kv/a", "read", min_wrapping_ttl='"5s"'), rule("kv/a", "read", min_wrapping_ttl='"10s"'), "read"),
        (
            rule("kv/a", "update", allowed_parameters='{ "x" = ["a*"] "y" = [] }'),
            rule("kv/a", "update", allowed_parameters='{ "x" = ["ab*"] "y" = [] }'),
            "update",
        ),
        (rule("a/+/c", "read"), rule("a/+/*", "list") + rule("a/b/*", "read"), "read"),
    ],
)
def test_what_is_beyond_is_shown_by_a_request(actual, declared, operation):
    found = contains(actual, declared)
    assert (found.verdict, found.witness and found.witness.operation) == ("not-covered", operation)
    asked = found.witness
    for side, allowed in ((actual, True), (declared, False)):
        said = evaluate(side, asked.operation, asked.path, parameters=asked.parameters, wrap_seconds=asked.wrap_seconds)
        assert said.allowed is allowed


@pytest.mark.parametrize(
    ("actual", "declared"),
    [
        (rule("kv/data/a", "read"), rule("kv/*", "read")),
        (rule("kv/data/+/x", "read"), rule("kv/data/*", "read")),
        (rule("kv/*", "read") + rule("kv/x", "deny"), rule("kv/*", "read")),
        # a deny that no path reaches takes nothing away
        (rule("*", "read"), rule("*", "read") + rule("+/data/*", "deny")),
        (rule("sys/raw/*", "read"), rule("kv/none", "read")),
        (rule("kv/a", "update", required_parameters='["x", "y"]'), rule("kv/a", "update", required_parameters='["x"]')),
        (
            rule("kv/a", "update", allowed_parameters='{ "x" = ["ab*", "c"] }'),
            rule("kv/a", "update", allowed_parameters='{ "x" = ["a*", "*c"] }'),
        ),
        (rule("kv/a", "update", denied_parameters='{ "*" = [] }', required_parameters='["x"]'), rule("kv/none", "read")),
        (rule("kv/a", "read", min_wrapping_ttl='"10s"', max_wrapping_ttl='"20s"'), rule("kv/a", "read", max_wrapping_ttl='"30s"')),
        # the same at the same path: a limit of one policy is not lifted by another
        (rule("kv/a", "update", allowed_parameters='{ "x" = [] }') + rule("kv/a", "read"), rule("kv/a", "read", "update")),
        (rule("a/+/b", "read") + rule("a/x/*", "list"), rule("a/+/b", "read") + rule("a/x/*", "list", "update")),
        # a LIST is asked for with a slash and looked up without it too
        (rule("kv/metadata", "list"), rule("kv/metadata/", "list")),
        ("", rule("kv/a", "read")),
    ],
)
def test_what_is_within_is_proved(actual, declared):
    assert contains(actual, declared).verdict == "covered"


def test_engines_look_a_list_up_in_different_orders():
    both = rule("kv/metadata/*", "list") + rule("kv/metadata/private/*", "deny")
    path = "kv/metadata/private/"
    assert evaluate(both, "list", path, profile="openbao-2.7.2").allowed is False
    assert evaluate(both, "list", path, profile=NEW_VAULT).allowed is True
    without = rule("kv/metadata/*", "list") + rule("kv/metadata/private*", "deny")
    assert contains(both, without, profile="openbao-2.7.2").witness.path.startswith("kv/metadata/private")
    assert contains(both, without, profile=NEW_VAULT).witness.path == path
    assert contains(without, both, profile="openbao-2.7.2").verdict == "covered"


def test_a_value_that_equals_a_name_makes_a_difference():
    actual = rule("kv/{{identity.entity.name}}/*", "read")
    found = contains(actual, actual + rule("kv/admin/*", "deny"))
    assert (found.verdict, dict(found.values)["identity.entity.name"]) == ("not-covered", "admin")
    assert contains(actual, actual + rule("kv/admin/*", "deny"), values={"identity.entity.name": "ann"}).verdict == "covered"
    assert contains(actual, rule("kv/*", "read")).verdict == "covered"


def test_a_templated_deny_fails_open_for_whoever_lacks_the_value():
    actual = rule("kv/*", "read") + rule("kv/{{identity.entity.metadata.team}}/*", "deny")
    declared = rule("kv/*", "read") + rule("kv/{{identity.entity.metadata.team}}/*", "deny") + rule("kv/x/*", "deny")
    missing = contains(actual, declared, values={"identity.entity.metadata.team": None})
    assert missing.witness.path.startswith("kv/x/")
    assert contains(actual, declared, values={"identity.entity.metadata.team": "x"}).verdict == "covered"


def test_values_that_an_engine_does_not_stop_leave_it_undecided():
    actual = rule("kv/{{identity.entity.name}}/*", "read")
    assert contains(actual, rule("kv/*", "read"), profile="openbao-2.5.0").verdict == "undecided"
    assert contains(actual, actual, profile="openbao-2.5.0").verdict == "covered"


def test_two_values_may_be_the_same():
    actual = rule("kv/{{identity.entity.name}}/x", "read")
    found = contains(actual, actual + rule("kv/{{identity.entity.id}}/x", "deny"))
    assert found.verdict == "not-covered"
    assert len({value for _, value in found.values}) == 1


def test_lists_of_values_are_a_doubt_where_engines_take_them_apart():
    actual = rule("kv/a", "update", allowed_parameters='{ "x" = [] }')
    declared = rule("kv/a", "update", allowed_parameters='{ "x" = [] }', denied_parameters='{ "x" = ["a,b"] }')
    assert contains(actual, declared, profile="openbao-2.7.2").verdict == "not-covered"
    assert contains(actual, declared, profile=NEW_VAULT).verdict == "undecided"


def test_too_many_paths_are_undecided_never_covered():
    rules = [
        Rule(path="/".join("+" if n >> at & 1 else f"x{at}" for at in range(14)), capabilities=frozenset({"read"})) for n in range(1, 4000)
    ]
    found = contained([Policy(name="p", rules=tuple(rules[::2]))], [Policy(name="q", rules=tuple(rules))], BAO)
    assert found.verdict in {"covered", "undecided"}
    assert found.verdict == "covered" or found.reasons == (TOO_INTRICATE,)


def test_root_may_do_everything_and_stands_alone():
    root = Policy(name="root", rules=())
    assert (
        contained([Policy(name="p", rules=(Rule(path="*", capabilities=frozenset({"read", "sudo"})),))], [root], BAO).verdict == "covered"
    )
    assert contained([root], [Policy(name="p", rules=())], BAO).verdict == "not-covered"
    with pytest.raises(AuthorError, match="stands beside others"):
        contained([root, Policy(name="p", rules=())], [], BAO)


def test_what_is_no_policy_is_refused_with_its_place():
    with pytest.raises(AuthorError, match=r"actual\[0\]:2:1: a policy has no 'paths'"):
        contains('path "a" {}\npaths "b" {}', "")
    with pytest.raises(AuthorError, match="neither a policy nor a list"):
        contains(5, "")
    with pytest.raises(AuthorError, match="names no engine and version"):
        contains("", "", profile="vault")


def test_a_rule_that_ends_takes_a_moment():
    with pytest.raises(AuthorError, match="ends at 2030-01-01"):
        contains(rule("a", "read", expiration='"2030-01-01T00:00:00Z"'), "")


@pytest.mark.parametrize("named", ["value1", "value1*", "val*", "v*"])
def test_a_value_that_nothing_names_is_none_that_a_rule_happens_to_name(named):
    own = rule("kv/{{identity.entity.name}}", "read")
    assert contains(own, rule(f"kv/{named}", "read")).verdict == "not-covered"


def test_a_value_begins_like_no_rule_whatever_stands_before_it():
    own = rule("kv/user-{{identity.entity.name}}", "read")
    wide = "".join(rule(f"kv/user-{letter}*", "read") for letter in "abcdefghijklmnopqrstuvwxyz")
    assert contains(own, wide).verdict == "not-covered"
    assert contains(own, rule("kv/user-*", "read")).verdict == "covered"


def test_a_second_factor_counts_where_the_engine_asks_for_one():
    plain, asked = rule("kv/a", "read"), rule("kv/a", "read", mfa_methods='["totp"]')
    assert contains(plain, asked, profile="openbao-2.7.2").verdict == "covered"
    told = contains(plain, asked, profile="vault-1.21.0")
    assert (told.verdict, "second factor" in str(told.reasons)) == ("not-covered", True)


@pytest.mark.parametrize(
    ("engine", "allowed"), [("vault-2.0.2", True), ("vault-2.0.3", False), ("openbao-2.5.0", True), ("openbao-2.6.0", False)]
)
def test_a_deny_on_what_is_in_a_folder_counts_for_its_list_since_some_version(engine, allowed):
    policy = rule("kv/metadata/*", "list") + rule("kv/metadata/private/*", "deny")
    assert evaluate(policy, "list", "kv/metadata/private", profile=engine).allowed is allowed


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (rule("+/a/*", "list") + rule("kv/a/*", "read"), True),  # the first that says something of a LIST decides
        (rule("+/a/*", "deny") + rule("kv/a/*", "read"), False),
        (rule("+/a/*", "list") + rule("kv/+/*", "deny"), False),
        (rule("kv/+", "list") + rule("kv/a/*", "read"), True),
        (rule("kv/a/*", "read"), False),
    ],
)
def test_vault_since_2_0_3_looks_at_all_rules_for_a_list(policy, allowed):
    assert evaluate(policy, "list", "kv/a/", profile="vault-2.1.0").allowed is allowed


def test_rules_behind_the_first_count_for_a_list_on_both_sides():
    behind = rule("+/a/*", "list") + rule("kv/a/*", "read")
    assert contains(behind, behind, profile="vault-2.1.0").verdict == "covered"
    found = contains(behind, rule("kv/a/*", "read"), profile="vault-2.1.0")
    assert (found.verdict, found.witness.operation) == ("not-covered", "list")
    assert contains(rule("kv/a/*", "list"), rule("+/a/*", "list") + rule("kv/a/*", "read"), profile="vault-2.1.0").verdict == "covered"
    assert contains(rule("kv/a/*", "list"), rule("kv/*", "list") + rule("kv/a/*", "read"), profile="vault-2.1.0").verdict == "not-covered"


def test_a_deny_in_other_letters_is_undecided_since_vault_2_2_2():
    policy = rule("kv/*", "read") + rule("kv/Secret", "deny")
    assert evaluate(policy, "read", "kv/secret", profile="vault-2.2.1").allowed is True
    assert evaluate(policy, "read", "kv/secret", profile="vault-2.2.2").allowed is None
    assert evaluate(policy, "read", "kv/other", profile="vault-2.2.2").allowed is True
    assert contains(policy, rule("kv/*", "read"), profile="vault-2.2.2").verdict == "undecided"
    assert contains(rule("kv/*", "read"), rule("kv/*", "read"), profile="vault-2.2.2").verdict == "covered"
