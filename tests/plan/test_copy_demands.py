"""Which copies a declaration asks for: by which key, of what, and for whom; judged on databases in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.aws_cloud import ACCOUNT, KEY, Cloud, key_of_ours
from connectors.aws_commands import calls
from guardrails import declare, workflow
from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.copying.marks import CHECKED
from guardrails.model.changes import SetEncryption
from guardrails.model.copies import CopyPlan
from guardrails.model.facts import Asset, Key, NotSeen
from guardrails.model.findings import Selection
from guardrails.model.reference import Scope
from guardrails.model.words import AtRest, Custody, GapReason, State, Verdict
from guardrails.plan.copying import CONTROL, copies
from guardrails.plan.underneath import gaps_under

DECLARED = """guardrails: 1
systems: {aws: {connector: aws}}
teams: {data: {}, web: {}}
classes: {stored: {at-rest: customer-key%s}, higher: {extends: stored, at-rest: customer-hsm}, open: {}}
assets:
  calls: {class: stored, owner: "team:data", accepted: ISG-1, match: {aws: [%s]}}
  others: {class: stored, owner: "team:web", accepted: ISG-1, match: {aws: ["arn:aws:rds:*:*:db:web*"]}}
  rest: {class: open, owner: "team:web", accepted: ISG-1, match: {aws: ["arn:aws:rds:*:*:db:*-*"]}}
apply: {environment: prod%s}
"""
BY_NAME = '"arn:aws:rds:*:*:db:calls"'
GOOD, OTHER = key_of_ours(), key_of_ours("other")


def asked(
    cloud: Cloud, *keys: Key, own: str = "", match: str = BY_NAME, more: str = "", selection: Selection = workflow.EVERYTHING
) -> list[CopyPlan]:
    """The copies that are planned for, without any server."""
    declared = declare.loads([("guardrails.yaml", (DECLARED % (own, match, more)).encode())])
    seen = (cloud.seen(*keys or (GOOD, OTHER)),)
    world = workflow.side_by_side(declared, seen, cloud.at, lambda *_: "")
    findings = workflow.assess(declared, seen, cloud.at, lambda *_: "").findings
    assert all(one.control == CONTROL for one in findings if one.difference.kind.value == "at-rest-weak"), "the code of what copies are for"
    return list(copies(world, findings, {"aws": CONNECTOR}, selection))


def key_named(cloud: Cloud, *keys: Key, **more: str) -> str:
    """The key in the command that encrypts; nothing where somebody has to choose."""
    (found,) = asked(cloud, *keys, **more)  # type: ignore[arg-type]  # as given
    command = found.steps[1].command
    return "" if "KEY:?" in command else calls(command)[0].parameters["KmsKeyId"]


def encrypted(cloud: Cloud, name: str, key: Key) -> None:
    cloud.add(name, StorageEncrypted=True, KmsKeyId=key.resource)


def test_the_key_of_what_is_declared_together_is_the_one():
    cloud = Cloud("calls")
    assert key_named(cloud) == "", "either would do"
    encrypted(cloud, "calls2", OTHER)
    assert key_named(cloud, match='"arn:aws:rds:*:*:db:calls*"') == OTHER.resource
    encrypted(cloud, "calls3", GOOD)
    assert key_named(cloud, match='"arn:aws:rds:*:*:db:calls*"') == ""


@pytest.mark.parametrize(("own", "key"), [("", ""), (", key: per-asset", GOOD.resource)])
def test_where_each_has_a_key_of_its_own_that_of_another_asset_would_not_do(own, key):
    cloud = Cloud("calls")
    encrypted(cloud, "web", OTHER)
    assert key_named(cloud, own=own) == key


@pytest.mark.parametrize(
    "key",
    [
        key_of_ours("other", state=State.DISABLED),
        replace(OTHER, ref=replace(OTHER.ref, realm="999988887777")),
        replace(OTHER, custody=Custody.SERVICE_MANAGED),
        replace(OTHER, custody=NotSeen(GapReason.DENIED, "no")),
    ],
    ids=["disabled", "of another account", "of the service", "of nobody knows whom"],
)
def test_a_key_that_the_class_does_not_allow_would_not_do(key):
    assert key_named(Cloud("calls"), GOOD, key) == KEY


def test_what_is_asked_for_lasts_while_the_name_is_nobodys_and_the_quarantine_is_that_of_the_declaration():
    cloud = Cloud("calls")
    told = []
    for _ in range(9):
        (found,) = asked(cloud, GOOD, more=", quarantine: 7d")
        step = found.next
        assert step is not None
        told.append((step.id, found.owner))
        if step.command:
            cloud.run(step.command)
    assert [step for step, _ in told[5:]] == ["retire", "switch", "last", "keep"]
    assert {owner for _, owner in told} == {"team:data"}
    assert ", 7 days after the last snapshot" in (asked(cloud, GOOD, more=", quarantine: 7d")[0].steps[8].found)
    assert CHECKED in {tag["Key"] for tag in cloud.instances["calls"]["TagList"]}


def test_of_the_classes_that_its_names_have_the_highest_counts():
    match = '"arn:aws:rds:*:*:db:calls"'
    cloud = Cloud("calls")
    text = DECLARED.replace("class: open", "class: higher") % ("", match, "")
    declared = declare.loads([("guardrails.yaml", text.encode())])
    for _ in range(3):
        (found,) = asked(cloud, GOOD)
        cloud.run(found.next.command)  # type: ignore[union-attr]  # it is there
    seen = (cloud.seen(GOOD),)
    world = workflow.side_by_side(declared, seen, cloud.at, lambda *_: "")
    found = copies(world, workflow.assess(declared, seen, cloud.at, lambda *_: "").findings, {"aws": CONNECTOR}, workflow.EVERYTHING)
    assert all(one.next is None or one.next.id != "retire" for one in found), "by its other name it must be in hardware"


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(), 1),
        (Selection(select=("GR4",)), 1),
        (Selection(select=("GR1",)), 0),
        (Selection(ignore=("GR401",)), 0),
        (Selection(targets=(Scope("aws"),)), 1),
        (Selection(targets=(Scope("vault"),)), 0),
    ],
)
def test_a_copy_that_goes_on_is_told_by_the_same_choice_as_its_finding(selection, count):
    cloud = Cloud("calls")
    for _ in range(7):
        (found,) = asked(cloud, GOOD)
        cloud.run(found.next.command)  # type: ignore[union-attr]  # it is there
    assert asked(cloud, GOOD)[0].finding == ""
    assert len(asked(cloud, GOOD, selection=selection)) == count


def test_what_something_else_manages_is_told():
    cloud = Cloud("calls", TagList=[{"Key": "made-by", "Value": "terraform"}, {"Key": "git_file", "Value": "rds.tf"}])
    (found,) = asked(cloud, more=', managed-by: {terraform: {tag: "made-by=terraform", told-by: [git_file]}}')
    assert found.notes[0].startswith("it is managed by terraform (git_file rds.tf): ")
    assert ACCOUNT in found.place


def test_snapshots_that_were_not_read_hide_nothing_else_and_stand_in_the_way_of_no_change():
    cloud = Cloud("web-1")
    told = []
    for cloud.reads_snapshots in (True, False):
        declared = declare.loads([("guardrails.yaml", (DECLARED % ("", BY_NAME, "")).encode())])
        seen = (cloud.seen(GOOD),)
        findings = workflow.assess(declared, seen, cloud.at, lambda *_: "").findings
        told.append({(one.control, one.difference.subject, one.difference.verdict) for one in findings})
        world = workflow.side_by_side(declared, seen, cloud.at, lambda *_: "")
        action = SetEncryption(target=next(iter(world.facts(Asset))).ref, at_rest=AtRest.SERVICE)
        assert not list(gaps_under(world, action))
    assert [verdict for _, subject, verdict in told[0] if subject == "asset:calls"] == [Verdict.VIOLATION], "it is not there, and surely so"
    assert told[1] - told[0] == {("GR901", f"aws@{ACCOUNT}", Verdict.UNKNOWN)}
    assert told[0] <= told[1]


def test_declared_by_a_tag_there_is_one_copy_from_the_first_step_to_the_last():
    cloud, told = Cloud("calls"), []
    while found := asked(cloud, GOOD, match='"tag:team=data"', more=", quarantine: 7d"):
        assert len(found) == 1
        step = found[0].next
        assert step is not None
        told.append((step.id, bool(found[0].finding)))
        if step.id == "keep":
            cloud.at += timedelta(days=8)
        else:
            cloud.run(step.command)
    assert [step for step, _ in told] == [
        "snapshot", "encrypt", "restore", "settings", "check", "retire", "switch", "last", "keep", "delete", "plain",
    ]  # fmt: skip
    assert [step for step, is_found in told if not is_found] == ["plain"]
