"""The traps of aws policies, put to the evaluator and to the prover alike: the two share no code, and neither may widen without looking at the effect.

The prover is asked whether any request of the kind is allowed: a boundary leaves it only those.
"""

from __future__ import annotations

import pytest
from test_iam_traps import MALFORMED

from connectors.aws_policies import ACCOUNT, BUCKET, ROLE, allow, deny, meaning
from guardrails.iam import Policies, Request, evaluate
from guardrails.model.facts import Asset
from guardrails.model.words import Verdict

ME = f"arn:aws:iam::{ACCOUNT}:role/r"
SAID = {Verdict.VIOLATION: True, Verdict.OK: False, Verdict.UNDECIDED: None}
GET, BOX = "s3:GetObject", "arn:aws:s3:::box/a"
MINE, OTHERS = f"arn:aws:s3:::box/{ACCOUNT}", "arn:aws:s3:::box/1"
OWN, NAMELESS = "arn:aws:s3:::box/${aws:PrincipalAccount}", "arn:aws:s3:::box/${aws:PrincipalTag/team}"
REFERER, ADDRESS, TIME, TAGS, AGE = "aws:Referer", "aws:SourceIp", "aws:CurrentTime", "aws:TagKeys", "aws:MultiFactorAuthAge"
OPERATORS = {ADDRESS: "IpAddress", TIME: "DateEquals", TAGS: "ForAnyValue:StringEquals", AGE: "NumericEquals"}
LACKED = {AGE: None, ADDRESS: None, REFERER: None, TAGS: None}


def unless(statement, **more):
    """The statement with the Not form of an element in place of the element."""
    return {name: value for name, value in statement.items() if f"Not{name}" not in more} | more


def when(operator, key, *values):
    return {"Condition": {operator: {key: list(values)}}}


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def evaluated(statements, action, resource, context, version="2012-10-17"):
    known = {key: value for key, value in context.items() if value is not None}
    asked = Request(principal=ME, action=action, resource=resource, context=known)
    return evaluate(asked, Policies(identity=document(*statements, version=version))).allowed


def proved(statements, action, resource, context, version="2012-10-17"):
    pinned: dict = {}
    for key, value in context.items():
        operator, operands = ("Null", "true") if value is None else (OPERATORS.get(key, "StringEquals"), value)
        pinned.setdefault(operator, {})[key] = list(operands) if isinstance(operands, tuple) else operands
    return SAID[meaning(*statements, boundary=[allow(action, resource, Condition=pinned)], version=version).excess(ROLE, ()).verdict]


YES, NO, DOUBT = (True, True), (False, False), (None, None)
CASES = {
    # five ways in which another prover was unsound, and two in which it said too much
    "a variable in a Deny denies its own value": ([allow(GET), deny("s3:*", OWN)], MINE, {}, NO),
    "a variable in a Deny denies no other value": ([allow(GET), deny("s3:*", OWN)], OTHERS, {}, YES),
    "a variable in the NotResource of a Deny spares its own value": ([allow(GET), unless(deny("s3:*"), NotResource=OWN)], MINE, {}, YES),
    "a variable in the NotResource of a Deny spares no other value": ([allow(GET), unless(deny("s3:*"), NotResource=OWN)], OTHERS, {}, NO),
    "a variable in an Allow allows no other value": ([allow(GET, OWN)], OTHERS, {}, NO),
    "a tag that a session need not have denies nothing": ([allow(GET), deny("s3:*", NAMELESS)], BOX, {}, YES),
    "a variable without a value may spare": ([allow(GET), unless(deny("s3:*"), NotResource=NAMELESS)], BOX, {}, DOUBT),
    "where a key is absent a negated Allow stands beside a Deny that needs the key": (
        [allow(GET, **when("StringNotEquals", REFERER, "x")), deny("*", **when("StringLike", REFERER, "*"))], BOX, {REFERER: None}, YES),
    "where the key is there the Deny wins": (
        [allow(GET, **when("StringNotEquals", REFERER, "x")), deny("*", **when("StringLike", REFERER, "*"))], BOX, {REFERER: "z"}, NO),
    "a condition on who asks is decided by who asks": ([allow(GET, **when("ArnEquals", "aws:PrincipalArn", ME + "x"))], BOX, {}, NO),
    "a deny for others than who asks denies nothing": ([allow(GET), deny("*", **when("ArnNotEquals", "aws:PrincipalArn", ME))], BOX, {}, YES),
    # heuristics of others
    "a condition that always holds is none": ([allow(GET, **when("StringLike", "aws:PrincipalArn", "*"))], BOX, {}, YES),
    "two tests deny only where both hold": (
        [allow(GET), deny("*", Condition={"StringEquals": {REFERER: "x"}, "IpAddress": {ADDRESS: "10.0.0.0/8"}})],
        BOX, {REFERER: "x", ADDRESS: "11.0.0.1"}, YES),
    "two tests deny where both hold": (
        [allow(GET), deny("*", Condition={"StringEquals": {REFERER: "x"}, "IpAddress": {ADDRESS: "10.0.0.0/8"}})],
        BOX, {REFERER: "x", ADDRESS: "10.0.0.1"}, NO),
    "not an action that does not exist is all that do": ([unless(allow("x"), NotAction="made:Up")], BOX, {}, YES),
    "a deny of all but some": ([allow("*"), unless(deny("x"), NotAction=["ec2:*", "s3:Put*"])], BOX, {}, NO),
    # actions and resources
    "an action has no case": ([allow("S3:gET*")], BOX, {}, YES),
    "a wildcard may stand in the service": ([allow("*:GetObject")], BOX, {}, YES),
    "a resource has case": ([allow(GET, "arn:aws:s3:::BOX/*")], BOX, {}, NO),
    "a star of the last part crosses everything": ([allow(GET, "arn:aws:s3:::*")], "arn:aws:s3:::box/a:b/c", {}, YES),
    "a star of an earlier part stops at a colon": ([allow("*", "arn:aws:*:box/a")], BOX, {}, NO),
    "a star that ends a short pattern crosses colons": ([allow(GET, "arn:aws:s3:*")], BOX, {}, YES),
    # absent keys
    "a positive operator fails where the key is absent": ([allow(GET, **when("StringLike", REFERER, "*"))], BOX, LACKED, NO),
    "a negated one holds": ([allow(GET, **when("StringNotLike", REFERER, "*"))], BOX, LACKED, YES),
    "IfExists holds": ([allow(GET, **when("NumericLessThanIfExists", AGE, "1"))], BOX, LACKED, YES),
    "Null true holds": ([allow(GET, **when("Null", REFERER, "true"))], BOX, LACKED, YES),
    "Null false fails": ([allow(GET, **when("Null", REFERER, "false"))], BOX, LACKED, NO),
    "for all of none holds": ([allow(GET, **when("ForAllValues:StringEquals", TAGS, "a"))], BOX, LACKED, YES),
    "for all of none holds negated too": ([allow(GET, **when("ForAllValues:StringNotEquals", TAGS, "a"))], BOX, LACKED, YES),
    "for any of none fails": ([allow(GET, **when("ForAnyValue:StringEquals", TAGS, "a"))], BOX, LACKED, NO),
    "for any of none fails negated too": ([allow(GET, **when("ForAnyValue:StringNotEquals", TAGS, "a"))], BOX, LACKED, NO),
    "for any of none fails with IfExists too": ([allow(GET, **when("ForAnyValue:StringEqualsIfExists", TAGS, "a"))], BOX, LACKED, NO),
    # lists and several operands
    "an operator for one value never holds for a list": ([allow(GET, **when("StringEquals", TAGS, "a"))], BOX, {TAGS: ("a",)}, NO),
    "a negated one neither": ([allow(GET, **when("StringNotEquals", TAGS, "b"))], BOX, {TAGS: ("a",)}, NO),
    "operands are alternatives": ([allow(GET, **when("StringEquals", REFERER, "x", "y"))], BOX, {REFERER: "y"}, YES),
    "a negated operator is none of its operands": ([allow(GET, **when("StringNotEquals", REFERER, "x", "y"))], BOX, {REFERER: "y"}, NO),
    "names of keys have no case": ([allow(GET, **when("StringEquals", "AWS:referer", "x"))], BOX, {REFERER: "x"}, YES),
    # types
    "an address of the other family is never in": ([allow(GET, **when("IpAddress", ADDRESS, "0.0.0.0/0"))], BOX, {ADDRESS: "2001:db8::1"}, NO),
    "and so it is outside": ([allow(GET, **when("NotIpAddress", ADDRESS, "0.0.0.0/0"))], BOX, {ADDRESS: "2001:db8::1"}, YES),
    "an epoch is in seconds": ([allow(GET, **when("DateGreaterThan", TIME, "1767225599"))], BOX, {TIME: "2026-01-01T00:00:00Z"}, YES),
    "an epoch that is too late": ([allow(GET, **when("DateGreaterThan", TIME, "1767225600"))], BOX, {TIME: "2026-01-01T00:00:00Z"}, NO),
    "numbers compare as numbers": ([allow(GET, **when("NumericLessThan", AGE, "9"))], BOX, {AGE: "10"}, NO),
    # what sources dispute or nobody knows
    "a malformed operand of a negated operator": ([allow(GET, **when("NotIpAddress", ADDRESS, "10.0.0.0/33"))], BOX, {ADDRESS: "10.0.0.1"}, DOUBT),
    "a malformed operand in a Deny": ([allow(GET), deny("*", **when("NotIpAddress", ADDRESS, "10.0.0.0/33"))], BOX, {ADDRESS: "10.0.0.1"}, DOUBT),
    "an unknown operator in an Allow": ([allow(GET, **when("StringIs", REFERER, "x"))], BOX, {REFERER: "x"}, DOUBT),
    "an unknown operator in a Deny": ([allow(GET), deny("*", **when("StringIs", REFERER, "x"))], BOX, {REFERER: "x"}, DOUBT),
    "a variable without a value in a negated operator": (
        [allow(GET, **when("StringNotEquals", REFERER, "${aws:PrincipalTag/team}"))], BOX, {REFERER: "x"}, DOUBT),
}  # fmt: skip
"""Statements, what is asked for, the context, and what the evaluator and the prover say."""


@pytest.mark.parametrize("name", CASES)
def test_both_say_the_same(name):
    statements, resource, context, expected = CASES[name]

    assert (evaluated(statements, GET, resource, context), proved(statements, GET, resource, context)) == expected


OF_OTHER_ACTIONS = {
    "an action without resources is asked on all and no pattern but the star is that": ([allow("*", "arn:aws:ec2:*:*:*")], "ec2:DescribeInstances", "*", NO),
    "what is not some resource is all of them": ([unless(allow("*"), NotResource=BOX)], "ec2:DescribeInstances", "*", YES),
    "the type of a resource may be a wildcard": ([allow("*", "arn:aws:ec2:*:*:*/i-7")], "ec2:StopInstances", f"arn:aws:ec2:eu-north-1:{ACCOUNT}:instance/i-7", YES),
    "a Deny of one resource leaves the others of its name": (
        [allow("*"), deny("*", "arn:aws:cloudformation:*:*:stack/a/*")], "cloudformation:DeleteStack", f"arn:aws:cloudformation:eu-north-1:{ACCOUNT}:stack/b/a/1", YES),
    "an ARN that stops early means all that begins so": ([allow("*", "arn:aws:sqs")], "sqs:SendMessage", f"arn:aws:sqs:eu-north-1:{ACCOUNT}:jobs", YES),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_OTHER_ACTIONS)
def test_both_say_the_same_of_other_actions(name):
    statements, action, resource, expected = OF_OTHER_ACTIONS[name]

    assert (evaluated(statements, action, resource, {}), proved(statements, action, resource, {})) == expected


@pytest.mark.parametrize(("resource", "allowed"), [("arn:aws:s3:::box/${aws:PrincipalAccount}", True), (MINE, False)])
def test_under_the_old_version_a_variable_is_text_to_both(resource, allowed):
    both = [ask([allow(GET, OWN)], GET, resource, {}, version="2008-10-17") for ask in (evaluated, proved)]

    assert both == [allowed, allowed]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_perhaps_there_to_both(name, effect):
    entry = MALFORMED[name]
    entry = entry | {"Effect": effect} if isinstance(entry, dict) and entry.get("Effect") == "Allow" else entry
    statements = [entry] if effect == "Allow" else [allow(GET), entry]

    assert [ask(statements, GET, BOX, {}) for ask in (evaluated, proved)] == [None, None]


@pytest.mark.parametrize("principal", [{"NotPrincipal": {"AWS": "444455556666"}}, {"Principal": "*"}, {"Principal": {"AWS": ["*"]}}])
def test_an_allow_for_all_but_some_is_a_grant_to_anybody_to_both(principal):
    statement = {**allow(GET, "arn:aws:s3:::b/*"), **principal}
    asset = Asset(ref=BUCKET, resource="arn:aws:s3:::b")
    asked = Request(principal=ME, action=GET, resource="arn:aws:s3:::b/a")

    assert evaluate(asked, Policies(resource=document(statement))).allowed is True
    assert [seen.kind for seen in meaning(resource=[statement]).shares(asset)] == ["any"]


def test_a_deny_in_a_boundary_beside_its_allow_leaves_the_rest_to_both():
    limit = [allow("*"), deny("ec2:*")]
    asked = Request(principal=ME, action=GET, resource=BOX)

    assert evaluate(asked, Policies(identity=document(allow("*")), boundary=document(*limit))).allowed is True
    assert meaning(allow(GET), boundary=limit).excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert meaning(allow(GET), boundary=[deny("ec2:*")]).excess(ROLE, ()).verdict is Verdict.OK
