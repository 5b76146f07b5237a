"""What a grant of KMS gives, as the policy of its key would say it, and how it is decided with everything else."""

from __future__ import annotations

import itertools
import json

import pytest

from guardrails.iam import Policies, Request, evaluate
from guardrails.iam.grants import document_of

HOME, OTHER = "111122223333", "999988887777"
KEY = f"arn:aws:kms:eu-north-1:{HOME}:key/k"
ROLE = f"arn:aws:iam::{HOME}:role/r"
USER = f"arn:aws:iam::{HOME}:user/u"
ABROAD = f"arn:aws:iam::{OTHER}:role/x"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NONE = {"Version": "2012-10-17", "Statement": []}


def policy(effect, action="kms:*", **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}


def grant(*operations, to=ROLE, **more):
    return {"GranteePrincipal": to, "Operations": list(operations), **more}


def decided(given, action="kms:Decrypt", who=ROLE, context=None, **policies):
    request = Request(principal=who, action=action, resource=KEY, context=context or {})
    found = {"resource": NONE, **policies}
    return evaluate(request, Policies(grants=document_of(given, KEY), **found)).allowed


@pytest.mark.parametrize(
    ("operations", "action", "allowed"),
    [
        (["Decrypt"], "kms:Decrypt", True),
        (["Decrypt"], "kms:Encrypt", False),
        (["Encrypt", "ReEncryptFrom"], "kms:ReEncryptFrom", True),
        (["DescribeKey"], "kms:DescribeKey", True),
        (["RetireGrant"], "kms:RetireGrant", True),
        (["Sign", "GetPublicKey"], "kms:GetPublicKey", True),
        ([], "kms:Decrypt", False),
    ],
)
def test_a_grant_gives_its_operations_without_any_policy(operations, action, allowed):
    assert decided(grant(*operations), action) is allowed


@pytest.mark.parametrize("who", [ROLE, USER, ABROAD, f"arn:aws:sts::{HOME}:assumed-role/r/s"])
def test_only_the_grantee_is_given_anything_wherever_it_is(who):
    for to in (ROLE, USER, ABROAD):
        behind = {ROLE, f"arn:aws:sts::{HOME}:assumed-role/r/s"} if to == ROLE else {to}
        assert decided(grant("Decrypt", to=to), who=who) is (who in behind)


@pytest.mark.parametrize("layer", ["identity", "resource", "scps", "rcps", "boundary"])
def test_a_deny_stands_above_a_grant(layer):
    more = {"Principal": "*"} if layer in {"resource", "rcps"} else {}
    denied = policy("Deny", "kms:Decrypt", **more)
    found = [[ALL, denied]] if layer in {"scps", "rcps"} else [ALL, denied] if layer == "boundary" else denied
    assert decided(grant("Decrypt"), **{layer: found}) is False


def test_a_level_of_scps_has_to_allow_what_a_grant_gives():
    assert decided(grant("Decrypt"), scps=[policy("Allow", "s3:*")]) is False
    assert decided(grant("Decrypt"), scps=[ALL]) is True


@pytest.mark.parametrize("layer", ["boundary", "session"])
def test_whether_a_boundary_or_session_limits_a_grant_is_not_known(layer):
    assert decided(grant("Decrypt"), **{layer: ALL}) is True
    assert decided(grant("Decrypt"), **{layer: policy("Allow", "s3:*")}) is None
    assert decided(grant("Encrypt"), **{layer: policy("Allow", "s3:*")}) is False


def test_what_a_grant_gives_to_an_account_is_not_known():
    assert decided(grant("Decrypt", to=f"arn:aws:iam::{HOME}:root")) is None
    assert decided(grant("Decrypt", to=f"arn:aws:iam::{OTHER}:root")) is False


def test_who_may_retire_a_grant_may_do_that_alone():
    given = grant("Decrypt", to=USER, RetiringPrincipal=ROLE)
    assert [decided(given, action) for action in ("kms:RetireGrant", "kms:Decrypt")] == [True, False]


@pytest.mark.parametrize("named", ["GranteeServicePrincipal", "GranteePrincipal"])
def test_a_service_is_no_principal_of_an_account(named):
    given = {named: "rds.amazonaws.com", "Operations": ["Decrypt"]}
    assert decided(given, who="rds.amazonaws.com") is True
    assert decided(given) is False


EQUALS = {"EncryptionContextEquals": {"app": "cdr"}}
SUBSET = {"EncryptionContextSubset": {"app": "cdr"}}


@pytest.mark.parametrize(
    ("constraints", "pairs", "allowed"),
    [
        (EQUALS, {"app": "cdr"}, True),
        (EQUALS, {"APP": "cdr"}, True),  # names have no case in a grant
        (EQUALS, {"app": "CDR"}, False),  # values have
        (EQUALS, {}, False),
        (EQUALS, {"app": "cdr", "env": "prod"}, False),
        (SUBSET, {"app": "cdr", "env": "prod"}, True),
        (SUBSET, {"env": "prod"}, False),
        (SUBSET, {"app": "*"}, False),
        ({"EncryptionContextSubset": {"app": "*"}}, {"app": "cdr"}, False),
        ({"EncryptionContextEquals": {"who": "${aws:username}"}}, {"who": "${aws:username}"}, True),
        ({"EncryptionContextEquals": {"who": "${aws:PrincipalAccount}"}}, {"who": HOME}, False),
        ({}, {"app": "cdr"}, True),
    ],
)
def test_the_encryption_context_is_the_same_or_contains_the_pairs(constraints, pairs, allowed):
    context = {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
    context |= {"kms:EncryptionContextKeys": tuple(pairs)} if pairs else {}
    assert decided(grant("Decrypt", Constraints=constraints), context=context) is allowed


def test_the_encryption_context_is_demanded_of_operations_that_have_one():
    operations = ("Decrypt", "GenerateDataKeyPair", "DescribeKey", "GetPublicKey", "Sign", "RetireGrant")
    given = grant(*operations, Constraints=EQUALS)
    assert [decided(given, f"kms:{one}") for one in operations] == [False, False, True, True, True, True]


def test_a_source_is_demanded_of_everything_but_retiring():
    given = grant("Decrypt", "DescribeKey", "RetireGrant", Constraints={"SourceArn": "arn:aws:s3:::b"})
    for action, source in itertools.product(("Decrypt", "DescribeKey"), ("arn:aws:s3:::b", "arn:aws:s3:::c")):
        assert decided(given, f"kms:{action}", context={"aws:SourceArn": source}) is (source[-1] == "b")
    assert decided(given, "kms:RetireGrant") is True


def test_further_grants_give_away_no_more():
    given = grant("Decrypt", "CreateGrant", Constraints=SUBSET)
    strict = {"kms:GrantConstraintType": "EncryptionContextSubset"}
    for operations, asked in itertools.product((["Decrypt"], ["Encrypt"]), (strict, {})):
        context = {"kms:GrantOperations": operations, **asked}
        assert decided(given, "kms:CreateGrant", context=context) is (operations == ["Decrypt"] and bool(asked))


def test_nobody_makes_or_ends_grants_who_was_not_given_that():
    given = grant("Decrypt")
    assert decided(given, "kms:CreateGrant", context={"kms:GrantOperations": ["Decrypt"]}) is False
    assert decided(given, "kms:RetireGrant") is False


@pytest.mark.parametrize(
    ("constraints", "kind", "allowed"),
    [
        ({}, None, True),
        (EQUALS, "EncryptionContextEquals", True),
        (EQUALS, "EncryptionContextSubset", False),
        (EQUALS, None, False),
        (SUBSET, "EncryptionContextSubset", True),
        ({"SourceArn": "arn:aws:s3:::b"}, None, True),
        ({"SourceArn": "arn:aws:s3:::b", **SUBSET}, "EncryptionContextSubset", True),
        ({"SourceArn": "arn:aws:s3:::b", **SUBSET}, "SourceArn", False),
    ],
)
def test_further_grants_are_as_strict_about_the_encryption_context(constraints, kind, allowed):
    given = grant("Decrypt", "CreateGrant", Constraints=constraints)
    context = {"kms:GrantOperations": ["Decrypt"], "aws:SourceArn": "arn:aws:s3:::b"}
    context |= {"kms:GrantConstraintType": kind} if kind else {}
    assert decided(given, "kms:CreateGrant", context=context) is allowed


def test_the_right_encryption_context_makes_no_further_grants():
    given = grant("Decrypt", "CreateGrant", Constraints=SUBSET)
    context = {"kms:EncryptionContext:app": "cdr", "kms:EncryptionContextKeys": ("app",), "kms:GrantOperations": ["Encrypt"]}
    assert decided(given, "kms:CreateGrant", context=context) is False


def test_a_grant_says_what_it_gives_and_no_more():
    statement = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": ["kms:Decrypt"], "Resource": KEY}
    assert document_of(grant("Decrypt"), KEY)["Statement"] == [statement]
    assert document_of(grant(), KEY)["Statement"] == []


def test_a_grant_is_the_same_in_any_order():
    """It is compared with what was seen before, and told as it stands."""
    moon, sun = {"phase": "full", "age": "14"}, {"at": "noon"}
    pairs = {"app": "cdr", "env": "prod"}
    one = {"Moon": moon, "Sun": sun, "EncryptionContextEquals": pairs}
    other = {
        "Sun": sun,
        "EncryptionContextEquals": dict(reversed(pairs.items())),
        "Moon": dict(reversed(moon.items())),
    }
    told = [json.dumps(document_of(grant("Decrypt", Constraints=each), KEY)) for each in (one, other)]
    assert told[0] == told[1]


def test_a_constraint_that_nobody_knows_leaves_it_open():
    assert decided(grant("Decrypt", Constraints={"Moon": {"phase": "full"}})) is None
    assert decided(grant("RetireGrant", Constraints={"Moon": {"phase": "full"}}), "kms:RetireGrant") is True


def test_without_the_policy_of_the_key_a_grant_cannot_be_told():
    request = Request(principal=ROLE, action="kms:Decrypt", resource=KEY)
    assert evaluate(request, Policies(grants=document_of(grant("Decrypt"), KEY))).allowed is None
