"""Access that is too much and cannot be cut for all, on moto: planned, applied, gone at the next look, and taken back byte for byte."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.apply.engine import Engine
from guardrails.apply.journal import opened_journal
from guardrails.connectors.aws import CONNECTOR
from guardrails.model.changes import Effect, Restore
from guardrails.model.findings import Selection
from guardrails.ports import Warrant
from guardrails.remediation import Order, make_plan
from guardrails.testing.servers import aws_credentials, moto

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
ACCOUNT, REGION = "123456789012", "us-east-1"
DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}, read: {role: guardrails-reader}, write: {role: guardrails-writer}}}
teams: {data: {}}
entitlements:
  read: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}
  all: {aws: {allow: ["s3:*"], resources: ["*"]}}
workloads:
  app: {is: ["aws:role/app", "aws:user/ann", "aws:user/ben"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [read], must: [read], owner: "team:data"}
  other: {is: ["aws:role/other", "aws:user/eva"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [all], owner: "team:data"}
apply: {environment: prod, limits: {percent: 100, changes: 40}}
"""  # fmt: skip
WIDE = '{ "Version": "2012-10-17",\n "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}] }'
ONE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::cdr/*"}]}'
TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'


@pytest.fixture
def url():
    enable_socket()
    with moto() as url, aws_credentials():
        yield url


def client(url):
    return boto3.client("iam", endpoint_url=url, region_name=REGION, aws_access_key_id="seed", aws_secret_access_key="seed")


def seed(url):
    """A role beside another with one policy, a user beside another in one group, and a user alone in a group with two policies alike."""
    iam = client(url)
    for name in ("guardrails-reader", "guardrails-writer", "app", "other"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    policy = iam.create_policy(PolicyName="wide", PolicyDocument=WIDE)["Policy"]["Arn"]
    second = iam.create_policy(PolicyName="second", PolicyDocument=ONE)["Policy"]["Arn"]
    for name in ("app", "other"):
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    for name in ("ops", "dev"):
        iam.create_group(GroupName=name)
    for name in ("ann", "eva", "ben"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(UserName=name, GroupName="dev" if name == "ben" else "ops")
    iam.attach_group_policy(GroupName="ops", PolicyArn=policy)
    iam.attach_group_policy(GroupName="dev", PolicyArn=second)


def held(url):
    found = client(url).get_account_authorization_details()
    found.pop("ResponseMetadata")
    for role in found["RoleDetailList"]:
        role.pop("RoleLastUsed", None)
    return json.dumps(found, sort_keys=True, default=str)


class Round:
    def __init__(self, url) -> None:
        self.declaration, self.now = declare.loads([("guardrails.yaml", (DECLARED % url).encode())]), datetime.now(UTC)

    def seen(self):
        return tuple(workflow.observe(self.declaration, self.now, lambda _: None))

    def excess(self):
        found = workflow.assess(self.declaration, self.seen(), self.now)
        return sorted(one.difference.subject.rpartition(":")[2] for one in found.findings if one.control == "GR101")

    def plan(self):
        return make_plan(
            self.declaration, self.seen(), lambda *_: "", Order(id="0" * 32, now=self.now, selection=Selection(select=("GR101",)))
        )

    @contextmanager
    def engine(self, plan, folder):
        system = next(one for one in self.declaration.systems if one.name == "aws")
        writer = CONNECTOR.confined(system, Warrant(digest="0123456789abcdef" * 4, changes=plan.changes))
        with opened_journal(folder / "journal") as journal:
            yield Engine(plan=plan, journal=journal, remediators={"aws": writer}, note=lambda *_: None, clock=lambda: datetime.now(UTC))


def test_each_is_ended_in_its_way_and_comes_back_as_it_was(url, tmp_path):
    seed(url)
    before, trip = held(url), Round(url)
    assert trip.excess() == ["role/app", "user/ann", "user/ben"]

    plan = trip.plan()

    assert {(type(one.action).__name__, one.ref.name) for one in plan.changes} == {
        ("ReplacePolicy", "app"),
        ("ReplaceMembership", "ann"),
        ("AddDenial", "ben"),
    }
    assert {one.effect for one in plan.changes} == {Effect.NARROWS}
    assert all(isinstance(one.undo, Restore) for one in plan.changes)
    with trip.engine(plan, tmp_path) as engine:
        engine.apply({"by": "test"})
    assert trip.excess() == []
    assert trip.plan().changes == ()
    with trip.engine(plan, tmp_path) as engine:
        engine.rollback()
    assert held(url) == before
