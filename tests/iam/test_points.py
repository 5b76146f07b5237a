"""A request that AWS could be asked, found in a region and made concrete: the plainest first, and nothing that nobody could ask."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, deny, document

from guardrails.iam.catalogue import firsts, shapes
from guardrails.iam.proof.access import bounds, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.among import ASKING
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.conditions import CLAIM
from guardrails.iam.proof.readings import narrow
from guardrails.iam.proof.requests import point_in, point_of
from guardrails.iam.proof.statements import claim, statements
from guardrails.iam.proof.variables import lettered
from guardrails.sets import Language, Pattern

ACCOUNT = "123456789012"
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def region(*entries):
    return bounds(statements(json.dumps(document(*entries)))).upper


def of_rule(entry):
    (statement,) = statements(json.dumps(document(entry)))
    rule = narrow(statement)
    return point_of(rule, rule.bits, ACCOUNT)


def with_letters(action, *resources):
    return space().region(action=Actions.of([action]), resource=Language.of(*(Pattern.arn(lettered(text)) for text in resources)))


@pytest.mark.parametrize(
    ("entries", "action", "resource", "context"),
    [
        ([allow("s3:*")], "s3:GetObject", "arn:aws:s3:::x/x", {}),
        ([allow("s3:*", "arn:aws:s3:::b/*")], "s3:GetObject", "arn:aws:s3:::b/x", {}),
        ([allow("sqs:*")], "sqs:AddPermission", f"arn:aws:sqs::{ACCOUNT}:x", {}),
        # its own form, in the account and the partition that people know if it can be
        ([allow("sqs:SendMessage", "arn:aws:sqs:*:444455556666:q")], "sqs:SendMessage", "arn:aws:sqs::444455556666:q", {}),
        ([allow("sqs:SendMessage", "arn:aws-cn:sqs:*:*:q")], "sqs:SendMessage", "arn:aws-cn:sqs:::q", {}),
        ([allow("kms:Decrypt"), deny("kms:*", f"arn:aws:kms:*:{ACCOUNT}:*")], "kms:Decrypt", "arn:aws:kms:::key/x", {}),
        # of several forms the plainest
        ([allow("ec2:RunInstances")], "ec2:RunInstances", "arn:aws:ec2:::image/x", {}),
        ([allow("dynamodb:Query")], "dynamodb:Query", f"arn:aws:dynamodb::{ACCOUNT}:table/x", {}),
        ([allow("dynamodb:Query", "arn:aws:dynamodb:*:*:table/*/index/i")], "dynamodb:Query", f"arn:aws:dynamodb::{ACCOUNT}:table//index/i", {}),
        # what no resource is named for is asked of everything
        ([allow("iam:GetAccountSummary")], "iam:GetAccountSummary", "*", {}),
        # the first statement that leaves something
        ([allow("s3:GetObject", "arn:aws:s3:::b"), allow("s3:PutObject", "arn:aws:s3:::c/*")], "s3:PutObject", "arn:aws:s3:::c/x", {}),
        ([allow("s3:GetObject", "arn:aws:s3:::b/*", Condition=TLS)], "s3:GetObject", "arn:aws:s3:::b/x", {"aws:securetransport": "false"}),
    ],
)  # fmt: skip
def test_a_published_action_is_asked_of_a_resource_of_its_own_form(entries, action, resource, context):
    assert point_in(region(*entries), ACCOUNT) == (action, resource, context)
    if len(entries) == 1:
        assert of_rule(*entries) == (action, resource, context)


@pytest.mark.parametrize(
    "entries",
    [
        [deny()],
        [allow("s3:GetObject", "arn:aws:s3:::b")],
        [allow("s3:ListBucket", "arn:aws:s3:::b/x")],
        [allow("iam:GetAccountSummary", f"arn:aws:iam::{ACCOUNT}:user/x")],
        [allow("s3:*"), deny("s3:*")],
    ],
)
def test_what_nobody_could_ask_is_no_request(entries):
    assert point_in(region(*entries), ACCOUNT) is None


def test_a_rule_has_a_request_only_for_the_actions_that_are_asked_for():
    (statement,) = statements(json.dumps(document(allow(["s3:GetObject", "sqs:SendMessage"]))))
    sqs = Actions.of(["sqs:*"]).listed.bits
    assert point_of(narrow(statement), narrow(statement).bits & sqs, ACCOUNT) == ("sqs:SendMessage", f"arn:aws:sqs::{ACCOUNT}:x", {})
    assert point_of(narrow(statement), 0, ACCOUNT) is None
    (never,) = statements(json.dumps(document(allow("s3:GetObject", Condition=TLS | {"Null": {"aws:SecureTransport": "true"}}))))
    assert point_of(narrow(never), narrow(never).bits, ACCOUNT) is None


@pytest.mark.parametrize("texts", [["*"], ["s3:*", "iam:*"], ["kms:Decrypt", "sts:AssumeRole"], ["s3:Get*", "ec2:Describe*"], []])
def test_the_first_of_each_group_of_actions_stands_for_it(texts):
    listed = Actions.of(texts).listed

    assert list(firsts(listed.bits)) == [(group.witness(), shape) for group, shape in shapes(listed)]


def test_of_two_boxes_the_one_that_can_be_asked_is_found():
    found = point_in(
        region(allow("s3:GetObject", "arn:aws:s3:::b"), allow("sqs:SendMessage"), allow("s3:GetObject", "arn:aws:s3:::b/*")), ACCOUNT
    )
    assert found == ("sqs:SendMessage", f"arn:aws:sqs::{ACCOUNT}:x", {})


@pytest.mark.parametrize(
    ("entries", "action", "resource"),
    [
        ([allow("brandnew:DoIt")], "brandnew:doit", "*"),
        ([allow("s3:Brand*", "arn:aws:s3:::b")], "s3:brand", "arn:aws:s3:::b"),
        ([allow(["s3:GetObject", "brandnew:DoIt"], "arn:aws:s3:::b")], "brandnew:doit", "arn:aws:s3:::b"),
    ],
)
def test_an_action_that_nobody_published_is_asked_when_no_other_can_be(entries, action, resource):
    assert of_rule(*entries) is None
    assert point_in(region(*entries), ACCOUNT) == (action, resource, {})


@pytest.mark.parametrize(
    ("entry", "point"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::b/*"), ("s3:GetObject", "arn:aws:s3:::b/x", {})),
        (allow(["s3:Abort*", "kms:Decrypt"]), ("kms:Decrypt", f"arn:aws:kms::{ACCOUNT}:key/x", {})),
        (allow(["kms:Decrypt", "s3:GetBucketTagging"], "arn:aws:s3:::b"), ("s3:GetBucketTagging", "arn:aws:s3:::b", {})),
        (allow("iam:GetAccountSummary"), ("iam:GetAccountSummary", "*", {})),
        (allow("s3:GetObject", Condition=TLS), ("s3:GetObject", "arn:aws:s3:::x/x", {"aws:securetransport": "false"})),
        (allow("s3:GetObject", "arn:aws:s3:::b"), None),
        (allow("brandnew:DoIt"), None),
        (allow("s3:GetObject", Condition={**TLS, "Null": {"aws:SecureTransport": "true"}}), None),
    ],
)
def test_of_one_statement_the_most_telling_action_that_can_be_asked_comes_first(entry, point):
    (statement,) = statements(json.dumps(document(entry)))
    rule = narrow(statement)

    assert point_of(rule, rule.bits, ACCOUNT) == point


@pytest.mark.parametrize(
    ("action", "resource", "asked"),
    [
        ("s3:GetObject", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::any1/x"),
        ("s3:ListBucket", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::any1"),
        ("brandnew:DoIt", "arn:aws:brandnew:::${aws:username}", "arn:aws:brandnew:::any1"),
    ],
)
def test_a_variable_of_a_resource_is_some_text(action, resource, asked):
    found = point_in(with_letters(action, resource), ACCOUNT)
    assert found[1] == lettered(resource).replace("*", "x")
    assert concrete(found)[1:] == (asked, {"aws:username": "any1"})


def test_each_letter_gets_the_value_that_is_said_or_one_that_nothing_else_has():
    text = lettered("arn:aws:s3:::${aws:username}/${aws:username}/${aws:userid}/${aws:SecureTransport}/${aws:Referer, 'none'}/${*}")
    assert concrete(("a", text, {"aws:userid": "AIDA", "aws:sourceip": None})) == (
        "a",
        "arn:aws:s3:::any1/any1/AIDA/true/none/*",
        {"aws:userid": "AIDA", "aws:username": "any1", "aws:securetransport": "true"},
    )
    assert concrete(("a", text, {"aws:referer": "x"}))[1] == "arn:aws:s3:::any1/any1/any2/true/x/*"
    # a list is no text: the guess keeps what was said
    listed = concrete(("a", lettered("arn:aws:s3:::${aws:TagKeys}"), {"aws:tagkeys": ("q",)}))
    assert listed[2] == {"aws:tagkeys": ("q",)}


def test_an_account_that_could_be_any_is_one_that_nobody_has():
    assert concrete(("a", "arn:aws:sns:eu-north-1:xxxxxxxxxxxx:q", {}))[1] == "arn:aws:sns:eu-north-1:999999999999:q"
    for other in ("arn:aws:sns:xxx:123456789012:x:x", "arn:aws:s3:::x:y", "arn:aws:sns::axx:q"):
        assert concrete(("a", other, {}))[1] == other


@pytest.mark.parametrize(
    ("condition", "holds", "context"),
    [
        (("StringMatches", "aws:referer", ("x", "y")), True, {"aws:referer": "x"}),
        (("StringMatches", "aws:referer", ("x",)), False, {}),
        # to be absent is what a negated one wants
        (("StringNotMatches", "aws:referer", ("x",)), True, {}),
        (("StringNotMatches", "aws:referer", ("x",)), False, {"aws:referer": "x"}),
        (("ForAllValues:StringNotMatchesIfExists", "aws:tagkeys", ("x",)), True, {}),
        (("ForAnyValue:StringMatches", "aws:tagkeys", ("x",)), True, {"aws:tagkeys": ("x",)}),
        # wildcards and variables become texts
        (("StringMatches", "aws:referer", ("a*b?c",)), True, {"aws:referer": "abxc"}),
        (
            ("StringEquals", "aws:referer", ("${aws:username}/${aws:userid}",)),
            True,
            {"aws:username": "any1", "aws:userid": "any2", "aws:referer": "any1/any2"},
        ),
        # nothing can be said
        (("Odd-not-operator", "aws:referer", ("x",)), True, {"aws:referer": "x"}),
        (("StringMatches", "aws:referer", ()), True, {}),
        (("StringMatches", "", ("x",)), True, {}),
    ],
)
def test_a_claim_about_a_condition_is_made_so_by_one_value(condition, holds, context):
    assert concrete(("a", "r", {CLAIM + claim(condition): "true" if holds else "false"})) == ("a", "r", context)


def test_what_is_said_stays_whatever_is_claimed():
    referer, element = CLAIM + claim(("StringMatches", "aws:referer", ("x",))), CLAIM + 'unknown element condition ["a", "b", ["c"]]'
    assert concrete(("a", "r", {element: "true", "aws:referer": "q", referer: "true"})) == ("a", "r", {"aws:referer": "q"})
    assert concrete(("a", "r", {element: "true"})) == ("a", "r", {})


def test_a_request_carries_what_every_request_does_as_far_as_policies_speak_of_it():
    names = ["aws:securetransport", "aws:referer", "aws:username", "aws:sourceip", f"{CLAIM}condition", ASKING, "aws:currenttime"]
    assert carried({"aws:referer": "x", "aws:sourceip": None}, names) == {
        "aws:referer": "x",
        "aws:securetransport": "false",
        "aws:currenttime": "0",
    }
    assert carried({"aws:securetransport": "true"}, names)["aws:securetransport"] == "true"
    assert carried({}, []) == {}
