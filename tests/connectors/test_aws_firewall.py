"""What rules of web ACLs do with IP sets: whom a set lets in, and where nobody can tell."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.aws.meaning.firewall import Use, uses_of

HEADER = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH", "Position": "FIRST"}
URI = {"ByteMatchStatement": {"SearchString": b"/admin"}}
COUNTRY, LABEL = {"GeoMatchStatement": {"CountryCodes": ["SE"]}}, {"LabelMatchStatement": {"Scope": "LABEL", "Key": "known"}}


def ip_set(name="a", **more):
    return {"IPSetReferenceStatement": {"ARN": name, **more}}


def negated(statement):
    return {"NotStatement": {"Statement": statement}}


def both(*statements):
    return {"AndStatement": {"Statements": list(statements)}}


def either(*statements):
    return {"OrStatement": {"Statements": list(statements)}}


def limited(scope):
    return {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP", "ScopeDownStatement": scope}}


def managed(scope):
    return {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "Core", "ScopeDownStatement": scope}}


def rule(action, statement, **more):
    return {"Name": "r", "Action": {action: {}}, "Statement": statement, **more}


def used(action, statement, **more):
    return {(arn, use.name) for arn, use in uses_of(rule(action, statement, **more))}


LET, OUT, UNCLEAR = ({("a", use.name)} for use in (Use.LETS_IN, Use.TURNS_AWAY, Use.UNCLEAR))


@pytest.mark.parametrize(
    ("action", "statement", "use"),
    [
        ("Allow", ip_set(), LET),
        ("Block", negated(ip_set()), LET),
        ("Allow", both(ip_set(), URI), LET),
        ("Block", both(negated(ip_set()), URI), LET),
        ("Block", both(negated(ip_set()), COUNTRY), LET),
        ("Allow", either(ip_set(), COUNTRY), LET),
        ("Allow", negated(negated(ip_set())), LET),
        ("Block", ip_set(), OUT),
        ("Allow", negated(ip_set()), OUT),
        ("Captcha", ip_set(), OUT),
        ("Challenge", ip_set(), OUT),
        ("Block", limited(ip_set()), OUT),
        ("Allow", both(ip_set(), COUNTRY), UNCLEAR),
        ("Allow", both(LABEL, either(URI, ip_set())), UNCLEAR),
        ("Allow", both(ip_set(), negated(COUNTRY)), UNCLEAR),
        ("Block", either(negated(ip_set()), COUNTRY), UNCLEAR),
        ("Block", limited(negated(ip_set())), UNCLEAR),
        ("Captcha", negated(ip_set()), UNCLEAR),
        ("Allow", ip_set(IPSetForwardedIPConfig=HEADER), UNCLEAR),
        ("Block", {"NewStatement": {"Of": [ip_set()]}}, UNCLEAR),
        ("Monetize", negated(ip_set()), UNCLEAR),
    ],
)
def test_what_a_rule_does_with_a_set(action, statement, use):
    assert used(action, statement) == use


def test_a_rule_that_only_counts_does_nothing_with_a_set_until_it_leaves_a_mark():
    assert used("Count", ip_set()) == set()
    assert used("Count", ip_set(), RuleLabels=[{"Name": "known"}]) == UNCLEAR
    assert used("Count", negated(ip_set()), RuleLabels=[{"Name": "known"}]) == UNCLEAR
    marked = {"Action": {"Count": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "x", "Value": "y"}]}}}}
    assert {use for _, use in uses_of(rule("Count", ip_set()) | marked)} == {Use.UNCLEAR}


def test_each_of_several_sets_has_its_own_use():
    assert used("Block", both(negated(ip_set("office")), ip_set("bad"))) == {("office", "LETS_IN"), ("bad", "TURNS_AWAY")}
    assert used("Block", both(negated(ip_set("office")), negated(ip_set("vpn")))) == {("office", "LETS_IN"), ("vpn", "LETS_IN")}
    assert used("Allow", both(ip_set("office"), ip_set("vpn"))) == {("office", "UNCLEAR"), ("vpn", "UNCLEAR")}


def test_a_managed_rule_group_that_is_asked_about_some_only_turns_those_away():
    def of(scope):
        return {use for _, use in uses_of({"Name": "m", "OverrideAction": {"None": {}}, "Statement": managed(scope)})}

    assert of(ip_set()) == {Use.TURNS_AWAY}
    assert of(negated(ip_set())) == {Use.UNCLEAR}
    assert list(uses_of({"Name": "m", "OverrideAction": {"None": {}}, "Statement": {"ManagedRuleGroupStatement": {"Name": "Core"}}})) == []


@pytest.mark.parametrize(
    ("override", "more", "changed"),
    [
        ({"None": {}}, {}, False),
        ({"Count": {}}, {}, True),
        ({"None": {}}, {"RuleActionOverrides": [{"Name": "r", "ActionToUse": {"Block": {}}}]}, True),
        ({"None": {}}, {"ExcludedRules": [{"Name": "r"}]}, True),
    ],
)
def test_a_rule_group_that_is_run_otherwise_than_it_says_is_unclear(override, more, changed):
    found = uses_of({"Name": "g", "OverrideAction": override, "Statement": {"RuleGroupReferenceStatement": {"ARN": "group", **more}}})
    assert list(found) == ([("group", Use.UNCLEAR)] if changed else [])


def test_a_rule_without_a_statement_or_an_action_uses_nothing():
    assert list(uses_of({"Name": "r"})) == []
    assert list(uses_of({"Name": "r", "Statement": ip_set()})) == [("a", Use.TURNS_AWAY)]


NAMES = ("a", "b")
LEAVES = [*map(ip_set, NAMES), URI, COUNTRY]
STATEMENTS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        inner.map(negated), st.lists(inner, min_size=2, max_size=3).flatmap(lambda some: st.sampled_from([both(*some), either(*some)]))
    ),
    max_leaves=6,
)


def matches(statement, inside, uri, country):
    """What a statement says of one request, plainly."""
    ((name, said),) = statement.items()
    match name:
        case "IPSetReferenceStatement":
            return said["ARN"] in inside
        case "ByteMatchStatement":
            return uri
        case "GeoMatchStatement":
            return country
        case "NotStatement":
            return not matches(said["Statement"], inside, uri, country)
        case "AndStatement":
            return all(matches(one, inside, uri, country) for one in said["Statements"])
    return any(matches(one, inside, uri, country) for one in said["Statements"])


def passes(action, statement, *request):
    return matches(statement, *request) is (action == "Allow")


REQUESTS = [
    (frozenset(inside), uri, country) for inside in ((), ("a",), ("b",), NAMES) for uri, country in product((True, False), repeat=2)
]


@given(STATEMENTS, st.sampled_from(["Allow", "Block"]))
def test_fewer_addresses_in_a_set_that_lets_in_never_let_in_more(statement, action):
    """The law on which a removal rests: where all uses let in, a request that leaves the set passes by no rule that stopped it before."""
    uses = {}
    for arn, use in uses_of(rule(action, statement)):
        uses.setdefault(arn, set()).add(use)
    for name in (name for name, found in uses.items() if found == {Use.LETS_IN}):
        for inside, *rest in REQUESTS:
            if passes(action, statement, inside - {name}, *rest):
                assert passes(action, statement, inside | {name}, *rest)


@given(STATEMENTS, st.sampled_from(["Allow", "Block"]))
def test_a_set_that_turns_away_lets_nobody_in(statement, action):
    for name in NAMES:
        if {use for arn, use in uses_of(rule(action, statement)) if arn == name} == {Use.TURNS_AWAY}:
            for inside, *rest in REQUESTS:
                if passes(action, statement, inside | {name}, *rest):
                    assert passes(action, statement, inside - {name}, *rest)
