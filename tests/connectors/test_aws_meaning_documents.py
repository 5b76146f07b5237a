"""What AWS documents say beyond actions and resources, and how each thing that is not understood is read."""

from __future__ import annotations

import pytest
from aws_policies import ACCOUNT, BUCKET, KEY, ROLE, allow, ceiling, meaning

from guardrails.iam.proof.statements import statements
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset
from guardrails.model.findings import Witness
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import Verdict
from guardrails.ports import BoundClause

ASSET = Asset(ref=BUCKET, resource="arn:aws:s3:::b", tags=(("data", "cdr"), ("team", "")))
STRANGER = "arn:aws:iam::444455556666:role/x"


def trusted(principal, key="Principal"):
    found = meaning(trust=[{"Effect": "Allow", key: principal, "Action": "sts:AssumeRole*"}]).trusts(ROLE)
    return [(trust.kind, trust.name, trust.account) for trust in found]


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", [("any", "*", "")]),
        ({"AWS": "*"}, [("any", "*", "")]),
        ({"AWS": ["444455556666", STRANGER]}, [("aws", "444455556666", "444455556666"), ("aws", STRANGER, "444455556666")]),
        ({"Service": "ec2.amazonaws.com"}, [("service", "ec2.amazonaws.com", "")]),
        ({"Federated": "arn:aws:iam::1:saml-provider/x"}, [("federated", "arn:aws:iam::1:saml-provider/x", "1")]),
        ({"CanonicalUser": "79a5"}, [("any", "79a5", "")]),
        ({}, []),
    ],
)
def test_every_principal_of_a_trust_is_told(principal, expected):
    assert trusted(principal) == expected


def test_who_is_not_the_named_principal_is_anybody():
    assert trusted({"AWS": ACCOUNT}, "NotPrincipal") == [("any", "*", "")]


def test_a_statement_that_lets_nobody_become_the_role_is_no_trust():
    found = meaning(trust=[{"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"}])
    assert found.trusts(ROLE) == ()


def test_whom_a_bucket_lets_in_is_told_with_its_condition():
    found = meaning(resource=[{**allow("s3:GetObject"), "Principal": {"AWS": STRANGER}, "Condition": {"Bool": {"aws:X": "true"}}}])
    ((name, conditional),) = [(share.name, share.conditional) for share in found.shares(ASSET)]
    assert (name, conditional) == (STRANGER, True)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": ["odd"]},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": "odd"}},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "bucket/*"},
        {"Effect": "Allow", "Action": "s3GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username/*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:Referer": []}}},
        "odd",
    ],
)
def test_a_statement_that_is_not_understood_is_undecided_and_never_dropped(statement):
    assert meaning(statement).excess(ROLE, ()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("text", ["[]", '"odd"', "null"])
def test_a_document_that_is_no_policy_may_allow_everything(text):
    (found,) = statements(text)
    assert found.allow
    assert not found.exact
    assert "s3:getobject" in found.actions
    assert "anything" in found.loose


def test_a_document_with_one_statement_needs_no_list():
    (found,) = statements('{"Statement": {"Sid": "one", "Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"}}')
    assert (found.allow, found.exact, found.pointer) == (False, True, "one")
    assert "s3:getobject" not in found.actions


def test_an_unpublished_action_is_found_where_a_published_one_matches_as_well():
    compared = meaning(allow("kendra:DescribeInde?")).excess(ROLE, ceiling("kendra:DescribeIndex", "*"))
    assert compared.verdict is Verdict.VIOLATION
    assert compared.witness.action.lower() != "kendra:describeindex"


def asset_clause(*actions, selectors=("arn:aws:s3:::b",)):
    clause = Clause(scope=Scope("aws"), actions=actions, resources=(), on_asset=True)
    return (BoundClause(clause=clause, entitlement="e", selectors=selectors, assets=(ASSET,)),)


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::b/*"), Verdict.OK),
        (allow("s3:ListBucket", "arn:aws:s3:::b"), Verdict.OK),
        (allow("s3:GetObject", "arn:aws:s3:::bc/*"), Verdict.VIOLATION),
        (allow("kms:Decrypt", KEY), Verdict.OK),
        (allow("kms:Decrypt", f"{KEY}2"), Verdict.VIOLATION),
        (allow("kms:Decrypt", "*"), Verdict.VIOLATION),
    ],
)
def test_an_asset_is_a_bucket_with_its_objects_and_the_key_that_protects_it(held, verdict):
    declared = asset_clause("s3:GetObject", "s3:ListBucket", "kms:Decrypt", selectors=("arn:aws:s3:::b", "tag:data=cdr"))
    assert meaning(held, key=KEY).excess(ROLE, declared).verdict is verdict


@pytest.mark.parametrize(
    ("selector", "selected"),
    [("tag:data=cdr", True), ("tag:data=x", False), ("tag:team=", True), ("arn:aws:s3:::*", True), ("arn:aws:s3:::c", False)],
)
def test_an_asset_is_selected_by_tag_or_arn(selector, selected):
    assert meaning().selects(selector, ASSET) is selected


def test_an_allowlist_guards_the_object_of_its_kind_and_name():
    group = Ref(system="aws", realm=ACCOUNT, kind="security-group", id="sg-1", name="web")
    assert meaning().guards("security-group/web", group)
    assert not meaning().guards("security-group/other", group)


def test_only_a_bucket_has_a_policy_about_the_way_to_it():
    volume = Asset(ref=Ref(system="aws", realm=ACCOUNT, kind="volume", id="vol-1", name="v"), resource="arn:aws:ec2:::v")
    assert meaning().in_transit(volume) is None


def hard(letter):
    """Texts with this letter seventeenth from the end: to tell them one must keep the last seventeen letters in mind."""
    return f"arn:aws:s3:::b/*{letter}{'?' * 16}"


def test_policies_beyond_the_budget_are_undecided():
    found = meaning(allow("s3:GetObject", hard("a")), boundary=[allow("s3:GetObject", hard("b"))])
    compared = found.excess(ROLE, ())
    assert compared.verdict is Verdict.UNDECIDED
    assert "budget" in compared.reason


def test_a_request_outside_the_boundary_is_not_allowed_whatever_is_granted():
    found = meaning(allow("*"), boundary=[allow("s3:*")])
    assert found.replay(ROLE, Witness(principal="r", action="s3:GetObject", resource="arn:aws:s3:::b/x"))
    assert not found.replay(ROLE, Witness(principal="r", action="kms:Decrypt", resource=KEY))
