"""Floors where the declaration says that other regions are closed: they have to hold in the regions that are not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest

from connectors.aws_levels import FULL, HOME, UNIT, below
from connectors.aws_policies import ROLE, allow, ceiling, deny
from guardrails import declare, workflow
from guardrails.connectors.aws.language import read_clauses
from guardrails.model.facts import Account
from guardrails.model.reference import Scope
from guardrails.model.words import Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause
from guardrails.testing.servers import aws_credentials, moto

NORTH, WEST = "eu-north-1", "eu-west-1"
GET, USERS = ceiling("s3:GetObject", "arn:aws:s3:::a/*"), ceiling("iam:GetUser", "*")
CLOSED = {"Condition": {"StringNotEquals": {"aws:RequestedRegion": NORTH}}}
BUT_GLOBAL = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Sid": "Closed", **CLOSED}


def floor(scp, must, *regions, own=FULL):
    used = Account(ref=HOME, within=UNIT, regions=regions)
    return below([own], [[[FULL, scp]], [[FULL]], [[FULL]]], more=(used,)).shortfall(ROLE, must)


@pytest.mark.parametrize(
    ("regions", "must", "verdict"),
    [
        ([NORTH], GET, Verdict.OK),
        # nothing is said of regions
        ([], GET, Verdict.UNDECIDED),
        # one that is used is closed
        ([NORTH, WEST], GET, Verdict.VIOLATION),
        ([WEST], GET, Verdict.VIOLATION),
        # what has no regions is asked in the one that it is in, whatever else is closed
        ([NORTH], USERS, Verdict.OK),
        ([WEST], USERS, Verdict.OK),
        ([NORTH], ceiling("organizations:DescribeOrganization", "*"), Verdict.VIOLATION),
        ([NORTH], ceiling(["iam:GetUser", "s3:GetObject"], "*"), Verdict.OK),
        ([NORTH], ceiling("sts:AssumeRole", "*"), Verdict.OK),
        ([NORTH], ceiling("brandnew:DoIt", "*"), Verdict.OK),
    ],
)
def test_a_floor_has_to_hold_in_the_regions_that_are_used(regions, must, verdict):
    assert floor(BUT_GLOBAL, must, *regions).verdict is verdict


def test_a_service_without_regions_is_denied_where_its_own_region_is_closed():
    found = floor(deny("*", Sid="All", **CLOSED), USERS, NORTH)
    assert (found.verdict, "All denies it" in found.reason) == (Verdict.VIOLATION, True)
    assert found.witness.context == (("aws:requestedregion", "us-east-1"),)


def test_a_condition_on_the_region_in_a_policy_of_its_own_is_judged_alike():
    own = allow("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": NORTH}})
    assert floor(deny("ec2:*"), GET, NORTH, own=own).verdict is Verdict.OK
    assert floor(deny("ec2:*"), GET, WEST, own=own).verdict is Verdict.VIOLATION
    assert floor(deny("ec2:*"), GET, own=own).verdict is Verdict.UNDECIDED


def test_a_floor_that_names_regions_itself_is_asked_there():
    says = "{allow: [s3:GetObject], resources: [arn:aws:s3:::a/*], conditions: {StringEquals: {aws:RequestedRegion: %s}}}"

    def clauses(region):
        (clause,) = read_clauses(read((says % region).encode(), "f.yaml")[0], Scope("aws"), "")
        return (BoundClause(clause=clause, entitlement="e"),)

    assert floor(BUT_GLOBAL, clauses(NORTH), WEST).verdict is Verdict.OK
    assert floor(BUT_GLOBAL, clauses(WEST), NORTH).verdict is Verdict.VIOLATION


DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [%s]%s}}}
teams: {data: {}}
entitlements: {read: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"]}}}
workloads: {etl: {is: ["aws:role/etl"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [read], must: [read], owner: "team:data"}}
"""


@pytest.mark.server
@pytest.mark.parametrize(
    ("region", "closed", "verdict"),
    [(NORTH, ", others: closed-by-scp", None), (WEST, ", others: closed-by-scp", Verdict.VIOLATION), (NORTH, "", Verdict.UNDECIDED)],
)
def test_the_regions_of_the_declaration_are_those(region, closed, verdict):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    own = allow("s3:GetObject", "arn:aws:s3:::a/*", Condition={"StringEquals": {"aws:RequestedRegion": NORTH}})
    with moto() as url, aws_credentials():
        iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
        iam.create_role(RoleName="etl", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        iam.put_role_policy(RoleName="etl", PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [own]}))
        now = datetime.now(UTC)
        declared = declare.loads([("f.yaml", (DECLARED % (url, region, closed)).encode())])
        found = workflow.assess(declared, workflow.observe(declared, now), now).findings
    assert [one.difference.verdict for one in found if one.control == "GR102"] == ([verdict] if verdict else [])
