"""What of a document is kept as it is read: its words, its mistakes, and where they stand."""

from __future__ import annotations

import pytest
from iam_small import ACCOUNT, QUEUE, USER, allow, deny, document, may

from guardrails.iam import Kind, read
from guardrails.iam.documents import ConditionTest, Patterns, Principals


def first(entry, kind=Kind.IDENTITY, **more):
    return read({"Version": "2012-10-17", "Statement": [entry], **more}, kind).statements[0]


def test_a_document_without_a_version_is_of_2008_and_has_no_variables():
    policy = {"Statement": [allow(resource="arn:aws:s3:::box/${aws:username}")]}

    assert may(target="arn:aws:s3:::box/alice", identity=policy) is False
    assert may(target="arn:aws:s3:::box/${aws:username}", identity=policy) is True


def test_a_single_statement_needs_no_list():
    assert may(identity={"Version": "2012-10-17", "Statement": allow()}) is True


def test_a_mistake_of_the_document_is_one_of_each_of_its_statements():
    found = read({"Version": "2012-10-17", "Grants": [], "Statement": [allow("ec2:*"), deny("s3:Put*", Sid="Two")]}, Kind.IDENTITY)

    assert [(each.pointer, each.mistakes) for each in found.statements] == [
        ("Statement[0]", ("unknown element Grants",)),
        ("Statement[1] Two", ("unknown element Grants",)),
    ]
    assert may("sqs:SendMessage", QUEUE, identity=document(allow(), version="2030-01-01") | {"Statement": [allow("ec2:*")]}) is False


def test_an_unknown_version_and_element_without_statements_are_a_mistake_of_the_document():
    found = read({"Version": "1", "Grants": [], "Statement": []}, Kind.IDENTITY)

    assert [(each.pointer, each.mistakes) for each in found.statements] == [("document", ("unknown element Grants", "unknown Version '1'"))]


@pytest.mark.parametrize(("sid", "pointer"), [("A", "Statement[0] A"), ("", "Statement[0]"), (7, "Statement[0]"), (None, "Statement[0]")])
def test_a_statement_is_pointed_at_by_number_and_name(sid, pointer):
    assert first(allow(Sid=sid)).pointer == pointer


@pytest.mark.parametrize(
    ("entry", "mistakes"),
    [
        ({"Effect": "Allow", "Resource": "*"}, ("no Action",)),
        ({"Effect": "Allow", "Action": "*"}, ("no Resource",)),
        ({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}, ("both Action and NotAction",)),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}, ("both Resource and NotResource",)),
        ({"Effect": "Allow", "NotAction": 7, "NotResource": ["a", 7]}, ("malformed NotAction", "malformed NotResource")),
        ({"Action": "*", "Resource": "*", "Scope": "x"}, ("unknown element Scope", "unknown Effect None")),
        (allow(NotPrincipal="*"), ("NotPrincipal has no place in a policy of kind identity",)),
        (allow(Condition={"StringEquals": 7}), ("malformed Condition StringEquals",)),
        (allow(Condition=[]), ("malformed Condition",)),
        (allow(Condition={"StringEquals": {"k": [None, "a"]}}), ("malformed value of StringEquals k",)),
        (allow(Condition={"StringEquals": {"k": []}}), ("malformed value of StringEquals k",)),
        ("Allow", ("the statement is no object",)),
    ],
)
def test_a_mistake_is_named(entry, mistakes):
    assert first(entry).mistakes == mistakes


def test_a_statement_that_is_no_object_keeps_the_mistakes_of_its_document():
    assert first("Allow", Grants=[]).mistakes == ("unknown element Grants", "the statement is no object")


@pytest.mark.parametrize(("kind", "mistakes"), [(Kind.RESOURCE, ("no Principal",)), (Kind.RCP, ("no Principal", "no Resource"))])
def test_what_a_kind_needs_is_missed(kind, mistakes):
    assert first({"Effect": "Deny", "Action": "*"}, kind).mistakes == mistakes


def test_a_trust_policy_needs_no_resource_for_it_speaks_of_its_role():
    assert first({"Effect": "Allow", "Action": "*", "Principal": "*"}, Kind.TRUST).mistakes == ()


def test_a_trust_policy_that_says_resource_both_ways_is_mistaken_all_the_same():
    entry = {"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*", "Principal": "*"}

    assert first(entry, Kind.TRUST).mistakes == ("both Resource and NotResource",)


def test_principals_of_every_kind_may_stand_together():
    named = {
        "AWS": [ACCOUNT, USER],
        "Service": "s3.amazonaws.com",
        "Federated": "cognito-identity.amazonaws.com",
        "CanonicalUser": "a" * 64,
    }

    assert first(allow(Principal=named), Kind.RESOURCE).principals == Principals(
        (
            ("AWS", ACCOUNT),
            ("AWS", USER),
            ("Service", "s3.amazonaws.com"),
            ("Federated", "cognito-identity.amazonaws.com"),
            ("CanonicalUser", "a" * 64),
        ),
        negated=False,
    )
    assert first(allow(NotPrincipal={"AWS": "*"}), Kind.ENDPOINT).principals == Principals((("AWS", "*"),), negated=True)


def test_elements_are_kept_in_the_order_of_the_document():
    found = first(
        {
            "Effect": "Deny",
            "NotAction": ["s3:*", "a:B"],
            "NotResource": "arn:aws:s3:::b",
            "Condition": {"NumericEquals": {"k": [1, "2"], "j": True}},
        }
    )

    assert (found.actions, found.resources) == (Patterns(("s3:*", "a:B"), negated=True), Patterns(("arn:aws:s3:::b",), negated=True))
    assert found.tests == (
        ConditionTest(operator="NumericEquals", key="k", operands=("1", "2")),
        ConditionTest(operator="NumericEquals", key="j", operands=("true",)),
    )


def test_an_empty_resource_is_malformed():
    assert may(identity=[allow(resource="")]) is None


def test_an_arn_that_stops_early_and_does_not_match_anyway_is_no_doubt():
    assert may("sqs:SendMessage", QUEUE, resource=[allow(resource="arn:aws:sns", Principal="*")]) is False
