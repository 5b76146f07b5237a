"""A key that a plan switched off is deleted after its quarantine by another plan that is signed anew; on this host alone, and once."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.cli.host import read_host
from guardrails.cli.plans import ground
from guardrails.errors import Refused, Unfinished
from guardrails.model.changes import Delete
from guardrails.plan.document import plan_bytes
from guardrails.remediation import Order, apply_plan, make_final_plan, roll_back_plan
from guardrails.testing.company import company
from guardrails.trust.approval import plan_namespace
from remediation.aws_company import Written, allow
from trust.group import made, make_keys

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
DAY = timedelta(days=1)


class Trip(Written):
    """The company some days later, by the library, for the command line reads the clock."""

    def later(self, days: float):
        found, host, now = declare.load(self.declaration), read_host(self.host), datetime.now(UTC) + days * DAY
        approval = workflow.approval(found, host.anchor, found.clock.day(now))
        seen = workflow.observe(found, now)
        order = Order(id="f" * 32, now=now, roster=ground(found, host).roster)
        plan = make_final_plan(found, seen, approval, order, (self.state, None))
        here = replace(ground(found, host), now=now, clock=lambda: now)
        return plan, here

    def signed(self, plan):
        content = plan_bytes(plan)
        return content, {name: made(content, self.keys / name, plan_namespace("prod")) for name in ("dana", "erin")}

    def switch(self, keys: set[str], status: str) -> None:
        """Somebody switches keys on or off by hand."""
        with self.opened():
            for account in self.accounts:
                iam = self.client(account, "iam")
                for user in iam.list_users()["Users"]:
                    listed = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
                    for key in (key for key in listed if key["AccessKeyId"] in keys):
                        iam.update_access_key(UserName=user["UserName"], AccessKeyId=key["AccessKeyId"], Status=status)

    def keys_of(self) -> dict[str, str]:
        with self.opened():
            found = {}
            for account in self.accounts:
                iam = self.client(account, "iam")
                for user in iam.list_users()["Users"]:
                    listed = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
                    found |= {key["AccessKeyId"]: key["Status"] for key in listed}
            return found


@pytest.fixture
def trip(tmp_path, monkeypatch):
    enable_socket()
    with company(lambda _: None) as folder:
        found = Trip(folder, make_keys(tmp_path), tmp_path)
        found.trusted()
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        found.written(tmp_path / "credentials")
        found.settings.write_text(found.settings.read_text().replace("apply: {environment", "apply: {quarantine: 7d, environment"))
        yield found


def switched_off(run, trip) -> set[str]:
    """Plan, sign and apply what ends GR203, and return the keys that were switched off."""
    before = trip.keys_of()
    planned = run("plan", trip.declaration, "--out", trip.plan, "--host", trip.host, "--target", "aws", "--select", "GR203")
    assert planned[0] == 0, planned
    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    applied = run("apply", trip.plan, trip.declaration, "--host", trip.host)
    assert applied[0] == 0, applied
    return {key for key, status in trip.keys_of().items() if status == "Inactive" and before[key] == "Active"}


def test_a_key_is_deleted_after_its_quarantine_and_cannot_come_back(run, trip, tmp_path):
    gone, before = switched_off(run, trip), trip.keys_of()
    assert gone

    code, out, _ = run("plan", trip.declaration, "--finalise", "--out", tmp_path / "early.json", "--host", trip.host)
    assert code == 0
    assert out.count("HOLD ") == out.count("it is in quarantine until") == len(gone)
    assert json.loads((tmp_path / "early.json").read_text())["plan"].get("changes", []) == []

    assert trip.later(6.9)[0].changes == ()
    plan, here = trip.later(7.1)
    assert {change.action.ref.id for change in plan.changes} == gone
    assert all(isinstance(change.action, Delete) for change in plan.changes)
    assert plan.hazards == ()
    assert trip.keys_of() == before, "planning deletes nothing"

    content, signatures = trip.signed(plan)
    with pytest.raises(Refused, match="needs 2 members, has 1"):
        apply_plan(content, {"dana": signatures["dana"]}, here)
    with pytest.raises(Refused, match="could not be taken back when nobody confirms"):
        apply_plan(content, signatures, here, timedelta(minutes=5))
    with pytest.raises(Refused, match="is in quarantine"):
        apply_plan(content, signatures, replace(here, declaration=_longer(here)))
    older = replace(plan.changes[0], action=replace(plan.changes[0].action, since=here.now - 30 * DAY))
    with pytest.raises(Refused, match="no journal of this host says that guardrails put"):
        apply_plan(*trip.signed(replace(plan, changes=(older, *plan.changes[1:]))), here)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(Refused, match="no journal of this host says that guardrails put"):
        apply_plan(content, signatures, replace(here, state=elsewhere))
    assert trip.keys_of() == before

    apply_plan(content, signatures, here)
    assert trip.keys_of() == {key: status for key, status in before.items() if key not in gone}
    assert trip.later(7.2)[0].changes == trip.later(7.2)[0].held == ()

    with pytest.raises(Unfinished, match="an access key that was deleted does not come again"):
        roll_back_plan(content, signatures, here)
    code, _, err = run("rollback", trip.plan, trip.declaration, "--host", trip.host)
    assert code == 6
    assert "it is not there any more" in err


def _longer(here):
    """The same bytes of a declaration, read as one with a longer quarantine."""
    return replace(here.declaration, applying=replace(here.declaration.applying, quarantine_days=30))


def test_what_was_taken_back_or_switched_on_again_is_not_deleted(run, trip):
    gone = switched_off(run, trip)
    trip.switch(gone, "Active")
    plan, _ = trip.later(8)
    assert plan.changes == ()
    assert all("it is not as it was left: somebody switched it on" in one.reason for one in plan.held)
    assert len(plan.held) == len(gone)

    trip.switch(gone, "Inactive")
    assert len(trip.later(8)[0].changes) == len(gone)
    assert run("rollback", trip.plan, trip.declaration, "--host", trip.host)[0] == 0
    plan, _ = trip.later(8)
    assert plan.changes == plan.held == ()


def test_a_plan_that_lies_beside_its_journal_and_was_changed_stops_everything(run, trip):
    switched_off(run, trip)
    (kept,) = (trip.state / "journal").glob("*.plan.json")
    shutil.copy(kept, trip.plan.parent / "kept.json")
    kept.chmod(0o600)
    kept.write_text(kept.read_text().replace("GR203", "GR204"))
    code, _, err = run("plan", trip.declaration, "--finalise", "--out", trip.plan.parent / "x.json", "--host", trip.host)
    assert code != 0
    assert "was changed" in err


def test_without_a_quarantine_nothing_is_deleted(run, trip):
    trip.settings.write_text(trip.settings.read_text().replace("quarantine: 7d, ", ""))
    code, _, err = run("plan", trip.declaration, "--finalise", "--out", trip.plan, "--host", trip.host)
    assert code == 2
    assert "no quarantine is declared" in err


WIDE = allow(["s3:GetObject", "s3:ListBucket", "s3:DeleteObject"], ["arn:aws:s3:::cdr-*"])


def with_policy(trip) -> str:
    """What the role may do stands in a managed policy, in the place of its own."""
    with trip.opened():
        iam = trip.client(trip.world.PROD, "iam")
        arn = iam.create_policy(PolicyName="cdr", PolicyDocument=WIDE)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="sms-api", PolicyArn=arn)
        for name in iam.list_role_policies(RoleName="sms-api")["PolicyNames"]:
            iam.delete_role_policy(RoleName="sms-api", PolicyName=name)
    return arn


def rewritten(run, trip) -> None:
    """Plan, sign and apply what ends GR101."""
    planned = run("plan", trip.declaration, "--out", trip.plan, "--host", trip.host, "--target", "aws@prod", "--select", "GR101")
    assert planned[0] == 0, planned
    for name in ("dana", "erin"):
        assert run("approve", trip.plan, "--key", trip.keys / name)[0] == 0
    applied = run("apply", trip.plan, trip.declaration, "--host", trip.host)
    assert applied[0] == 0, applied


def test_the_version_that_was_rewritten_is_deleted_and_its_plan_can_still_be_taken_back(run, trip):
    arn = with_policy(trip)

    def versions():
        with trip.opened():
            found = trip.client(trip.world.PROD, "iam").list_policy_versions(PolicyArn=arn)["Versions"]
        return {one["VersionId"]: one["IsDefaultVersion"] for one in found}

    def later():
        plan, here = trip.later(8)
        return [change for change in plan.changes if change.ref.id == arn], [one for one in plan.held if "/cdr" in one.subject], plan, here

    rewritten(run, trip)
    assert versions() == {"v1": False, "v2": True}

    (change,), held, plan, here = later()
    assert held == []
    assert change.breaks == (f"v1 of aws@{trip.world.PROD}:policy/cdr can never be put in use again",)
    assert change.control == "GR101"
    apply_plan(*trip.signed(plan), here)
    assert versions() == {"v2": True}
    assert later()[:2] == ([], [])

    assert run("rollback", trip.plan, trip.declaration, "--host", trip.host)[0] == 0
    with trip.opened():
        iam = trip.client(trip.world.PROD, "iam")
        default = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        assert iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]["Document"] == json.loads(WIDE)
    assert later()[:2] == ([], [])


def test_a_version_that_would_give_nobody_too_much_any_more_is_held(run, trip):
    arn = with_policy(trip)
    rewritten(run, trip)
    with trip.opened():
        iam = trip.client(trip.world.PROD, "iam")
        iam.detach_role_policy(RoleName="sms-api", PolicyArn=arn)

    plan, _ = trip.later(8)

    assert [change for change in plan.changes if change.ref.id == arn] == []
    assert "what it was put out of use for is no longer so" in next(one.reason for one in plan.held if "policy/cdr" in one.subject)
