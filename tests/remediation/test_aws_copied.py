"""A database is copied on a live server, step by step as the plan says, with a plan after each, until nothing is left to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from pytest_socket import enable_socket

from connectors.aws_commands import calls
from connectors.aws_models import models_read_once
from guardrails import declare, workflow
from guardrails.model.copies import Progress
from guardrails.model.findings import Selection
from guardrails.plan.document import parse_plan, plan_bytes
from guardrails.remediation import Order, make_plan
from guardrails.reports import rendered
from guardrails.reports.plan import plan_as_json, plan_as_text
from guardrails.testing.faults import FAULTS
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
REGION = "eu-north-1"
DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [eu-north-1], others: closed-by-scp}}}
teams: {data: {}}
classes: {stored: {at-rest: customer-key}, open: {}}
assets:
  subscribers: {class: stored, owner: "team:data", accepted: ISG-1, match: {aws: ["%s"]}}
  others: {class: open, owner: "team:data", accepted: ISG-1, match: {aws: ["arn:aws:rds:*:*:db:b*", "arn:aws:rds:*:*:db:subscribers-*"]}}
apply: {environment: prod, quarantine: 30d}
"""
BY_NAME, BY_TAG = "arn:aws:rds:*:*:db:subscribers", "tag:team=o'brien; $(reboot)"
STEPS = ["snapshot", "encrypt", "restore", "settings", "check", "retire", "switch", "last", "keep", "delete", "plain"]


class World:
    """A server with two databases that are not encrypted, and a key."""

    def __init__(self, url: str) -> None:
        self.url, self.at = url, datetime.now(UTC)
        session = boto3.session.Session(region_name=REGION)
        self.rds, self.kms = (session.client(name, endpoint_url=url) for name in ("rds", "kms"))
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        for name, team in (("subscribers", "o'brien; $(reboot)"), ("billing", "x")):
            self.rds.create_db_instance(
                DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="root",
                MasterUserPassword="unused-by-any", AllocatedStorage=20, MaxAllocatedStorage=100, MultiAZ=True, DeletionProtection=True,
                PreferredMaintenanceWindow="sun:01:00-sun:02:00", BackupRetentionPeriod=9, Tags=[{"Key": "team", "Value": team}],
            )  # fmt: skip

    def read(self, url: str = "", by: str = BY_NAME):
        declared = declare.loads([("guardrails.yaml", (DECLARED % (url or self.url, by)).encode())])
        return declared, tuple(workflow.observe(declared, self.at))

    def plan(self, url: str = "", by: str = BY_NAME):
        declared, seen = self.read(url, by)
        return make_plan(declared, seen, lambda *_: "", Order(id="0" * 32, now=self.at))

    def findings(self, by: str = BY_NAME) -> list[str]:
        declared, seen = self.read(by=by)
        found = workflow.assess(declared, seen, self.at, lambda *_: "").findings
        return [one.difference.subject for one in found if one.control == "GR401"]

    def make(self, step) -> None:
        if step.id == "keep":
            self.at += timedelta(days=30, hours=1)
        for call in calls(step.command) if step.command else ():
            assert (call.service, call.region) == ("rds", REGION)
            getattr(self.rds, call.operation)(**call.parameters)


@pytest.fixture
def world():
    enable_socket()
    with models_read_once(), moto() as url, aws_credentials():
        yield World(url)


def copied(plan):
    return next((one for one in plan.copies if "subscribers" in one.ref.name), None)


def test_the_report_tells_of_the_same_copies_as_the_plan(world):
    declared, seen = world.read()

    assessment = workflow.assess(declared, seen, world.at, lambda *_: "")

    assert assessment.copies == world.plan().copies
    assert [len(one.steps) for one in assessment.copies] == [len(STEPS)]
    assert "create-db-snapshot" in rendered(assessment, "html")
    assert not workflow.assess(declared, seen, world.at, lambda *_: "", Selection(select=("GR1",))).copies


def test_a_database_is_copied_step_by_step_and_the_finding_is_gone(world):
    assert world.findings() == ["aws@123456789012:db-instance/subscribers"]
    seen = []
    for _ in STEPS:
        plan = world.plan()
        found = copied(plan)
        assert found is not None
        assert found.next is not None, [(step.id, step.progress, step.found) for step in found.steps]
        seen.append(found.next.id)
        assert parse_plan(plan_bytes(plan)) == plan, "all of it stands in the file that is signed"
        assert plan.hazards == ()
        world.make(found.next)
        if found.next.id == "switch":
            assert world.findings() == []
    assert seen == STEPS
    assert copied(world.plan()) is None
    (new,) = [one for one in world.rds.describe_db_instances()["DBInstances"] if one["DBInstanceIdentifier"] != "billing"]
    assert (new["DBInstanceIdentifier"], new["StorageEncrypted"], new["KmsKeyId"]) == ("subscribers", True, world.key)
    assert (new["MultiAZ"], new["DeletionProtection"], new["MaxAllocatedStorage"]) == (True, True, 100)
    assert (new["PreferredMaintenanceWindow"], new["BackupRetentionPeriod"]) == ("sun:01:00-sun:02:00", 9)
    assert {"Key": "team", "Value": "o'brien; $(reboot)"} in new["TagList"]
    assert [one["Encrypted"] for one in world.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]] == [True]


def test_declared_by_a_tag_the_finding_lasts_until_the_old_one_is_deleted_and_there_is_one_copy(world):
    told = []
    for _ in STEPS:
        (found,) = world.plan(by=BY_TAG).copies
        assert found.next is not None
        told.append((found.next.id, bool(found.finding)))
        world.make(found.next)
    assert told == [(step, step != "plain") for step in STEPS]
    assert world.findings(BY_TAG) == []


@pytest.fixture(scope="module")
def begun():
    """A world in which two steps were made, and what is seen of it through a proxy without a fault."""
    enable_socket()
    with models_read_once(), moto() as url, aws_credentials(), http_proxy(url) as proxy:
        world = World(url)
        for _ in range(2):
            world.make(copied(world.plan()).next)
        yield world, proxy, world.read(proxy.url)[1][0]


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - {"repeated"}))
def test_snapshots_that_are_not_seen_are_never_snapshots_that_are_not_there(begun, fault, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the SDK's pauses between tries
    monkeypatch.setattr("guardrails.connectors.aws.api._READ_SECONDS", 0.8)
    monkeypatch.setattr("guardrails.connectors.aws.api._TRIES", 1)
    world, proxy, whole = begun
    with proxy.breaking(lambda request: b"DescribeDBSnapshots" in request.body, FAULTS[fault]) as rule:
        declared, (broken,) = world.read(proxy.url)
    assert rule.hits
    found = copied(make_plan(declared, [broken], lambda *_: "", Order(id="0" * 32, now=world.at)))
    assert (found.next, found.steps[0].progress, found.steps[1].progress) == (None, Progress.UNKNOWN, Progress.UNKNOWN)
    assert [gap.what for gap in broken.gaps] == ["rds:snapshots"]
    assert {fact for fact in whole.facts if getattr(fact, "form", "") != "db-snapshot"} == set(broken.facts), "nothing else is lost by it"


def test_a_plan_says_at_a_glance_what_to_type_next_and_json_says_all(world):
    plan = world.plan()
    text = plan_as_text(plan, "d")
    found = copied(plan)
    assert f"is copied by hand: 0 of {len(STEPS)} steps are done, next is snapshot  GR401" in text
    assert f"           run: {found.next.command}\n" in text
    assert "1 to copy by hand" in text
    assert found.steps[9].command not in text, "what deletes is not to be pasted before its time"
    held = next(one for one in plan.held if one.control == "GR401")
    assert "it is copied, and the plan says by which steps" in held.reason
    (told,) = [one for one in json.loads(plan_as_json(plan, "d"))["plan"]["copies"] if one["ref"]["name"] == "subscribers"]
    assert [step["id"] for step in told["steps"]] == STEPS
    assert [step["progress"] for step in told["steps"]] == ["next", *["later"] * 10]
    assert all(step.get("seen_by") for step in told["steps"])


def test_databases_that_are_encrypted_by_a_key_of_ours_ask_for_no_snapshots(world):
    for name in ("subscribers", "billing"):
        world.rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
        world.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    asked = {right.name for right in world.read()[1][0].rights}
    assert "rds:DescribeDBSnapshots" not in asked
    world.rds.create_db_instance(
        DBInstanceIdentifier="fine", DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="root",
        MasterUserPassword="unused-by-any", StorageEncrypted=True, KmsKeyId=world.key,
    )  # fmt: skip
    assert "rds:DescribeDBSnapshots" not in {right.name for right in world.read()[1][0].rights}
