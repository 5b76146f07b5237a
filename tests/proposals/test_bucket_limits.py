"""What public access blocks and ownership of a change leave of the lists of buckets: what comes alive is judged, what is not known is told."""

from __future__ import annotations

import json

import pytest
from terraform_plans import ACCOUNT, applied, block, change, gaps, only, plan, ref, seen
from test_cloudformation import deploy, one

from connectors.aws_lists import EVERYBODY, listed
from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.model.facts import Asset, Setting
from guardrails.model.words import EdgeKind

CDR = ref("bucket", "cdr", "arn:aws:s3:::cdr")
PARTS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
BLOCK, ABOVE, OWNED = "aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block", "aws_s3_bucket_ownership_controls"


def flags(*on, **more):
    return {name: name in on for name in PARTS} | more


def after(kind, value, *actions, before=None, unknown=None, **limits):
    """Whom the bucket would let in, and what would not be known."""
    address = f"{kind}.it"
    made = plan(
        change(address, *(actions or ("create",)), before=before, after=value, unknown=unknown),
        blocks=(block(address, **{name: {} for name in (value or {})}),),
    )
    outcome = applied(made, seen(*listed((EVERYBODY, "READ"), bucket=CDR, **limits)))
    observed = only(outcome)
    shares = AwsMeaning(observed).shares(Asset(ref=CDR, resource=CDR.id))
    return [(each.kind, each.conditional) for each in shares], gaps(outcome)


OPEN, PERHAPS, CLOSED = [("any", False)], [("any", True)], []


def test_a_block_that_goes_lets_a_list_in_again():
    ignored = flags("ignore_public_acls", bucket="cdr")
    assert after(BLOCK, None, "delete", before=ignored, block=("IgnorePublicAcls",)) == (OPEN, [])
    assert after(BLOCK, flags(bucket="cdr"), "update", before=ignored, block=("IgnorePublicAcls",)) == (OPEN, [])
    assert after(ABOVE, None, "delete", before=flags("ignore_public_acls"), above=("IgnorePublicAcls",)) == (OPEN, [])
    # the other one still holds
    both = {"block": ("IgnorePublicAcls",), "above": ("IgnorePublicAcls",)}
    assert after(BLOCK, None, "delete", before=ignored, **both) == (CLOSED, [])


def test_a_block_that_comes_closes_a_list():
    assert after(BLOCK, flags("ignore_public_acls", bucket="cdr")) == (CLOSED, [])
    assert after(ABOVE, flags("ignore_public_acls", account_id=ACCOUNT)) == (CLOSED, [])
    assert after(BLOCK, flags("block_public_acls", "block_public_policy", "restrict_public_buckets", bucket="cdr")) == (OPEN, [])


def test_ownership_switches_lists_on_and_off():
    enforced, preferred = (
        {"bucket": "cdr", "rule": [{"object_ownership": word}]} for word in ("BucketOwnerEnforced", "BucketOwnerPreferred")
    )
    assert after(OWNED, enforced) == (CLOSED, [])
    assert after(OWNED, preferred, "update", before=enforced, ownership="BucketOwnerEnforced") == (OPEN, [])
    assert after(OWNED, None, "delete", before=enforced, ownership="BucketOwnerEnforced") == (OPEN, [])


@pytest.mark.parametrize(
    ("kind", "value", "unknown", "limits"),
    [
        (BLOCK, {"bucket": "cdr", "ignore_public_acls": None}, {"ignore_public_acls": True}, {"block": ("IgnorePublicAcls",)}),
        (OWNED, {"bucket": "cdr", "rule": [{}]}, {"rule": [{"object_ownership": True}]}, {"ownership": "BucketOwnerEnforced"}),
    ],
)
def test_what_is_not_known_before_it_is_made_is_told(kind, value, unknown, limits):
    found, told = after(kind, value, unknown=unknown, **limits)
    assert found == PERHAPS
    assert len(told) == 1
    assert f"{kind}.it" in told[0]


def test_a_block_of_a_bucket_that_nobody_knows_is_told():
    assert len(after(BLOCK, flags("ignore_public_acls", bucket="another"))[1]) == 1


@pytest.mark.parametrize(
    ("properties", "whom"),
    [
        ({"PublicAccessBlockConfiguration": {"IgnorePublicAcls": True}}, CLOSED),
        ({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}, CLOSED),
        ({"PublicAccessBlockConfiguration": {}, "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}, OPEN),
        # what a template says no more ends, and what it never said stays: nobody knows which
        ({}, PERHAPS),
        ({"PublicAccessBlockConfiguration": {"IgnorePublicAcls": "false"}}, PERHAPS),
    ],
)
def test_a_template_says_it_of_the_bucket(properties, whom):
    observed = only(deploy(one("AWS::S3::Bucket", BucketName="cdr", **properties), seen(*listed((EVERYBODY, "READ"), bucket=CDR))))
    found = AwsMeaning(observed).shares(Asset(ref=CDR, resource=CDR.id))
    assert [(each.kind, each.conditional) for each in found] == whom


def test_a_bucket_that_goes_takes_its_list_and_limits_along():
    before = {"bucket": "cdr", "arn": CDR.id}
    gone = plan(change("aws_s3_bucket.it", "delete", before=before), blocks=(block("aws_s3_bucket.it"),))
    observed = only(applied(gone, seen(*listed((EVERYBODY, "READ"), bucket=CDR))))
    assert [fact for fact in observed.facts if hasattr(fact, "ref") and fact.ref.id.startswith(CDR.id)] == []


def test_the_parts_that_are_not_changed_stay():
    made = plan(change(f"{BLOCK}.it", "create", after=flags("ignore_public_acls", bucket="cdr")), blocks=(block(f"{BLOCK}.it", bucket={}),))
    observed = only(applied(made, seen(*listed(bucket=CDR, ownership="ObjectWriter"))))
    (found,) = [json.loads(fact.text) for fact in observed.facts if isinstance(fact, Setting) and fact.ref.id.startswith(CDR.id)]
    assert found == {"ownership": "ObjectWriter", "block": ["IgnorePublicAcls"]}
    assert any(edge.kind is EdgeKind.GRANT for edge in observed.edges)
