"""Condition blocks as sets of contexts, against deciding one context at a time by the words of the user guide."""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import ip_address, ip_network

import pytest
from aws_policies import ACCOUNT, ROLE, allow, ceiling, deny, meaning
from hypothesis import given
from hypothesis import strategies as st

from guardrails.iam.proof.conditions import contexts
from guardrails.model.words import Verdict

MFA, TIME, IP, TAGS, AGE = "aws:multifactorauthpresent", "aws:currenttime", "aws:sourceip", "aws:tagkeys", "aws:multifactorauthage"
REFERER = "aws:referer"
NOON, EVE = "2026-11-25T12:00:00Z", "2026-11-24T00:00:00+01:00"
STATES = {
    REFERER: [None, "eu-north-1", "eu-west-1", "us-east-1", "EU-NORTH-1"],
    MFA: [None, "true", "false"],
    TIME: ["1764072000", str(int(datetime.fromisoformat(NOON).timestamp())), "1", "1764072001"],
    IP: [None, "10.1.2.3", "10.2.0.1", "2001:db8::1"],
    AGE: [None, "0", "59.5", "60", "3600"],
    TAGS: [None, "team", "cost", ("team", "cost"), ("team", "other"), ("other", "x")],
}
OPERANDS = {
    REFERER: ["eu-north-1", "eu-*", "us-east-?", "*"],
    MFA: ["true", "false", "TRUE"],
    TIME: [NOON, EVE, "1764072000"],
    IP: ["10.1.0.0/16", "10.0.0.0/8", "2001:db8::/32", "10.1.2.3"],
    AGE: ["60", "0", "59.5"],
    TAGS: ["team", "cost", "t*"],
}
STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
SIGNS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATORS = {
    REFERER: STRINGS,
    MFA: ["Bool", "StringEquals", "StringNotEquals"],
    TIME: [f"Date{sign}" for sign in SIGNS],
    IP: ["IpAddress", "NotIpAddress"],
    AGE: [f"Numeric{sign}" for sign in SIGNS],
    TAGS: [*STRINGS, *(f"{quantity}:{name}" for quantity in ("ForAllValues", "ForAnyValue") for name in STRINGS)],
}


def holds(operator: str, value: str, operand: str) -> bool:
    """One value against one operand, the operator not turned round."""
    if operator.startswith("String"):
        if operator.endswith("Like"):
            return bool(re.fullmatch(re.escape(operand).replace(r"\*", ".*").replace(r"\?", "."), value))
        return value == operand
    if operator == "Bool":
        return value.lower() == operand.lower()
    if "IpAddress" in operator:
        return ip_address(value) in ip_network(operand)
    if operator.startswith("Date"):
        operand = operand if operand.isdigit() else str(datetime.fromisoformat(operand).timestamp())
    mine, theirs = float(value), float(operand)
    signs = {"LessThan": mine < theirs, "LessThanEquals": mine <= theirs, "GreaterThan": mine > theirs, "GreaterThanEquals": mine >= theirs}
    return signs.get(operator.removeprefix("Numeric").removeprefix("Date"), mine == theirs)


def lets_through(operator: str, key: str, operands, state) -> bool:
    """The rules for one key, in the order in which the user guide has them."""
    quantity, _, rest = operator.rpartition(":")
    if_exists = rest.endswith("IfExists")
    name = rest.removesuffix("IfExists")
    negated = "Not" in name
    plain = name.replace("Not", "")

    def one(value: str) -> bool:
        found = any(holds(plain, value, operand) for operand in operands)
        return not found if negated else found

    if state is None:
        return {"ForAllValues": True, "ForAnyValue": False}.get(quantity, if_exists or negated)
    values = (state,) if isinstance(state, str) else state
    if quantity:
        return (all if quantity == "ForAllValues" else any)(map(one, values))
    return key != TAGS and one(state)  # without a quantity what is published as a list never matches


@st.composite
def asked(draw):
    key = draw(st.sampled_from(sorted(STATES)))
    operator = draw(st.sampled_from(OPERATORS[key])) + draw(st.sampled_from(["", "IfExists"]))
    return operator, key, tuple(sorted(draw(st.sets(st.sampled_from(OPERANDS[key]), min_size=1, max_size=2))))


@given(st.lists(asked(), max_size=3))
def test_a_block_lets_through_what_the_rules_say(block):
    found, doubts = contexts(block)
    assert not doubts
    for state in {state for _, key, _ in block for state in STATES[key]} | {None}:
        for _, key, _ in block:
            if state not in STATES[key]:
                continue
            context = {key: state}
            expected = all(
                lets_through(operator, of, operands, context.get(of, "1" if of == TIME else None)) for operator, of, operands in block
            )
            got = {TIME: "1", **context}
            assert (got in found) == expected, (block, context)


@pytest.mark.parametrize(
    "part",
    [
        ("StringEqual", REFERER, ("x",)),
        ("StringEquals", REFERER, ("${aws:username}",)),
        ("NumericEquals", "unheard:of", ("1",)),
        ("IpAddress", IP, ("10.0.0.0/33",)),
        ("NotIpAddress", IP, ("10.0.0.1/8",)),
        ("StringEquals", IP, ("10.0.0.1",)),
        ("DateLessThan", TIME, ("soon",)),
        ("NumericLessThan", AGE, ("1e3",)),
        ("Bool", MFA, ("yes",)),
        ("Null", MFA, ("perhaps",)),
        ("unreadable", "", ()),
    ],
)
def test_what_is_not_understood_is_left_out_and_told(part):
    known = ("StringEquals", REFERER, ("eu-north-1",))
    found, doubts = contexts([part, known])
    assert doubts == (part,)
    assert found == contexts([known])[0]


def test_a_key_that_nobody_publishes_is_a_text_or_a_list_of_texts():
    block = [("StringEquals", "unheard:of", ("x",)), ("ForAnyValue:StringLike", "heard:never", ("y*",))]
    found, doubts = contexts(block)
    assert not doubts
    states = [None, "x", "yes", ("x", "yes"), ("x",)]
    assert [(one, two) for one in states for two in states if {"unheard:of": one, "heard:never": two} in found] == [
        ("x", "yes"),
        ("x", ("x", "yes")),
    ]


@pytest.mark.parametrize(("value", "states"), [("true", [None]), ("false", ["true", "false"])])
def test_null_asks_whether_the_key_is_there(value, states):
    found, doubts = contexts([("Null", MFA, (value,))])
    assert not doubts
    assert [state for state in STATES[MFA] if {MFA: state} in found] == states


OBJECTS = "arn:aws:s3:::a/*"


def condition(operator: str, key: str, *values: str):
    return {"Condition": {operator: {key: list(values)}}}


TLS = condition("Bool", "aws:SecureTransport", "false")
OFFICE = condition("IpAddress", "aws:SourceIp", "198.51.100.0/24")
ME = condition("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/r")
OTHER = condition("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/other")
NOT_ME = condition("ArnNotEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/r")


@pytest.mark.parametrize(
    ("statements", "verdict", "context"),
    [
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **TLS)], Verdict.VIOLATION, (("aws:securetransport", "true"),)),
        ([allow("s3:GetObject", OBJECTS, **OFFICE)], Verdict.VIOLATION, (("aws:sourceip", "198.51.100.0"),)),
        # the Deny takes away just what the Allow gives
        (
            [allow("s3:GetObject", OBJECTS, **OFFICE), deny("s3:*", **condition("IpAddress", "aws:SourceIp", "198.51.0.0/16"))],
            Verdict.OK,
            None,
        ),
        # without an address it is denied as well
        (
            [allow("s3:GetObject", OBJECTS), deny("s3:*", **condition("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"))],
            Verdict.VIOLATION,
            (("aws:sourceip", "198.51.100.0"),),
        ),
        # who asks is known
        ([allow("s3:GetObject", OBJECTS, **ME)], Verdict.VIOLATION, ()),
        ([allow("s3:GetObject", OBJECTS, **OTHER)], Verdict.OK, None),
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **NOT_ME)], Verdict.VIOLATION, ()),
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **OTHER)], Verdict.VIOLATION, ()),
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **ME)], Verdict.OK, None),
        # a session of a role may have been given tags
        ([allow("s3:GetObject", OBJECTS, **condition("StringEquals", "aws:PrincipalTag/team", "x"))], Verdict.UNDECIDED, None),
    ],
)
def test_excess_is_what_some_context_allows(statements, verdict, context):
    found = meaning(*statements)
    compared = found.excess(ROLE, ())
    assert compared.verdict is verdict
    if verdict is Verdict.VIOLATION:
        assert compared.witness.context == context
        assert found.replay(ROLE, compared.witness)


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([allow("s3:GetObject", OBJECTS)], Verdict.OK),
        # in some context it can, so that it cannot is not certain
        ([allow("s3:GetObject", OBJECTS, **OFFICE)], Verdict.UNDECIDED),
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **TLS)], Verdict.UNDECIDED),
        ([allow("s3:GetObject", OBJECTS, **OTHER)], Verdict.VIOLATION),
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **ME)], Verdict.VIOLATION),
        ([allow("s3:GetObject", OBJECTS), deny("s3:*", **OTHER)], Verdict.OK),
    ],
)
def test_a_floor_is_missed_only_when_no_context_reaches_it(statements, verdict):
    assert meaning(*statements).shortfall(ROLE, ceiling("s3:GetObject", OBJECTS)).verdict is verdict


HOME = "arn:aws:s3:::home/${aws:PrincipalAccount}/*"
TAGGED = "arn:aws:s3:::home/${aws:PrincipalTag/team}/*"


@pytest.mark.parametrize(
    ("statements", "version", "verdict", "resource"),
    [
        ([allow("s3:GetObject", HOME)], "2012-10-17", Verdict.VIOLATION, f"arn:aws:s3:::home/{ACCOUNT}/"),
        # under the old version it is just text
        ([allow("s3:GetObject", HOME)], "2008-10-17", Verdict.VIOLATION, "arn:aws:s3:::home/${aws:PrincipalAccount}/"),
        ([allow("s3:GetObject", "arn:aws:s3:::home/*"), deny("s3:*", HOME)], "2012-10-17", Verdict.VIOLATION, "arn:aws:s3:::home/x"),
        ([allow("s3:GetObject", f"arn:aws:s3:::home/{ACCOUNT}/*"), deny("s3:*", HOME)], "2012-10-17", Verdict.OK, None),
        # what only a session knows stays open in an Allow; a Deny it may leave out, for the role has no tag
        ([allow("s3:GetObject", TAGGED)], "2012-10-17", Verdict.UNDECIDED, None),
        (
            [allow("s3:GetObject", f"arn:aws:s3:::home/{ACCOUNT}/*"), deny("s3:*", TAGGED)],
            "2012-10-17",
            Verdict.VIOLATION,
            f"arn:aws:s3:::home/{ACCOUNT}/",
        ),
    ],
)
def test_variables_that_the_principal_fixes_are_filled_in(statements, version, verdict, resource):
    found = meaning(*statements, version=version)
    compared = found.excess(ROLE, ())
    assert compared.verdict is verdict
    if resource:
        assert compared.witness.resource.startswith(resource)
        assert found.replay(ROLE, compared.witness)
