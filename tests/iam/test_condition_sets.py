"""Conditions as sets of contexts: for each operator, the states of a key that it lets through and those that it does not."""

from __future__ import annotations

import time

import pytest

from guardrails.iam.proof.conditions import claimed, contexts, domain
from guardrails.sets import Contexts

REFERER, MFA, TLS = "aws:referer", "aws:multifactorauthpresent", "aws:securetransport"
IP, AGE, TIME, TAGS = "aws:sourceip", "aws:multifactorauthage", "aws:currenttime", "aws:tagkeys"
ARN, UNHEARD = "aws:sourcearn", "unheard:of"
USER = "arn:aws:iam::123456789012:user/ann"


@pytest.mark.parametrize(
    ("operator", "key", "values", "inside", "outside"),
    [
        ("StringEquals", REFERER, ["a", "b"], ["a", "b"], [None, "c", "A", "ab", ""]),
        ("StringEqualsIfExists", REFERER, ["a"], ["a", None], ["b"]),
        ("StringNotEquals", REFERER, ["a", "b"], [None, "c", "A"], ["a", "b"]),
        ("StringNotEqualsIfExists", REFERER, ["a"], [None, "c"], ["a"]),
        ("StringLike", REFERER, ["a*", "?"], ["a", "abc", "x"], [None, "bc", "", "A1"]),
        ("StringNotLike", REFERER, ["a*"], [None, "b"], ["a", "ab"]),
        ("STRINGEQUALSIFEXISTS", REFERER, ["a"], ["a", None], ["b"]),
        ("BinaryEquals", REFERER, ["QQ=="], ["QQ=="], [None, "A"]),
        # each of the six parts on its own
        ("ArnEquals", ARN, ["arn:aws:iam::*:user/ann"], [USER], [None, "arn:aws:iam::1:2:user/ann", "arn:aws:iam::1:user/bob"]),
        ("ArnLike", ARN, ["arn:aws:iam::*:user/*"], [USER, "arn:aws:iam::1:user/a:b"], ["arn:aws:iam::1:role/r"]),
        ("ArnNotEquals", ARN, [USER], [None, "arn:aws:iam::1:user/bob"], [USER]),
        ("ArnNotLike", ARN, ["arn:aws:iam::*:user/*"], [None, "arn:aws:iam::1:role/r"], [USER]),
        ("ArnLike", ARN, ["*"], [USER, "x"], [None]),
        ("Bool", MFA, ["true"], ["true"], [None, "false"]),
        ("Bool", MFA, ["TRUE", "false"], ["true", "false"], [None]),
        ("BoolIfExists", MFA, ["false"], ["false", None], ["true"]),
        ("StringEquals", MFA, ["true"], ["true"], [None, "false"]),
        ("StringLike", MFA, ["t*"], ["true"], [None, "false"]),
        ("StringNotLike", MFA, ["t*"], ["false", None], ["true"]),
        ("IpAddress", IP, ["10.0.0.0/8", "192.0.2.1"], ["10.1.2.3", "192.0.2.1"], [None, "192.0.2.2", "2001:db8::1"]),
        ("NotIpAddress", IP, ["10.0.0.0/8"], [None, "192.0.2.1", "2001:db8::1"], ["10.1.2.3"]),
        ("NumericEquals", AGE, ["60"], ["60", "60.0"], [None, "61"]),
        ("NumericNotEquals", AGE, ["60"], [None, "61"], ["60"]),
        ("NumericLessThan", AGE, ["60"], ["59.9", "-1"], [None, "60"]),
        ("NumericLessThanEquals", AGE, ["60"], ["60"], [None, "60.1"]),
        ("NumericGreaterThan", AGE, ["60"], ["60.1"], [None, "60"]),
        ("NumericGreaterThanEquals", AGE, ["60"], ["60"], [None, "59.9"]),
        ("NumericLessThanIfExists", AGE, ["60"], ["59", None], ["60"]),
        ("DateEquals", TIME, ["1970-01-01T00:01:00Z"], ["60"], ["61", "59"]),
        ("DateNotEquals", TIME, ["1970-01-01T00:01:00Z"], ["61"], ["60"]),
        ("DateLessThan", TIME, ["1970-01-01T00:01:00Z"], ["59"], ["60"]),
        ("DateLessThanEquals", TIME, ["60"], ["60"], ["61"]),
        ("DateGreaterThan", TIME, ["1970-01-01T01:01:00+01:00"], ["61"], ["60"]),
        ("DateGreaterThanEquals", TIME, ["1970-01-01T00:01:00"], ["60"], ["59"]),
        # what is published as a list, and what nobody publishes
        ("StringEquals", TAGS, ["a"], [], [None, "a", ("a",)]),
        ("StringNotEquals", TAGS, ["a"], [None], ["b", ("b",)]),
        ("ForAllValues:StringEquals", TAGS, ["a", "b"], [None, ("a",), ("a", "b")], [("a", "c")]),
        ("ForAnyValue:StringEquals", TAGS, ["a", "b"], [("a", "c")], [None, ("c",)]),
        ("FORANYVALUE:StringEqualsIfExists", TAGS, ["a"], [("a", "c")], [None, ("c",)]),
        ("forallvalues:StringNotEquals", TAGS, ["a"], [None, ("b", "c")], [("a", "b")]),
        ("ForAnyValue:StringNotEquals", TAGS, ["a"], [("a", "b")], [None, ("a",)]),
        ("StringEquals", UNHEARD, ["a"], ["a"], [None, "b", ("a",)]),
        ("ForAnyValue:StringEquals", UNHEARD, ["a"], ["a", ("a", "b")], [None, "b", ("b",)]),
        ("ForAllValues:StringEquals", REFERER, ["a"], [None, "a"], ["b"]),
        # whether it is there
        ("Null", REFERER, ["true"], [None], ["a", ""]),
        ("Null", REFERER, ["FALSE"], ["a", ""], [None]),
        ("null", REFERER, ["true", "false"], [None, "a"], []),
        ("Null", TAGS, ["false"], [("a",)], [None]),
    ],
)
def test_an_operator_lets_some_states_of_a_key_through(operator, key, values, inside, outside):
    found, doubts = contexts([(operator, key, tuple(values))])
    assert not doubts
    assert [state for state in inside if {key: state} not in found] == []
    assert [state for state in outside if {key: state} in found] == []


@pytest.mark.parametrize(
    ("operator", "key", "values"),
    [
        ("StringEqual", REFERER, ["a"]),
        ("StringEqualsIgnoreCase", REFERER, ["a"]),
        ("StringNotEqualsIgnoreCase", REFERER, ["a"]),
        ("For:StringEquals", REFERER, ["a"]),
        ("String Equals", REFERER, ["a"]),
        ("", REFERER, ["a"]),
        ("IfExists", REFERER, ["a"]),
        ("ArnEquals", ARN, ["arn:aws:iam::123456789012"]),
        ("ArnLike", ARN, ["arn:*"]),
        ("Bool", MFA, ["yes"]),
        ("Bool", MFA, ["true", ""]),
        ("IpAddress", IP, ["10.0.0.1/8"]),
        ("IpAddress", IP, ["10.0.0.0/8", "office"]),
        ("NumericEquals", AGE, ["1e3"]),
        ("NumericNotEquals", AGE, ["many"]),
        ("DateEquals", TIME, ["soon"]),
        ("DateLessThan", TIME, ["1970-01-01T00:01:00.5Z"]),
        ("DateLessThan", TIME, ["-5"]),
        ("DateLessThan", TIME, ["9" * 40]),
        ("Null", REFERER, ["perhaps"]),
        ("Null", REFERER, ["true", "perhaps"]),
        # a value of one form is not compared as one of another
        ("NumericEquals", REFERER, ["1"]),
        ("Bool", REFERER, ["true"]),
        ("IpAddress", REFERER, ["10.0.0.0/8"]),
        ("DateEquals", AGE, ["1"]),
        ("NumericEquals", TIME, ["1"]),
        ("StringEquals", IP, ["10.0.0.1"]),
        ("StringEquals", AGE, ["1"]),
        ("NumericEquals", MFA, ["1"]),
        # no value, or one that is not known
        ("StringEquals", REFERER, []),
        ("Null", REFERER, []),
        ("StringEquals", REFERER, ["a", "${aws:username}"]),
        ("Null", REFERER, ["${aws:username}"]),
    ],
)
def test_what_is_not_understood_is_a_doubt_and_lets_everything_through(operator, key, values):
    test, known = (operator, key, tuple(values)), ("StringEquals", "aws:username", ("ann",))
    found, doubts = contexts([test])
    assert (found, doubts) == (Contexts.everything(), (test,))
    assert contexts([known, test]) == (contexts([known])[0], (test,))


def test_without_variables_a_dollar_sign_is_text():
    found, doubts = contexts([("StringEquals", REFERER, ("${aws:username}",))], variables=False)
    assert not doubts
    assert {REFERER: "${aws:username}"} in found
    assert {REFERER: "ann"} not in found


@pytest.fixture
def in_tokyo(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_moment_without_a_zone_is_in_utc_wherever_it_is_read():
    found, _ = contexts([("DateEquals", TIME, ("1970-01-02T00:01:00",))])
    assert [state for state in ("54060", "86460") if {TIME: state} in found] == ["86460"]


def test_all_tests_of_a_block_hold():
    found, doubts = contexts([("StringLike", REFERER, ("a*",)), ("StringNotEquals", REFERER, ("ab",)), ("Bool", MFA, ("true",))])
    assert not doubts
    assert [{REFERER: text, MFA: "true"} in found for text in ("a", "ab", "b")] == [True, False, False]
    assert {REFERER: "a"} not in found
    assert contexts([("Bool", MFA, ("true",)), ("Null", MFA, ("true",))])[0].is_empty()
    assert contexts([]) == (Contexts.everything(), ())


def test_a_key_that_every_request_has_cannot_be_absent():
    assert not domain(TLS).may_lack
    assert domain(MFA).may_lack
    assert contexts([("Null", TLS, ("true",))])[0].is_empty()
    assert {} in contexts([("Bool", TLS, ("false",))])[0]
    assert {} not in contexts([("Bool", TLS, ("true",))])[0]


def test_a_claim_is_so_or_not_and_never_absent():
    assert claimed(()) == Contexts.everything()
    both = claimed(("a", "b"))
    assert both.names == {"?a", "?b"}
    assert {"?a": "true", "?b": "true"} in both
    assert {"?a": "true", "?b": "false"} not in both
    assert {"?a": "true"} not in both
    assert both.witness() == {"?a": "true", "?b": "true"}
    assert (Contexts.everything() - claimed(("a",)) - (Contexts.everything() - claimed(("a",)))).is_empty()


@pytest.mark.parametrize("key", ["aws:principalaccount", "aws:principalarn", "aws:principaltype"])
def test_only_where_whoever_asks_a_request_may_lack_what_is_told_of_users_and_roles(key):
    block = [("StringNotEquals", key, ("x",))]

    assert [{key: None} in contexts(block, whoever=whoever)[0] for whoever in (True, False)] == [True, True]
    assert [contexts([("Null", key, ("true",))], whoever=whoever)[0].is_empty() for whoever in (True, False)] == [False, True]
    assert contexts([("Null", "aws:securetransport", ("true",))], whoever=True)[0].is_empty()
