"""Killed around every call that writes to AWS, and gone on or back from there: nothing is lost, done twice or half done."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from apply.runs import Killed
from connectors.aws_written import ACCOUNT, NARROW, REGION, WIDE, Account, canonical, system
from guardrails.apply.engine import Engine
from guardrails.apply.journal import opened_journal
from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.language import read_settings
from guardrails.connectors.aws.objects import AwsRemediator, Patience, Sessions
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Refused, Unfinished
from guardrails.model.actions import (
    AddDenial,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.changes import edited
from guardrails.model.words import AtRest
from guardrails.testing.servers import aws_credentials, moto
from plan.plans import change_of, plan_of

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
DENIED = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:Put*"],"Resource":["*"]}]}'
READS = ("get", "list", "describe", "assume")


class Dying(SingleApi):
    """Kills before or after the call of a number, of those that write."""

    left: int = 0
    after: bool = False
    writes: int = 0

    def ask(self, service, operation, region="us-east-1", **parameters):
        writes = not operation.startswith(READS)
        Dying.writes += writes
        Dying.left -= writes
        if writes and not Dying.left and not Dying.after:
            raise Killed
        answer = super().ask(service, operation, region, **parameters)
        if writes and not Dying.left and Dying.after:
            raise Killed
        return answer


class Run:
    """A plan for one object of most kinds, two changes of one of them among it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        settings = read_settings(system(account.url))
        self.api = Dying(settings).become(ACCOUNT, "guardrails-writer")
        self.api.__class__ = Dying
        self.plan = plan_of(*self._changes())
        self.noted: list[str] = []

    def remediator(self) -> AwsRemediator:
        return AwsRemediator(Sessions(identity="arn", of=lambda _: self.api, own=tuple), Patience(seconds=2))

    def _changes(self):
        writer, images = self.remediator(), {}
        for number, action in enumerate(self._actions()):
            ref = CONNECTOR.touched(action)
            image = images.get(ref) or writer.current(ref)
            edits = CONNECTOR.edits(action, image, {})
            images[ref] = edited(image, edits)
            change = replace(change_of(f"c{number}"), action=action, ref=ref, edits=edits)
            yield replace(change, before=image.fingerprint, after=images[ref].fingerprint)

    def _actions(self):
        account = self.account
        carol, app = account.ref("user", "carol"), account.ref("role", "app")
        wide, bucket = account.ref("policy", "wide", account.policy), account.ref("bucket", "cdr", "arn:aws:s3:::cdr")
        group = account.ref("security-group", "api", account.group)
        yield RemoveMember(group=account.ref("group", "ops"), member=carol)
        own = account.ref("inline-policy", "carol/guardrails-declared", f"{carol.id}/guardrails-declared")
        yield ReplaceMembership(holder=carol, group=account.ref("group", "dev"), seen="", own=own, text=NARROW)
        yield Disable(ref=carol)
        yield Disable(ref=account.ref("access-key", account.key, account.key), holder=carol)
        yield RewritePolicy(holder=app, policy=wide, text=NARROW, seen=canonical(WIDE))
        yield DetachPolicy(holder=app, policy=wide)
        other, of_app = account.ref("policy", "other", account.other), account.ref("inline-policy", "app/new", f"{app.id}/new")
        yield ReplacePolicy(holder=app, policy=other, seen=canonical(NARROW), own=of_app, text=NARROW)
        yield AddDenial(holder=app, policy=account.ref("inline-policy", "app/less", f"{app.id}/less"), text=DENIED)
        rule = account.ref("rule", "r", f"{account.group}/443/tcp/0.0.0.0/0")
        yield SetAddresses(target=group, rule=rule, addresses=("203.0.113.0/24",))
        yield SetAddresses(target=group, rule=account.ref("rule", "r", f"{account.group}/443/udp/0.0.0.0/0"), addresses=())
        yield SetAddresses(target=group, rule=account.ref("prefix-list", "office", account.list), addresses=("198.51.100.0/24",))
        office = account.ref("ip-set", "office", account.set)
        yield SetAddresses(target=office, rule=office, addresses=("198.51.100.0/24",))
        yield SetRotation(key=account.ref("key", "k", account.kms_key), days=365)
        yield SetEncryption(target=bucket, at_rest=AtRest.SERVICE_KEY)
        given = account.ref("bucket-acl", "cdr/acl", f"{bucket.id}/acl")
        yield RewritePolicy(holder=bucket, policy=given, text=account.list_cut, seen=account.list_seen)
        yield SetEncryption(target=account.ref("ebs-default", REGION, f"{ACCOUNT}/{REGION}"), at_rest=AtRest.SERVICE_KEY)

    @contextmanager
    def engine(self, folder):
        with opened_journal(folder / "journal") as journal:
            yield Engine(
                plan=self.plan,
                journal=journal,
                remediators={"aws": self.remediator()},
                note=lambda event, _: self.noted.append(event),
                clock=lambda: datetime.now(UTC),
            )

    def applied(self, folder):
        with self.engine(folder) as engine:
            engine.apply({"by": "test"})

    def resumed(self, folder):
        with self.engine(folder) as engine:
            engine.resume()

    def rolled_back(self, folder):
        with self.engine(folder) as engine:
            engine.rollback()


@pytest.fixture(scope="module")
def account():
    enable_socket()
    with moto() as url, aws_credentials():
        made = Account(url)
        made.seed()
        yield made


@pytest.fixture
def run(account):
    enable_socket()
    Dying.left = 0
    return Run(account)


def held_by(run) -> dict[str, object]:
    """What is in force: of a managed policy a version may stay that is not, where the process was killed between staging and the next call."""
    found = json.loads(run.account.held())
    found["versions"] = [name for name, is_default in found["versions"] if is_default]
    return found


def killed(point: int, step, folder, *, after: bool) -> bool:
    Dying.left, Dying.after = point, after
    try:
        step(folder)
    except Killed:
        return True
    finally:
        Dying.left = 0
    return False


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_killed_around_every_call_that_writes_and_gone_on_or_back(run, tmp_path, after, back):
    held, points = held_by(run), 0
    for point in range(1, 100):
        folder = tmp_path / str(point)
        folder.mkdir()
        if not killed(point, run.applied, folder, after=after):
            run.rolled_back(folder)
            break
        points += 1
        if not back:
            run.resumed(folder)
            done = held_by(run)
            assert done != held
        if killed(2, run.rolled_back, folder, after=after):  # and once more on the way back
            run.rolled_back(folder)
        assert held_by(run) == held
    assert points == len(run.plan.changes) + 3, "one call for each, and two for a managed policy and for what is replaced"


@pytest.mark.parametrize("gone_on", [False, True])
def test_between_the_two_writes_of_a_replacement_both_are_there(run, tmp_path, gone_on):
    """Killed after the first call of the second change: the policy of her own has come, and she has not left the group."""
    held = held_by(run)
    assert killed(2, run.applied, tmp_path, after=True)

    between = held_by(run)
    assert between["groups"] == ["dev"]
    assert "guardrails-declared" in between["carol"]["inline"]
    if gone_on:
        run.resumed(tmp_path)
        assert "guardrails-declared" in held_by(run)["carol"]["inline"]
        assert held_by(run)["groups"] == []
    run.rolled_back(tmp_path)
    assert held_by(run) == held
    assert "op.conflict" not in run.noted


def test_what_somebody_else_wrote_between_the_two_writes_stops_the_run(run, tmp_path):
    held = held_by(run)
    assert killed(2, run.applied, tmp_path, after=True)
    run.account.iam.tag_user(UserName="carol", Tags=[{"Key": "team", "Value": "other"}])
    meanwhile = held_by(run)

    with pytest.raises(Unfinished, match="neither as it was nor as we left it"):
        run.resumed(tmp_path)
    assert held_by(run) == meanwhile

    run.account.iam.untag_user(UserName="carol", TagKeys=["team"])
    run.rolled_back(tmp_path)
    assert held_by(run) == held


def test_what_somebody_else_wrote_between_plan_and_apply_is_refused_whatever_it_is(run, tmp_path):
    """Of each object of the plan something that no change is about becomes another."""
    iam, ec2, s3, kms, waf = (getattr(run.account, name) for name in ("iam", "ec2", "s3", "kms", "wafv2"))
    tag = [{"Key": "team", "Value": "other"}]
    group, listed = [run.account.group], run.account.list
    meddling = [
        (lambda: iam.tag_user(UserName="carol", Tags=tag), lambda: iam.untag_user(UserName="carol", TagKeys=["team"])),
        (
            lambda: iam.tag_policy(PolicyArn=run.account.policy, Tags=tag),
            lambda: iam.untag_policy(PolicyArn=run.account.policy, TagKeys=["team"]),
        ),
        (
            lambda: iam.update_role(RoleName="app", MaxSessionDuration=7200),
            lambda: iam.update_role(RoleName="app", MaxSessionDuration=3600),
        ),
        (lambda: ec2.create_tags(Resources=group, Tags=tag), lambda: ec2.delete_tags(Resources=group, Tags=tag)),
        (lambda: ec2.create_tags(Resources=[listed], Tags=tag), lambda: ec2.delete_tags(Resources=[listed], Tags=tag)),
        (
            lambda: waf.tag_resource(ResourceARN=run.account.set, Tags=tag),
            lambda: waf.untag_resource(ResourceARN=run.account.set, TagKeys=["team"]),
        ),
        (lambda: s3.put_bucket_tagging(Bucket="cdr", Tagging={"TagSet": tag}), lambda: s3.delete_bucket_tagging(Bucket="cdr")),
        (
            lambda: kms.tag_resource(KeyId=run.account.kms_key, Tags=[{"TagKey": "team", "TagValue": "other"}]),
            lambda: kms.untag_resource(KeyId=run.account.kms_key, TagKeys=["team"]),
        ),
    ]
    for number, (do, undo) in enumerate(meddling):
        folder = tmp_path / str(number)
        folder.mkdir()
        do()
        held, before = held_by(run), Dying.writes
        with pytest.raises(Refused, match="was changed since the plan was made; nothing was changed"):
            run.applied(folder)
        assert Dying.writes == before
        assert held_by(run) == held
        undo()


def test_what_somebody_else_wrote_after_us_is_not_taken_back(run, tmp_path):
    held = held_by(run)
    run.applied(tmp_path)
    run.account.iam.tag_user(UserName="carol", Tags=[{"Key": "team", "Value": "other"}])

    with pytest.raises(Unfinished, match="somebody else writes to it"):
        run.rolled_back(tmp_path)

    run.account.iam.untag_user(UserName="carol", TagKeys=["team"])
    run.rolled_back(tmp_path)
    assert held_by(run) == held
