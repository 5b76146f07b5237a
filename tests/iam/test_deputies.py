"""A service that acts for a stranger is a stranger, whatever the policy says of services, unless it says for whose account."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_accounts import HOME, OTHER, arn
from iam_accounts import document as written
from naive import YES as SURELY
from naive import denied, says_yes, told_by

from guardrails.iam import Kind, Policies, evaluate
from guardrails.iam.public import opening
from guardrails.model.words import Verdict

BUCKET, ORG = "arn:aws:s3:::box", "o-ours"
SERVICE, NAME = "aws:PrincipalIsAWSService", "aws:PrincipalServiceName"
SOURCE, OF, ORGANISATION, PATHS = "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"
YES = {"Bool": {SERVICE: "true"}}


def says(principal="*", effect="Allow", key="Principal", **condition):
    found = {"Effect": effect, key: principal, "Action": ["s3:GetObject"], "Resource": [f"{BUCKET}/*"]}
    return found | ({"Condition": condition} if condition else {})


def services(**condition):
    """A statement for all services at once, and something more of them."""
    return says(**{**condition, "Bool": {SERVICE: "true", **condition.get("Bool", {})}})


def found(*statements, **more):
    return opening(written(*statements), BUCKET, **more)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringLike": {SOURCE: "*"}},
        {"StringLike": {SOURCE: "1*"}},
        {"Null": {SOURCE: "false"}},
        {"StringNotEquals": {SOURCE: OTHER}},
        {"StringEqualsIfExists": {ORGANISATION: ORG}},  # an account is in no organisation, perhaps
        {"StringLike": {ORGANISATION: "o-*"}},
        {"ForAllValues:StringLike": {PATHS: f"{ORG}/*"}},  # vacuous
        {"ForAnyValue:StringLike": {PATHS: "*/r-1/*"}},
        {"ArnLike": {OF: "arn:aws:s3:::*"}},  # a bucket of a stranger
        {"ArnLike": {OF: "arn:aws:cloudtrail:*:*:trail/*"}},
        {"ArnLikeIfExists": {OF: f"arn:aws:cloudtrail:*:{HOME}:trail/*"}},
        {"StringLike": {NAME: "*.amazonaws.com"}},
        {"StringLike": {NAME: "cloud*.amazonaws.com"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:PrincipalOrgID": "true", "aws:username": "true", "aws:PrincipalTag/a": "true"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": ORG}},
        {"ArnNotLike": {OF: f"arn:aws:s3:*:{HOME}:*"}, "Null": {OF: "false"}},
    ],
    ids=json.dumps,
)
def test_a_service_acts_for_a_stranger_where_nothing_says_for_whom(condition):
    statement = services(**condition)
    opened = found(statement)

    assert opened.verdict is Verdict.VIOLATION
    assert opened.witness.principal.startswith("Service:")
    assert opened.witness.context["aws:sourceaccount"] not in {HOME, OTHER}
    assert evaluate(opened.witness, Policies(resource=written(statement))).allowed is True


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {SOURCE: HOME}},
        {"StringEquals": {SOURCE: [HOME, OTHER]}},
        {"StringLike": {SOURCE: HOME}},
        {"StringEquals": {SOURCE: "111111111111"}},  # whichever account a stranger is shown with
        {"StringEquals": {ORGANISATION: ORG}},
        {"ForAnyValue:StringLike": {PATHS: f"{ORG}/r-1/*"}},
        {"ArnLike": {OF: f"arn:aws:*:*:{HOME}:*"}},
        {"ArnEquals": {OF: "arn:aws:s3:::mine"}},
        {"StringLike": {SOURCE: "*"}, "StringEquals": {ORGANISATION: ORG}},
        {"StringEquals": {"aws:PrincipalOrgID": ORG}},  # which no service has
        {"StringEquals": {"aws:PrincipalAccount": HOME}},
        {"StringEquals": {NAME: "cloudtrail.amazonaws.com"}},
        {"StringLike": {NAME: "cloudtrail"}},
        {"Bool": {SERVICE: "false"}, "StringEquals": {"aws:PrincipalOrgID": ORG}},
        {"Null": {SERVICE: "true"}},
    ],
    ids=json.dumps,
)
def test_what_says_for_whom_keeps_it_out(condition):
    assert found(services(**condition)).verdict is Verdict.OK


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {SOURCE: HOME}},  # some services do not say
        {"Null": {SOURCE: "true"}},
        {"StringLike": {SOURCE: "12345*"}},  # which account that is
        {"StringLike": {NAME: "odd.*.amazonaws.com"}},  # which service that is
        {"StringSomehow": {SOURCE: HOME}},
        {"StringLike": {"aws:PrincipalAccount": "*"}},  # whether services have one
    ],
    ids=json.dumps,
)
def test_what_leaves_it_open_is_undecided(condition):
    opened = found(services(**condition))

    assert opened.verdict is Verdict.UNDECIDED
    assert opened.reasons


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([says(), says(effect="Deny", BoolIfExists={SERVICE: "false"})], Verdict.VIOLATION),
        (
            [says(), says(effect="Deny", Bool={SERVICE: "true"}), says(effect="Deny", StringNotEquals={"aws:PrincipalOrgID": ORG})],
            Verdict.OK,
        ),
        ([services(), says(effect="Deny", StringNotEquals={SOURCE: HOME})], Verdict.OK),
        ([services(), says(effect="Deny", StringNotEquals={SOURCE: HOME}, **YES)], Verdict.OK),
        # the pattern of AWS for an organisation: services that do not tell are let off
        ([services(), says(effect="Deny", StringNotEquals={ORGANISATION: ORG}, Null={SOURCE: "false"}, **YES)], Verdict.UNDECIDED),
        ([services(), says(effect="Deny", StringNotEqualsIfExists={ORGANISATION: ORG})], Verdict.OK),
        ([services(), says(effect="Deny", StringEquals={SOURCE: OTHER})], Verdict.VIOLATION),
        ([services(), says(effect="Deny", Null={"aws:PrincipalAccount": "true"})], Verdict.UNDECIDED),  # services may have one
        ([services(), says({"Service": "s3.amazonaws.com"}, "Deny")], Verdict.VIOLATION),
        ([services(), says({"Service": "s3.amazonaws.com"}, "Deny", key="NotPrincipal")], Verdict.OK),
        ([says({"AWS": HOME}, key="NotPrincipal", **YES)], Verdict.VIOLATION),
        ([says({"Service": "s3.amazonaws.com"}, key="NotPrincipal", **YES)], Verdict.VIOLATION),
        ([says({"AWS": "*"}, **YES)], Verdict.VIOLATION),
        ([says({"AWS": HOME}, **YES)], Verdict.OK),
        ([says({"Service": "cloudfront.amazonaws.com"})], Verdict.OK),
    ],
)
def test_what_statements_say_together(statements, verdict):
    assert found(*statements).verdict is verdict


def test_a_role_for_all_services_is_one_for_strangers():
    trust = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": YES}
    opened = opening(written(trust), arn("role/r"), kind=Kind.TRUST)

    assert (opened.verdict, opened.witness.action) == (Verdict.VIOLATION, "sts:AssumeRole")
    named = {**trust, "Principal": {"Service": "lambda.amazonaws.com"}}
    del named["Condition"]
    assert opening(written(named), arn("role/r"), kind=Kind.TRUST).verdict is Verdict.OK


_TESTS = [
    *((name, SERVICE, value) for name in ("Bool", "BoolIfExists", "StringEquals") for value in ("true", "false")),
    *(
        (name, SOURCE, value)
        for name in ("StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringLike")
        for value in (HOME, "1*", "*")
    ),
    *((name, ORGANISATION, ORG) for name in ("StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringNotEqualsIfExists")),
    *(
        (name, OF, value)
        for name in ("ArnLike", "ArnNotLike", "ArnLikeIfExists")
        for value in (f"arn:aws:s3:*:{HOME}:*", "arn:aws:s3:*:*:*")
    ),
    *(("Null", key, value) for key in (SERVICE, SOURCE, ORGANISATION, "aws:PrincipalOrgID") for value in ("true", "false")),
    ("StringEquals", "aws:PrincipalOrgID", ORG),
    ("StringNotEquals", NAME, "s3.amazonaws.com"),
    ("StringLike", NAME, "*s3*"),
]


@st.composite
def _statements(draw):
    condition = {}
    for operator, key, value in draw(st.lists(st.sampled_from(_TESTS), min_size=1, max_size=3)):
        condition.setdefault(operator, {})[key] = [value]
    return says(effect=draw(st.sampled_from(["Allow", "Allow", "Deny"])), **condition)


def _requests():
    """A service for a stranger, in each way in which it may tell that."""
    names = ("cloudfront.amazonaws.com", "s3.amazonaws.com")
    accounts, arns = ("111111111111", "999999999999"), (None, "arn:aws:s3:eu-north-1:999999999999:x")
    for name, account, source, organisation in product(names, accounts, arns, (None, "o-theirs")):
        told = {"aws:sourceaccount": account, "aws:sourcearn": source, "aws:sourceorgid": organisation}
        yield f"Service:{name}", {key: value for key, value in told.items() if value is not None}


@pytest.mark.timeout(900)
@given(st.lists(_statements(), min_size=1, max_size=3))
def test_whatever_a_service_for_a_stranger_is_allowed_is_found(statements):
    opened = found(*statements)

    if opened.verdict is Verdict.VIOLATION:
        assert _is_let_in(opened.witness.principal, opened.witness.context, statements)
    for who, context in _requests():
        if who.removeprefix("Service:") not in json.dumps(statements) and _is_let_in(who, context, statements):
            assert opened.verdict is Verdict.VIOLATION


def _is_let_in(who, context, statements):
    """By the evaluator of the tests, which is written from the documentation alone."""
    document = {"Version": "2012-10-17", "Statement": statements}
    world = (who, "s3:GetObject", f"{BUCKET}/x", told_by(who) | context, False)
    return says_yes(world, document) == SURELY and denied(world, {"resource": document}) != SURELY
