"""Cutting a policy down to what is declared: what is left, what stays, and how often the order of rules gets in the way."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from vault_drawn import dice, some_policy

from guardrails.sets import Language, Pattern
from guardrails.vault.acl import acl
from guardrails.vault.containment import contained
from guardrails.vault.decisions import Request, decided
from guardrails.vault.documents import read
from guardrails.vault.narrowing import Paths, clauses_of, narrowed
from guardrails.vault.profiles import profile
from guardrails.vault.rules import Policy, Rule, is_exact
from guardrails.vault.writing import write

BAO = profile("openbao-2.7.2")


def policy_of(rules):
    return Policy(name="p", rules=tuple(Rule(path=path, capabilities=frozenset(given.split())) for path, given in rules.items()))


def cut(rules, declared):
    left = narrowed(policy_of(rules), [(path, frozenset(given.split())) for path, given in declared.items()])
    return {rule.path: " ".join(sorted(rule.capabilities)) for rule in left.rules}


@pytest.mark.parametrize(
    ("rules", "declared", "left"),
    [
        ({"kv/*": "read update"}, {"kv/data/app/*": "read"}, {"kv/data/app/*": "read"}),
        ({"kv/data/app/x": "read update"}, {"kv/data/app/*": "read"}, {"kv/data/app/x": "read"}),
        ({"kv/data/*": "read"}, {"kv/+/app": "read"}, {"kv/data/app": "read"}),
        ({"kv/+/app/*": "read"}, {"kv/data/+/x": "read"}, {"kv/data/app/x": "read"}),
        ({"kv/a*": "read"}, {"kv/ab*": "read"}, {"kv/ab*": "read"}),
        # the narrower path must also give what the wider one gives, for it alone decides there
        ({"kv/*": "read update"}, {"kv/*": "read", "kv/app/*": "update"}, {"kv/*": "read", "kv/app/*": "read update"}),
        # what is declared twice over is said once
        ({"kv/app/*": "read"}, {"kv/*": "read", "kv/app/x": "read"}, {"kv/app/*": "read"}),
        # nothing is left of the rule, which kept the wider one from deciding
        ({"kv/*": "read", "kv/app/*": "list"}, {"kv/*": "read"}, {"kv/*": "read", "kv/app/*": ""}),
        ({"kv/*": "read", "other/*": "list"}, {"kv/*": "read"}, {"kv/*": "read"}),
        # where another rule decides, a wider one has nothing to say
        ({"kv/*": "read", "kv/app/*": "update"}, {"kv/app/*": "read update"}, {"kv/app/*": "update"}),
        # but for a LIST of kv/app, which some engines look up without its slash first: there it kept the other from giving it
        ({"kv/*": "read", "kv/app/*": "list"}, {"kv/app/*": "read list"}, {"kv/*": "", "kv/app/*": "list"}),
        ({"kv/*": "read", "kv/app/*": "deny"}, {"kv/*": "read"}, {"kv/*": "read", "kv/app/*": "deny"}),
        ({"kv/*": "read"}, {}, {}),
        # no path of a rule says what begins with "a" and has one segment more
        ({"kv/a*": "read"}, {"kv/+/x": "read"}, {}),
        # a value is known of nobody in particular
        ({"kv/{{identity.entity.name}}": "read update"}, {"kv/{{identity.entity.name}}": "read"}, {"kv/{{identity.entity.name}}": "read"}),
        ({"kv/{{identity.entity.name}}": "read"}, {"kv/*": "read"}, {"kv/{{identity.entity.name}}": "read"}),
        ({"kv/*": "read"}, {"kv/{{identity.entity.name}}": "read"}, {"kv/{{identity.entity.name}}": "read"}),
    ],
)
def test_each_rule_is_cut_down_to_what_is_declared_in_it(rules, declared, left):
    assert cut(rules, declared) == left


def test_what_limits_a_rule_stays():
    text = 'path "kv/*" { capabilities = ["update", "list"] allowed_parameters = { "a" = ["1"] } min_wrapping_ttl = 5 }'
    (rule,) = narrowed(read(text, profile=BAO), [("kv/app", frozenset({"update"}))]).rules

    assert (rule.path, rule.allowed, rule.min_wrapping_seconds) == ("kv/app", (("a", ("1",)),), 5)


def test_a_filter_goes_with_the_list_that_it_is_for():
    text = 'path "kv/*" { capabilities = ["read", "list"] list_scan_response_keys_filter_path = "{{ .path }}{{ .key }}" }'
    left = narrowed(read(text, profile=BAO), [("kv/*", frozenset({"read"}))])

    assert read(write(left), profile=BAO).rules == left.rules


@given(dice)
def test_what_is_declared_whole_stays_as_it_is(drawn):
    one, other = some_policy(drawn), some_policy(drawn, "q")
    declared = (*clauses_of([one]), *clauses_of([other]))

    assert contained([narrowed(one, declared)], [one], BAO).verdict == contained([one], [narrowed(one, declared)], BAO).verdict == "covered"


@given(dice)
def test_denies_stay(drawn):
    one, other = some_policy(drawn), some_policy(drawn, "q")
    denies = [rule for rule in one.rules if rule.is_deny]

    assert [rule for rule in narrowed(one, clauses_of([other])).rules if rule.is_deny] == denies


@given(dice)
def test_the_text_of_what_is_left_is_taken_by_the_engine(drawn):
    left = narrowed(some_policy(drawn), clauses_of([some_policy(drawn, "q")]))

    assert [(rule.path, rule.capabilities) for rule in read(write(left), profile=BAO, name="p").rules] == [
        (rule.path, rule.capabilities) for rule in left.rules
    ]


def test_the_order_of_rules_rarely_gets_in_the_way():
    """A rule that becomes narrower may come before another that decided: then it gives more, the proof says so and nothing is proposed."""
    more = 0
    for number in range(400):
        drawn = random.Random(number)  # noqa: S311  # cases, not keys
        one, other = some_policy(drawn), some_policy(drawn, "q")
        more += contained([narrowed(one, clauses_of([other]))], [one], BAO).verdict != "covered"

    assert 0 < more < 20


def beside(policies):
    return lambda path: Paths(policies).beside("p", path)


def test_whoever_holds_it_beside_others_has_no_more_than_before():
    """Whatever of the others they hold: rules of several policies are looked at together, and the most special one decides alone."""
    cut_down = 0
    for number in range(400):
        drawn = random.Random(number)  # noqa: S311  # cases, not keys
        one, declared = some_policy(drawn), clauses_of([some_policy(drawn, "d")])
        others = [some_policy(drawn, f"q{at}", most=3) for at in range(3)]
        left = narrowed(one, declared, beside([one, *others]))
        if contained([left], [one], BAO).verdict != "covered":
            continue  # nothing is proposed
        cut_down += left.rules != one.rules
        for held in powerset(others):
            assert contained([*held, left], [*held, one], BAO).verdict == "covered", (number, held)
    assert cut_down > 300


def powerset(listed):
    return chain.from_iterable(combinations(listed, size) for size in range(len(listed) + 1))


@pytest.mark.parametrize(
    ("rules", "declared", "others", "left"),
    [
        # the others' rule decides on kv/app/x now, and the narrower path would in its place
        ({"kv/*": "read"}, {"kv/app/*": "read"}, {"kv/a*": "update"}, {}),
        # nothing is left of the rule that kept the others' from deciding
        ({"kv/app/*": "list"}, {}, {"kv/*": "read"}, {"kv/app/*": ""}),
        ({"kv/app/*": "list"}, {}, {"other/*": "read"}, {}),
        # whom the others' rule denies something, the narrower path would not
        ({"kv/*": "read"}, {"kv/app/*": "read"}, {"kv/*": "deny"}, {}),
        ({"kv/*": "read"}, {"kv/app/*": "read"}, {"kv/app/{{identity.entity.name}}": "deny"}, {}),
        ({"kv/*": "read update"}, {"kv/*": "read"}, {"kv/a*": "update"}, {"kv/*": "read"}),
        # an exact path is looked up for a LIST of its folder as well, before the rule of others that denies it
        ({"kv/*": "read list"}, {"kv/app": "read list"}, {"kv/app/*": "deny"}, {}),
        ({"kv/*": "read"}, {"kv/app": "read"}, {"kv/app/*": "deny"}, {"kv/app": "read"}),
    ],
)
def test_what_others_that_are_held_beside_it_say_is_left_as_it_is(rules, declared, others, left):
    clauses = [(path, frozenset(given.split())) for path, given in declared.items()]
    found = narrowed(policy_of(rules), clauses, beside([replace(policy_of(others), name="q")]))

    assert {rule.path: " ".join(sorted(rule.capabilities)) for rule in found.rules} == left


@given(dice)
def test_all_paths_that_may_meet_one_are_found(drawn):
    policies = [some_policy(drawn, f"q{at}") for at in range(4)]
    asked = some_policy(drawn).rules[0].path
    near = {rule.path for rule in Paths(policies).beside("q0", asked)}

    for policy in policies[1:]:
        for rule in policy.rules:
            assert rule.path in near or not meet(asked, rule.path)


def meet(one, other):
    first, second = (Language.of(Pattern.literal(path) if is_exact(path) else Pattern.segments(path)) for path in (one, other))
    return not (first & second).is_empty()


PATHS = ["/".join(parts) + end for length in (1, 2, 3) for parts in product(("a", "b", "ab"), repeat=length) for end in ("", "/")]


@pytest.mark.parametrize("engine", ["openbao-2.7.2", "openbao-2.5.4", "vault-1.20.0", "vault-2.0.4"])
@given(dice)
def test_while_a_policy_and_what_takes_its_place_are_both_held_each_request_is_as_before_or_after(engine, drawn):
    old, others, declared = some_policy(drawn, "old"), some_policy(drawn, "others"), some_policy(drawn, "declared")
    own = replace(narrowed(old, clauses_of([declared])), name="own")
    lists = [acl(held, profile(engine)) for held in ((old, others), (old, own, others), (own, others))]
    for path, action in product(PATHS, ("read", "list")):
        was, is_now, will = (decided(found, Request(operation=action, path=path)).allowed for found in lists)
        assert is_now in {was, will}, f"{action} {path}"
