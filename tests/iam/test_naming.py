"""Sets of actions in patterns: which pattern is told, and that none says more than is so."""

from __future__ import annotations

import pytest

from guardrails.iam.catalogue import catalogue, named
from guardrails.iam.proof.naming import matched, patterns_of, told, widest


def some(*texts):
    found = catalogue().nothing()
    for text in texts:
        found |= matched(text)
    return found


def patterns(target, written=()):
    return patterns_of(target, lambda text: target.covers(matched(text)), written)


def test_what_somebody_wrote_is_told_once_the_widest_first_and_names_as_they_are_published():
    assert widest(["s3:getobject", "s3:Get*", "S3:*", "S3:GetObject", "s3:*"]) == ("s3:*", "s3:Get*", "s3:GetObject")
    # what matches as much stands in the order of the letters
    assert widest(["sns:Publish", "kms:Decrypt", "brandnew:B*", "brandnew:A*"]) == (
        "kms:Decrypt",
        "sns:Publish",
        "brandnew:A*",
        "brandnew:B*",
    )


@pytest.mark.parametrize(
    ("target", "written", "expected"),
    [
        (some("*"), (), ("*",)),
        (some("s3:*"), (), ("s3:*",)),
        (some("s3:*", "sqs:*"), (), ("s3:*", "sqs:*")),
        # what somebody wrote before what nobody did, as long as it fits
        (some("s3:*"), ("s3:*Object", "s3:*"), ("s3:*Object", "s3:*")),
        (some("s3:Get*"), ("s3:*", "s3:Get*"), ("s3:Get*",)),
        # two actions are a pattern where it says no more, one is a name
        (some("consoleapp:*"), (), ("consoleapp:*",)),
        (some("codeguru:*"), (), ("codeguru:GetCodeGuruFreeTrialSummary",)),
        (some("codeguru:*", "s3:GetObject"), (), ("codeguru:GetCodeGuruFreeTrialSummary", "s3:GetObject")),
        (some("kms:Encrypt", "kms:Decrypt"), (), ("kms:Decrypt", "kms:Encrypt")),
        (some("kms:ReEncrypt*"), (), ("kms:ReEncryptFrom", "kms:ReEncryptTo")),
        (some("sqs:Send*"), (), ("sqs:SendMessage",)),
        (some("sns:Confirm*", "sns:Subscribe"), (), ("sns:ConfirmSubscription", "sns:Subscribe")),
        (some("athena:Stop*"), (), ("athena:Stop*",)),
        # names in the order of their letters
        (some("iam:ListSSHPublicKeys", "iam:ListServerCertificates"), (), ("iam:ListSSHPublicKeys", "iam:ListServerCertificates")),
        (some(), (), ()),
    ],
)
def test_a_set_of_actions_in_patterns(target, written, expected):
    assert patterns(target, written) == expected


@pytest.mark.parametrize(
    ("target", "allowed", "written", "expected"),
    [
        # less of a pattern where that is shorter
        (some("s3:*") - some("s3:GetObject"), None, ("s3:*",), (("s3:*",), ("s3:GetObject",))),
        (some("*") - some("iam:*"), None, (), (("*",), ("iam:*",))),
        (some("s3:*"), None, ("s3:*",), (("s3:*",), ())),
        (some("s3:GetObject"), None, ("s3:*",), (("s3:GetObject",), ())),
        (some("s3:*", "sqs:*") - some("s3:Get*"), None, ("s3:*", "s3:Get*"), (("s3:*", "sqs:*"), ("s3:Get*",))),
        # what may be said though it is no part of the target
        (some("s3:GetObject", "s3:PutObject"), some("s3:*"), (), (("s3:*",), ())),
        (some("s3:GetObject", "s3:PutObject"), some("s3:*"), ("s3:*Object",), (("s3:*Object",), ())),
        # what is left out of two patterns is said once
        (some("s3:*", "sqs:*") - some("*:*Object"), None, ("s3:*", "*:*Object"), (("s3:*", "sqs:*"), ("*:*Object",))),
    ],
)
def test_a_set_of_actions_less_others(target, allowed, written, expected):
    assert told(target, target if allowed is None else allowed, written) == expected


@pytest.mark.parametrize(
    "target", [some("s3:*") - some("s3:GetObject"), some("*:Get*"), some("iam:*User*", "sqs:*Message*"), some("*") - some("s3:*")]
)
@pytest.mark.parametrize("written", [(), ("s3:*",), ("*:Get*", "iam:*")])
def test_what_is_told_is_the_set_itself(target, written):
    found, but = told(target, target, written)
    assert some(*found) - some(*but) == target
    assert some(*patterns(target, written)) == target


def test_every_action_is_told_as_it_is_published():
    assert named("s3:getobject") == "s3:GetObject"
    assert patterns(some("s3:getobject")) == ("s3:GetObject",)
