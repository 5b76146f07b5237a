"""What each operator means on an absent key, one value and a list."""

from __future__ import annotations

import pytest

from guardrails.iam.conditions import holds
from guardrails.iam.context import Context
from guardrails.iam.documents import ConditionTest
from guardrails.iam.truth import Doubt

UNSAID = "unsaid"


def said(operator, operands, value=None, *, variables=True, **others):
    operands = (operands,) if isinstance(operands, str) else tuple(operands)
    context = Context.of({**({} if value is None else {"k": value}), **{name.replace("_", ":"): other for name, other in others.items()}})
    found = holds(ConditionTest(operator=operator, key="K", operands=operands), context, variables=variables)
    return UNSAID if isinstance(found, Doubt) else found


POSITIVE = [
    ("StringEquals", "a", "a", "A"),
    ("StringEquals", "a*", "a*", "ab"),
    ("StringEqualsIgnoreCase", "a", "A", "b"),
    ("StringEqualsIgnoreCase", "A*?", "a*?", "abc"),
    ("StringLike", "a*c?", "abbcd", "abbc"),
    ("ArnEquals", "arn:aws:sns:*:1:top*", "arn:aws:sns:eu:1:topic:x", "arn:aws:sns:eu:2:topic"),
    ("ArnLike", "arn:aws:sns:*:1:t", "arn:aws:sns::1:t", "arn:aws:sqs::1:t"),
    ("Bool", "true", "True", "false"),
    ("BinaryEquals", "QUJD", "QUJD", "eA=="),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericLessThan", "10", "9.5", "10"),
    ("NumericLessThanEquals", "10", "10", "10.1"),
    ("NumericGreaterThan", "10", "11", "10"),
    ("NumericGreaterThanEquals", "-3", "-3", "-4"),
    ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:01Z"),
    ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    ("DateLessThanEquals", "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"),
    ("DateGreaterThan", "2026-01-01", "2026-01-02", "2026-01-01"),
    ("DateGreaterThanEquals", "1767225600", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", "11.0.0.1"),
    ("IpAddress", "10.0.0.1", "10.0.0.1", "10.0.0.2"),
    ("IpAddress", "2001:db8::/32", "2001:db8:0::1", "2001:db9::1"),
]
NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
}


@pytest.mark.parametrize(("operator", "operand", "inside", "outside"), POSITIVE)
def test_an_operator_holds_inside_and_not_outside(operator, operand, inside, outside):
    assert (said(operator, operand, inside), said(operator, operand, outside)) == (True, False)


@pytest.mark.parametrize(("operator", "operand", "inside", "outside"), [row for row in POSITIVE if row[0] in NEGATED])
def test_a_negated_operator_is_the_opposite(operator, operand, inside, outside):
    assert (said(NEGATED[operator], operand, inside), said(NEGATED[operator], operand, outside)) == (False, True)


@pytest.mark.parametrize("operator", sorted({row[0] for row in POSITIVE}))
def test_an_absent_key_fails_a_positive_operator(operator):
    assert said(operator, "a") is False


@pytest.mark.parametrize("operator", NEGATED.values())
def test_an_absent_key_passes_a_negated_operator(operator):
    assert said(operator, "a") is True


@pytest.mark.parametrize("operator", [*NEGATED, *NEGATED.values(), "Bool"])
def test_an_absent_key_passes_if_exists_and_for_all_values_and_fails_for_any_value(operator):
    found = [
        said(form, "a")
        for form in (f"{operator}IfExists", f"ForAllValues:{operator}", f"ForAnyValue:{operator}", f"ForAnyValue:{operator}IfExists")
    ]

    assert found == [True, True, False, False]


def test_if_exists_of_a_key_that_is_there_is_the_operator():
    assert (said("StringEqualsIfExists", "a", "a"), said("StringEqualsIfExists", "a", "b")) == (True, False)


def test_null_asks_whether_the_key_is_absent():
    assert [said("Null", "true"), said("Null", "false"), said("Null", "true", "x"), said("Null", "false", "x")] == [
        True,
        False,
        False,
        True,
    ]


def test_a_list_with_no_member_is_an_absent_key():
    assert [said("Null", "true", ()), said("ForAllValues:StringEquals", "a", ()), said("ForAnyValue:StringEquals", "a", ())] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringNotLikeIfExists"])
def test_an_operator_for_one_value_never_holds_for_a_list(operator):
    assert said(operator, "b", ("a",)) is False


def test_for_all_values_wants_each_and_for_any_value_one():
    assert [said("ForAllValues:StringEquals", ("a", "b"), ("a", "b")), said("ForAllValues:StringEquals", ("a", "b"), ("a", "c"))] == [
        True,
        False,
    ]
    assert [said("ForAnyValue:StringEquals", ("a", "b"), ("c", "a")), said("ForAnyValue:StringEquals", ("a", "b"), ("c",))] == [True, False]


def test_set_operators_take_one_value_as_a_list_of_it():
    assert [said("ForAllValues:StringEquals", "ab", "ab"), said("ForAnyValue:StringEquals", "a", "ab")] == [True, False]


def test_negated_set_operators_ask_of_each_value_that_it_is_none_of_the_operands():
    assert said("ForAllValues:StringNotEquals", ("a", "b"), ("c", "d")) is True
    assert said("ForAllValues:StringNotEquals", ("a", "b"), ("c", "a")) is False
    assert said("ForAnyValue:StringNotEquals", ("a", "b"), ("c", "a")) is True
    assert said("ForAnyValue:StringNotEquals", ("a", "b"), ("a", "b")) is False


def test_operands_are_alternatives_and_a_negated_operator_holds_for_none_of_them():
    assert [said("StringEquals", ("a", "b"), "b"), said("StringNotEquals", ("a", "b"), "b"), said("StringNotEquals", ("a", "b"), "c")] == [
        True,
        False,
        True,
    ]


def test_a_block_of_the_other_family_holds_no_address():
    assert [said("IpAddress", "0.0.0.0/0", "2001:db8::1"), said("NotIpAddress", "0.0.0.0/0", "2001:db8::1")] == [False, True]


def test_arn_operators_match_part_by_part():
    assert said("ArnLike", "arn:aws:s3:*:b", "arn:aws:s3:x:y:b") == UNSAID
    assert said("ArnLike", "arn:*:b", "arn:aws:s3:::b") == UNSAID
    assert said("ArnLike", "arn:aws:*:*:*:b", "arn:aws:s3:x:y:z:b") is False


@pytest.mark.parametrize(
    ("operator", "operand", "value"),
    [
        ("NumericEquals", "many", "1"),
        ("NumericNotEquals", "many", "1"),
        ("DateLessThan", "soon", "2026-01-01"),
        ("DateNotEquals", "2026-02-30", "2026-01-01"),
        ("DateEquals", "2026-01-01T00:00:00", "2026-01-01"),
        ("NotIpAddress", "10.0.0.0/33", "10.0.0.1"),
        ("ArnNotLike", "*", "arn:aws:s3:::b"),
        ("Bool", "yes", "true"),
        ("BinaryEquals", "?", "QUJD"),
        ("Null", "maybe", "x"),
        ("StringEquals", "${aws:username", "x"),
        ("StringEquals", "${}", "x"),
    ],
)
def test_a_malformed_operand_is_a_doubt_whatever_the_operator(operator, operand, value):
    assert said(operator, operand, value) == UNSAID


def test_a_malformed_operand_decides_nothing_beside_one_that_does():
    assert [said("NumericEquals", ("many", "1"), "1"), said("NumericNotEquals", ("many", "1"), "1")] == [True, False]


@pytest.mark.parametrize("operator", ["NumericEquals", "DateLessThan", "IpAddress", "ArnLike"])
def test_a_value_of_another_type_matches_nothing(operator):
    operand = {"N": "1", "D": "2026-01-01", "I": "10.0.0.0/8", "A": "arn:aws:s3:::b"}[operator[0]]

    assert said(operator, operand, "other") is False


@pytest.mark.parametrize(
    ("operator", "operand"), [("NumericNotEquals", "1"), ("NotIpAddress", "10.0.0.0/8"), ("ArnNotLike", "arn:aws:s3:::b")]
)
def test_whether_a_value_of_another_type_differs_is_disputed(operator, operand):
    assert said(operator, operand, "other") == UNSAID


@pytest.mark.parametrize("operator", ["StringMatches", "stringequals", "ForSomeValues:StringEquals", "NullIfExists", "ForAllValues:Null"])
def test_an_unknown_operator_is_a_doubt_even_of_an_absent_key(operator):
    assert said(operator, "a") == UNSAID
    assert said(operator, "a", "a") == UNSAID


def test_a_variable_stands_for_the_value_of_a_key():
    assert [
        said("StringEquals", "u-${aws:username}", "u-al", aws_username="al"),
        said("StringLike", "${AWS:UserName}*", "alx", aws_username="al"),
    ] == [True, True]


def test_a_wildcard_in_the_value_of_a_variable_is_none():
    assert [said("StringLike", "${aws:username}", "x", aws_username="*"), said("StringLike", "${aws:username}", "*", aws_username="*")] == [
        False,
        True,
    ]


def test_escapes_stand_for_the_characters_themselves():
    assert [said("StringLike", "a${*}", "a*"), said("StringLike", "a${*}", "ab"), said("StringLike", "${?}${$}", "?$")] == [
        True,
        False,
        True,
    ]


def test_a_default_stands_in_for_an_absent_key_only():
    assert said("StringEquals", "${k2, 'x'}", "x") is True
    assert said("StringEquals", "${k2, 'x'}", "x", k2="y") is False
    assert said("StringEquals", "${k2, 'x'}", "", k2="") is True


def test_a_variable_without_a_value_matches_nothing_and_is_disputed_when_negated():
    assert [said("StringEquals", "${k2}", "x"), said("StringNotEquals", "${k2}", "x")] == [False, UNSAID]
    assert [said("ArnLike", "arn:aws:s3:::${k2}", "arn:aws:s3:::x"), said("ArnNotLike", "arn:aws:s3:::${k2}", "arn:aws:s3:::x")] == [
        False,
        UNSAID,
    ]


def test_a_list_cannot_be_put_in_for_a_variable():
    assert [said("StringEquals", "${k2}", "x", k2=("x",)), said("StringEquals", "${k2, 'x'}", "x", k2=("x",))] == [False, UNSAID]


def test_in_documents_of_2008_a_variable_is_text():
    assert [said("StringEquals", "${k2}", "${k2}", variables=False), said("StringEquals", "${k2}", "x", variables=False, k2="x")] == [
        True,
        False,
    ]


def test_where_another_part_of_an_arn_differs_a_variable_without_a_value_is_no_dispute():
    assert said("ArnNotLike", "arn:aws:s3:::${k2}", "arn:aws:sqs:::x") is True


def test_a_malformed_variable_in_an_arn_is_a_doubt():
    assert said("ArnLike", "arn:aws:s3:::${", "arn:aws:s3:::x") == UNSAID


@pytest.mark.parametrize(
    ("operator", "operand", "value", "expected"),
    [
        ("DateEquals", "1767229261", "2026-01-01T01:01:01Z", True),
        ("DateLessThan", "2026-01-01T00:00:01Z", "2026-01-01T00:00:00.999999Z", True),
        ("DateEquals", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500000Z", True),
        ("DateEquals", "-1", "1969-12-31T23:59:59Z", UNSAID),
        ("DateEquals", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59+00:00", True),
        ("DateEquals", "\u0661", "1970-01-01T00:00:01Z", UNSAID),
    ],
)
def test_a_time_is_told_to_the_second_and_finer(operator, operand, value, expected):
    assert said(operator, operand, value) == expected


def test_a_block_may_be_written_with_an_address_inside_it():
    assert [said("IpAddress", "10.0.0.1/8", value) for value in ("10.1.2.3", "11.0.0.1")] == [True, False]


def test_null_that_takes_both_holds_always():
    assert [said("Null", ("true", "false")), said("Null", ("true", "false"), "x")] == [True, True]


def test_null_in_capitals_is_the_same_and_one_malformed_operand_is_a_doubt():
    assert [said("Null", "TRUE"), said("Null", ("true", "maybe"))] == [True, UNSAID]
