"""Access control lists, ownership and public access blocks of buckets, read from a real server and judged against a declaration."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest
from aws_lists import EVERYBODY, LOGS, STRANGER, by_id
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.model.words import GapReason, Verdict
from guardrails.testing.faults import Answer
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

ACCOUNT, AT = "123456789012", datetime(2026, 11, 25, tzinfo=UTC)
TEXT = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}, owner: "team:t"}}
teams: {t: {}}
classes: {open: {}}
assets: {shared: {class: open, owner: "team:t", accepted: ISG-1, shared-with: ["aws:%s"], match: {aws: ["arn:aws:s3:::named*"]}}}
"""
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
"""What is said of the policy of a bucket, in which the objects are added."""
DENIED = Answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", (("Content-Type", "application/xml"),))
pytestmark = pytest.mark.server


def give(s3, bucket, *grants):
    found = s3.get_bucket_acl(Bucket=bucket)
    given = [*found["Grants"], *({"Grantee": to, "Permission": permission} for to, permission in grants)]
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": found["Owner"], "Grants": given})


@pytest.fixture(scope="module")
def world():
    """The services, and the declaration that is read through a proxy."""
    enable_socket()  # a fixture outlives one test, so it opens loopback by itself
    with moto() as real, aws_credentials(), http_proxy(real) as proxy:
        s3, control = (boto3.client(name, endpoint_url=real, region_name="us-east-1") for name in ("s3", "s3control"))
        control.meta.events.register("before-call.*.*", lambda params, **_: params.update(url=params["url"].replace(f"{ACCOUNT}.", "")))
        for name in ("public", "named", "enforced", "ignored", "logs", "restricted"):
            s3.create_bucket(Bucket=name)
        for name in ("public", "enforced", "ignored"):
            give(s3, name, (EVERYBODY, "READ"))
        give(s3, "named", (by_id(STRANGER), "WRITE"))
        give(s3, "logs", (LOGS, "WRITE"))
        rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
        s3.put_bucket_ownership_controls(Bucket="enforced", OwnershipControls={"Rules": rules})
        s3.put_public_access_block(Bucket="ignored", PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
        s3.put_public_access_block(Bucket="restricted", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
        policy = {"Version": "2012-10-17", "Statement": [{**PUBLIC, "Resource": "arn:aws:s3:::restricted/*"}]}
        s3.put_bucket_policy(Bucket="restricted", Policy=json.dumps(policy))
        yield control, proxy, declare.loads([("guardrails.yaml", (TEXT % (proxy.url, STRANGER)).encode())])


BY_SERVICES = ("restricted", Verdict.VIOLATION)
"""A block that restricts a public policy lets in services of AWS, whomever they act for."""


def told(declaration):
    assessment = workflow.assess(declaration, workflow.observe(declaration, AT), AT)
    open_ = {(one.difference.subject, one.difference.verdict) for one in assessment.findings if one.control == "GR106"}
    return {(subject.rpartition("/")[2], verdict) for subject, verdict in open_}, assessment.gaps


def test_only_what_a_list_really_gives_to_strangers_is_told(world):
    _, _, declaration = world
    assert told(declaration) == ({("public", Verdict.VIOLATION), BY_SERVICES}, ())


def test_the_block_of_an_account_holds_for_all_its_buckets(world):
    control, _, declaration = world
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    try:
        assert told(declaration) == ({BY_SERVICES}, ())
    finally:
        control.delete_public_access_block(AccountId=ACCOUNT)


@pytest.mark.parametrize(
    ("call", "what", "right", "still"),
    [
        ("?acl", "s3:acl", "s3:GetBucketAcl", None),
        ("?ownershipControls", "s3:ownership", "s3:GetBucketOwnershipControls", Verdict.UNDECIDED),
        ("?publicAccessBlock", "s3:public-access-block", "s3:GetBucketPublicAccessBlock", Verdict.UNDECIDED),
        ("/publicAccessBlock", "s3:account-public-access-block", "s3:GetAccountPublicAccessBlock", Verdict.UNDECIDED),
    ],
)
def test_what_was_denied_is_a_gap_with_the_right_to_give(world, call, what, right, still):
    _, proxy, declaration = world
    with proxy.breaking(lambda request: call in request.path, DENIED):
        found, gaps = told(declaration)
    assert {(gap.what, gap.reason, gap.rights) for gap in gaps} == {(what, GapReason.DENIED, (right,))}
    assert dict(found).get("public") is still
