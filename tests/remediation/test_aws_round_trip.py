"""The example's planted differences in AWS: planned, signed by two of three, applied, gone at the next look, and taken back byte for byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.cli.host import read_host
from guardrails.remediation import Order, make_plan
from guardrails.testing.company import company
from remediation.aws_company import APPLY, Written
from trust.group import make_keys

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
GONE = {"GR101", "GR203", "GR301", "GR402", "GR403", "GR406"}


@pytest.fixture
def folder():
    enable_socket()
    with company(lambda _: None) as made:
        yield made


def planned(folder):
    settings = folder / "declaration/guardrails.yaml"
    before = settings.read_text()
    settings.write_text(before + APPLY)
    found, now = declare.load(folder / "declaration"), datetime.now(UTC)
    settings.write_text(before)
    approval = workflow.approval(found, read_host(folder / "host.yaml").anchor, found.clock.day(now))
    seen = tuple(workflow.observe(found, now, lambda _: None))
    return make_plan(found, seen, approval, Order(id="0" * 32, now=now))


def test_the_example_is_planned_for_with_the_smallest_edits(folder):
    enable_socket()
    plan = planned(folder)

    aws = {
        (change.control, change.ref.kind, change.ref.name if change.ref.kind not in {"key", "access-key"} else "")
        for change in plan.changes
        if change.ref.system == "aws"
    }
    assert aws == {
        ("GR101", "role", "ci"),
        ("GR101", "role", "sms-api"),
        ("GR104", "role", "cdr-etl"),
        ("GR201", "user", "lars"),
        ("GR202", "user", "kim"),
        ("GR203", "access-key", ""),
        ("GR301", "security-group", "sms-api"),
        ("GR402", "key", ""),
        ("GR403", "bucket", "cdr-archive"),
        ("GR406", "ebs-default", "eu-north-1"),
    }
    api = next(change for change in plan.changes if change.ref.name == "sms-api" and change.control == "GR101")
    assert json.loads(api.edits[0].adds[0])["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::cdr-*"]}
    ]
    assert api.breaks[0] == "aws@111122223333:role/sms-api loses s3:DeleteObject on arn:aws:s3:::cdr-*"
    lambdas = next(change for change in plan.changes if change.control == "GR104")
    assert json.loads(lambdas.edits[0].adds[0])["Statement"][0]["Principal"] == {"Service": "glue.amazonaws.com"}
    kept = {one.subject: one.reason for one in plan.held if one.control in {"GR104", "GR105", "GR106"}}
    assert "would have no statement left" in kept["aws@222233334444:role/forgotten"]
    assert "which external id it is stands nowhere" in kept["aws@111122223333:role/Metrics"]
    held = {one.subject: one.reason for one in plan.held if one.control == "GR401"}
    assert "it is copied" in held["aws@111122223333:db-instance/subscribers"]
    copies = {str(one.ref): one.next.id if one.next else "" for one in plan.copies}
    assert copies == {"aws@111122223333:db-instance/subscribers": "snapshot", "aws@111122223333:bucket/cdr-archive": "default"}
    assert "may use aws@111122223333:bucket/cdr-archive and cannot use" in held["aws@111122223333:bucket/cdr-archive"]
    assert [hazard.rule for hazard in plan.hazards] == ["all-of-a-kind"], "lars and kim are all users of dev"


@pytest.fixture
def trip(folder, tmp_path, monkeypatch):
    enable_socket()
    made = Written(folder, make_keys(tmp_path), tmp_path)
    made.trusted()
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    made.written(tmp_path / "credentials")
    return made


def findings(run, trip) -> set[tuple[str, str]]:
    _, out, _ = run("reconcile", trip.declaration, "--output", "json", "--target", "aws", "--host", trip.host)
    return {(one["control"], one["subject"]) for one in json.loads(out)["findings"]}


def test_what_is_planned_for_aws_is_signed_applied_verified_and_taken_back(run, trip):
    before, found = trip.held(), findings(run, trip)
    code, out, err = run(
        "plan", trip.declaration, "--out", trip.plan, "--author", "femi", "--host", trip.host, "--target", "aws", "--ignore", "GR202"
    )
    assert code == 0, out + err
    changes = json.loads(trip.plan.read_text())["plan"]["changes"]
    assert {change["ref"]["system"] for change in changes} >= {"aws"}
    ended = {one for one in found if one[0] in GONE and any(change["control"] == one[0] for change in changes)}
    assert {control for control, _ in ended} == GONE
    assert trip.held() == before, "planning changes nothing"

    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    code, out, err = run("apply", trip.plan, trip.declaration, "--host", trip.host)
    assert code == 0, err
    after = trip.held()
    assert after != before
    left = findings(run, trip)
    assert not ended & left
    assert {one for one in found - left if one[0] == "GR104"} == {("GR104", "aws@111122223333:role/cdr-etl")}
    assert left <= found, "nothing new is found"

    assert run("rollback", trip.plan, trip.declaration, "--host", trip.host)[0] == 0
    assert trip.held() == before
    assert findings(run, trip) == found
