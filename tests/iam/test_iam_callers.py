"""Who asks: what a text names, what it brings to the context, and how closely a policy names it."""

from __future__ import annotations

import pytest
from iam_small import ACCOUNT, OTHER, ROLE, SESSION, STRANGER, USER, allow, may, when

from guardrails.errors import AuthorError
from guardrails.iam.principals import Caller, Reach, caller
from guardrails.iam.truth import Doubt

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"


@pytest.mark.parametrize(
    ("text", "kind", "name", "account"),
    [
        (USER, "AWS", USER, ACCOUNT),
        (ACCOUNT, "AWS", ROOT, ACCOUNT),
        ("ec2.amazonaws.com", "Service", "ec2.amazonaws.com", ""),
        ("ec2.amazonaws.com.cn", "Service", "ec2.amazonaws.com.cn", ""),
        ("Service:made.up", "Service", "made.up", ""),
        (PROVIDER, "Federated", PROVIDER, ""),
        ("Federated:accounts.example", "Federated", "accounts.example", ""),
        ("a" * 64, "CanonicalUser", "a" * 64, ""),
        ("CanonicalUser:x:y", "CanonicalUser", "x:y", ""),
        ("Anonymous", "Anonymous", "Anonymous", ""),
    ],
)
def test_a_text_names_who_asks(text, kind, name, account):
    found = caller(text)

    assert (found, found.account) == (Caller(kind, name), account)


@pytest.mark.parametrize("text", ["AWS:x", "11112222333", "1111222233334", "anonymous", "ec2.amazonaws.org", "a" * 63])
def test_a_text_that_names_nobody_is_a_mistake(text):
    with pytest.raises(AuthorError, match="could ask for anything"):
        caller(text)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (USER, {"aws:PrincipalType": "User", "aws:PrincipalAccount": ACCOUNT, "aws:PrincipalArn": USER, "aws:username": "alice"}),
        (
            f"arn:aws:iam::{ACCOUNT}:user/a/b/carol",
            {
                "aws:PrincipalType": "User",
                "aws:PrincipalAccount": ACCOUNT,
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/a/b/carol",
                "aws:username": "carol",
            },
        ),
        (
            f"{USER}:x:y",
            {
                "aws:PrincipalType": "User",
                "aws:PrincipalAccount": ACCOUNT,
                "aws:PrincipalArn": f"{USER}:x:y",
                "aws:username": "alice:x:y",
            },
        ),
        (ROLE, {"aws:PrincipalType": "AssumedRole", "aws:PrincipalAccount": ACCOUNT, "aws:PrincipalArn": ROLE}),
        # the role of a session may have a path, which the session does not tell
        (SESSION, {"aws:PrincipalType": "AssumedRole", "aws:PrincipalAccount": ACCOUNT}),
        (FEDERATED, {"aws:PrincipalType": "FederatedUser", "aws:PrincipalAccount": ACCOUNT, "aws:PrincipalArn": FEDERATED}),
        (ROOT, {"aws:PrincipalType": "Account", "aws:PrincipalAccount": ACCOUNT, "aws:PrincipalArn": ROOT}),
        ("Anonymous", {"aws:PrincipalType": "Anonymous", "aws:PrincipalAccount": "anonymous", "aws:userid": "anonymous"}),
        ("ec2.amazonaws.com", {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": "ec2.amazonaws.com"}),
        (PROVIDER, {}),
        ("a" * 64, {"aws:PrincipalIsAWSService": "false"}),
    ],
)
def test_who_asks_brings_the_keys_that_it_decides(text, keys):
    signed = {"aws:PrincipalIsAWSService": "false"} if text.startswith("arn:") and text != PROVIDER else {}

    assert caller(text).keys() == signed | keys


def test_only_root_is_root_and_only_the_path_of_aws_is_service_linked():
    found = [
        caller(f"arn:aws:iam::{ACCOUNT}:{who}") for who in ("root", "user/root", "role/aws-service-role/x/y", "role/x/aws-service-role/y")
    ]

    assert [each.is_root for each in found] == [True, False, False, False]
    assert [each.is_service_linked for each in found] == [False, False, True, False]
    assert not caller("ec2.amazonaws.com").is_root
    assert not caller("ec2.amazonaws.com").is_service_linked


@pytest.mark.parametrize(
    ("by", "kind", "name", "reach"),
    [
        (USER, "AWS", "*", Reach.ITSELF),
        ("Anonymous", "AWS", "*", Reach.ITSELF),
        (USER, "AWS", USER, Reach.ITSELF),
        (USER, "Service", USER, None),
        (USER, "AWS", ACCOUNT, Reach.ACCOUNT),
        (USER, "AWS", ROOT, Reach.ACCOUNT),
        (USER, "AWS", ROOT.replace("aws", "aws-cn", 1), None),
        (USER, "AWS", OTHER, None),
        (USER, "AWS", STRANGER, None),
        (ROOT, "AWS", ROOT, Reach.ITSELF),
        (ROLE, "AWS", ROLE, Reach.BEHIND),
        (ROLE, "AWS", f"arn:aws:iam::{ACCOUNT}:role/x/build", None),
        (SESSION, "AWS", SESSION, Reach.ITSELF),
        (SESSION, "AWS", ROLE, Reach.BEHIND),
        (SESSION, "AWS", f"arn:aws:iam::{ACCOUNT}:role/x/y/build", Reach.BEHIND),
        (SESSION, "AWS", f"arn:aws:iam::{ACCOUNT}:role/build/run-7", None),
        (SESSION, "AWS", f"arn:aws:iam::{ACCOUNT}:user/build", None),
        (SESSION, "AWS", f"arn:aws:iam::{OTHER}:role/build", None),
        (FEDERATED, "AWS", USER, Reach.BEHIND),
        (FEDERATED, "AWS", f"arn:aws:iam::{ACCOUNT}:role/alice", None),
        (PROVIDER, "Federated", PROVIDER, Reach.ITSELF),
        (PROVIDER, "Federated", PROVIDER + "x", None),
        (PROVIDER, "AWS", ACCOUNT, None),
        ("ec2.amazonaws.com", "Service", "s3.amazonaws.com", None),
    ],
)
def test_a_pair_names_it_so_closely(by, kind, name, reach):
    assert caller(by).reached_by(kind, name) is reach


@pytest.mark.parametrize(("name", "doubtful"), [("AIDACKCEVSQ6C2EXAMPLE", True), ("AROA1", False), ("aidackcevsq6c2example", False)])
def test_an_id_that_the_request_does_not_tell_is_a_doubt(name, doubtful):
    assert isinstance(caller(USER).reached_by("AWS", name), Doubt) is doubtful


def test_not_principal_spares_whom_it_names_and_their_account():
    def spared(name):
        return may(by=USER, resource=[{**allow(), "NotPrincipal": {"AWS": name}}])

    assert [spared(name) for name in (USER, ACCOUNT, "*", STRANGER, ROLE)] == [False, False, False, True, True]


def test_who_asks_unsigned_is_of_a_type_of_its_own():
    policy = [allow(Principal="*", Condition=when("StringEquals", "aws:PrincipalType", "Anonymous"))]

    assert [may(by=by, resource=policy) for by in ("Anonymous", USER)] == [True, False]
