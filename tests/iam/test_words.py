"""When something is allowed, in words."""

from __future__ import annotations

import pytest

from guardrails.iam.proof.conditions import contexts
from guardrails.iam.proof.words import in_words
from guardrails.model.lists import several
from guardrails.sets import Contexts, Numbers

MFA = ("Bool", "aws:multifactorauthpresent", ("true",))
OFFICE = ("IpAddress", "aws:sourceip", ("10.0.0.0/8", "192.0.2.0/24"))


@pytest.mark.parametrize(
    ("block", "said", "otherwise"),
    [
        ([], "", None),
        ([MFA], "MFA was used", "MFA was not used"),
        ([("BoolIfExists", "aws:multifactorauthpresent", ("true",))], "aws:MultiFactorAuthPresent is true or is absent", None),
        ([("Bool", "aws:securetransport", ("false",))], "TLS is not used", "TLS is used"),
        (
            [("IpAddress", "aws:sourceip", ("10.0.0.0/8",))],
            "aws:SourceIp is in 10.0.0.0/8",
            "aws:SourceIp is not in 10.0.0.0/8 or is absent",
        ),
        ([MFA, OFFICE], "MFA was used and (aws:SourceIp is in 10.0.0.0/8 or 192.0.2.0/24)", None),
        (
            [("StringLike", "aws:principaltag/team", ("cdr", "sms-*"))],
            "aws:PrincipalTag/team is like cdr or sms-*",
            "aws:PrincipalTag/team is not like cdr or sms-* or is absent",
        ),
        ([("StringEquals", "s3:prefix", ("",))], 's3:prefix is ""', None),
        ([("StringNotEquals", "aws:requestedregion", ("eu-north-1",))], "aws:RequestedRegion is not eu-north-1", None),
        (
            [("StringLike", "s3:prefix", ("a*",)), ("StringNotEquals", "s3:prefix", ("ab",)), ("StringLike", "s3:prefix", ("*b",))],
            "s3:prefix is like *b and is like a* and is not ab",
            None,
        ),
        (
            [("ForAllValues:StringEquals", "aws:tagkeys", ("a", "b"))],
            "aws:TagKeys is absent or every value of aws:TagKeys is a or b",
            "some value of aws:TagKeys is not a or b",
        ),
        ([("NumericLessThan", "aws:multifactorauthage", ("3600",))], "aws:MultiFactorAuthAge is below 3600", None),
        ([("NumericLessThanEquals", "s3:max-keys", ("10.5",))], "s3:max-keys is at most 10.5", None),
        (
            [("NumericGreaterThan", "s3:max-keys", ("-5",)), ("NumericLessThanEquals", "s3:max-keys", ("7",))],
            "s3:max-keys is above -5 and is at most 7",
            None,
        ),
        ([("NumericEquals", "s3:max-keys", ("7",))], "s3:max-keys is 7", None),
        (
            [("DateGreaterThanEquals", "aws:currenttime", ("2026-01-01T00:00:00Z",))],
            "aws:CurrentTime is at least 2026-01-01T00:00:00Z",
            None,
        ),
        ([("Null", "aws:sourcevpce", ("true",))], "aws:SourceVpce is absent", "aws:SourceVpce is there"),
        ([("Null", "aws:tagkeys", ("false",))], "aws:TagKeys is there", "aws:TagKeys is absent"),
        (
            [("ForAllValues:StringLike", "aws:tagkeys", ("a*",)), ("ForAnyValue:StringEquals", "aws:tagkeys", ("ab",))],
            "every value of aws:TagKeys is like a* and some value of aws:TagKeys is ab",
            "aws:TagKeys is absent or some value of aws:TagKeys is not like a* or every value of aws:TagKeys is not ab",
        ),
        (
            [("ForAllValues:StringLike", "aws:tagkeys", ("a*",))]
            + [(f"ForAnyValue:{operator}", "aws:tagkeys", ("ab",)) for operator in ("StringEquals", "StringNotEquals")],
            "every value of aws:TagKeys is like a* and some value of aws:TagKeys is ab and some value of aws:TagKeys is not ab",
            None,
        ),
        ([("StringLike", "s3:prefix", ("a*",)), ("StringLike", "s3:prefix", ("*b",))], "s3:prefix is like *b and is like a*", None),
        # of a network and all others, the network is named where both are as long
        ([("IpAddress", "aws:sourceip", ("0.0.0.0/0",))], "aws:SourceIp is in 0.0.0.0/0", "aws:SourceIp is in ::/0 or is absent"),
        # a moment that no calendar has is a number
        (
            [("DateLessThanEquals", "aws:currenttime", ("9998-12-31T23:59:59Z",))],
            "aws:CurrentTime is at most 9998-12-31T23:59:59Z",
            "aws:CurrentTime is above 9998-12-31T23:59:59Z",
        ),
        ([("DateEquals", "aws:currenttime", ("9999-01-01T00:00:00Z",))], "aws:CurrentTime is 253370764800", None),
        ([("DateEquals", "aws:currenttime", ("99999999999999",))], "aws:CurrentTime is 99999999999999", None),
    ],
)
def test_conditions_are_said_in_words(block, said, otherwise):
    found, doubts = contexts(block)

    assert not doubts
    assert in_words(found) == said
    if otherwise is not None:
        assert in_words(Contexts.everything() - found) == otherwise


def test_what_may_be_anything_is_not_said():
    anything = contexts([("Null", "aws:sourcevpce", ("true",))])[0] | contexts([("Null", "aws:sourcevpce", ("false",))])[0]
    states = [dict(term)["aws:sourcevpce"] for term in anything.terms]
    free = Contexts.of({"aws:sourcevpce": states[0] | states[1]})

    assert in_words(free) == ""
    assert in_words(free | contexts([MFA])[0]) == ""
    assert in_words(free & contexts([MFA])[0]) == "MFA was used"


def test_of_many_cases_the_first_are_said_and_how_many_more():
    found = Contexts.nothing()
    for number in range(5):
        found |= contexts([("StringEquals", "s3:prefix", (str(number),))])[0]

    assert in_words(found) == "s3:prefix is 0, s3:prefix is 1, s3:prefix is 2, or 2 more"
    assert several([]) == ""
    assert several(["a"], " and ") == "a"


def test_the_ends_of_numbers_are_told_exactly():
    assert Numbers.compared("<", "5").ends() == (("", "4.999999999"),)
    assert Numbers.compared(">=", "-2.5").ends() == (("-2.5", ""),)
    assert (Numbers.everything() - Numbers.compared("=", "0")).ends() == (("", "-0.000000001"), ("0.000000001", ""))
