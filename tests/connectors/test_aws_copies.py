"""Copies of databases on an RDS in memory: which step is next after any of them, and that nothing is deleted while anything is unclear."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aws_cloud import ACCOUNT, KEY, REGION, Cloud, key_of_ours
from connectors.aws_commands import calls, waits
from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.copying.marks import CHECKED, COPY_OF, STEP
from guardrails.model.copies import CopyPlan, Progress
from guardrails.model.facts import Asset
from guardrails.model.findings import Difference, Finding
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, Kind, Severity
from guardrails.ports import Demand

NAME, NEW, OLD = "calls", "calls-encrypted", "calls-before-copy"
STEPS = ["snapshot", "encrypt", "restore", "settings", "check", "retire", "switch", "last", "keep", "delete", "plain"]
DAYS = 30
WAITED = timedelta(days=DAYS, minutes=1)
GOOD = key_of_ours()
DEMAND = Demand(at_rest=AtRest.CUSTOMER_KEY, fitting=(GOOD,), keep_days=DAYS, owner="team:data")


def finding(ref: Ref) -> Finding:
    found = Difference(
        kind=Kind.AT_REST_WEAK, system="aws", cause=ref.id, subject=str(ref), message="weak", places=(ref,), owner="team:data"
    )
    return Finding(id=f"of-{ref.id}", control="GR401", severity=Severity.HIGH, difference=found)


def weak(seen: Observation, name: str = NAME) -> list[Finding]:
    """What the judgement says of an asset that is declared by its name."""
    assets = [fact for fact in seen.facts if isinstance(fact, Asset) and fact.ref.name == name]
    own = {fact.ref: '"StorageEncrypted":true' in fact.text for fact in seen.facts if getattr(fact, "form", "") == "db-instance"}
    return [finding(asset.ref) for asset in assets if not own[asset.ref]]


def planned(cloud: Cloud, demand: Demand | None = DEMAND) -> list[CopyPlan]:
    seen = cloud.seen(GOOD, key_of_ours("wrong"), key_of_ours("other"))
    return list(CONNECTOR.copies(weak(seen), seen, lambda asset: demand if asset.resource.endswith(f":{NAME}") else None, cloud.at))


def plan(cloud: Cloud, demand: Demand | None = DEMAND) -> CopyPlan:
    (found,) = planned(cloud, demand)
    return found


def following(cloud: Cloud) -> str:
    """The step that is next, by its id; nothing when none is."""
    found = planned(cloud)
    step = found[0].next if found else None
    return step.id if step else ""


def made(count: int, cloud: Cloud | None = None) -> Cloud:
    """What there is once so many steps were made, each by the command that the plan gives for it."""
    cloud = cloud or Cloud(NAME)
    for _ in range(count):
        step = plan(cloud).next
        assert step is not None
        if step.id == "keep":
            cloud.at += WAITED
        else:
            assert step.command, step
            cloud.run(step.command)
    return cloud


@pytest.mark.parametrize("shares_ids", [False, True])
@pytest.mark.parametrize("count", range(len(STEPS)))
def test_after_any_number_of_steps_the_one_that_is_not_made_is_next(count, shares_ids):
    cloud = made(count, Cloud(NAME, "billing", shares_ids=shares_ids))
    found = plan(cloud)
    assert [step.id for step in found.steps] == STEPS
    assert [step.progress for step in found.steps[:count]] == [Progress.DONE] * count
    assert found.steps[count].progress is Progress.NEXT
    assert not [step.id for step in found.steps[count + 1 :] if step.progress is not Progress.LATER]


def test_when_all_is_done_the_new_one_is_in_use_and_nothing_is_left_to_be_told():
    cloud = made(len(STEPS))
    assert planned(cloud) == []
    assert list(cloud.instances) == [NAME]
    assert (cloud.instances[NAME]["KmsKeyId"], cloud.instances[NAME]["MonitoringInterval"]) == (KEY, 60)
    assert all(one["Encrypted"] for one in cloud.snapshots.values())


def test_the_finding_is_over_with_the_switch_and_what_is_left_is_told_all_the_same():
    before, after = made(5), made(7)
    assert plan(before).finding == "of-db-1"
    assert (plan(after).finding, plan(after).control, plan(after).owner) == ("", "GR401", "team:data")
    assert plan(after).ref.name == OLD


def test_while_no_instance_has_the_name_it_is_told_how_to_go_on():
    cloud = made(6)
    assert NAME not in cloud.instances
    assert following(cloud) == "switch"


def test_a_copy_has_the_settings_of_the_old_one_and_its_tags():
    cloud = made(4, Cloud(NAME, DeletionProtection=True, TagList=[{"Key": "team", "Value": "data"}, {"Key": "aws:x", "Value": "y"}]))
    old, new = cloud.instances[NAME], cloud.instances[NEW]
    same = (
        "DBSubnetGroup",
        "VpcSecurityGroups",
        "DBParameterGroups",
        "MultiAZ",
        "DeletionProtection",
        "MonitoringRoleArn",
        "MaxAllocatedStorage",
    )
    groups = sorted(group["VpcSecurityGroupId"] for group in old["VpcSecurityGroups"])
    assert [group["VpcSecurityGroupId"] for group in new["VpcSecurityGroups"]] == groups
    assert [old[name] for name in same if name != "VpcSecurityGroups"] == [new[name] for name in same if name != "VpcSecurityGroups"]
    assert {tag["Key"] for tag in new["TagList"]} == {"team", COPY_OF}


def test_what_differs_and_was_checked_does_not_stand_in_the_way():
    cloud = made(4)
    cloud.instances[NEW]["DBInstanceClass"] = "db.r6g.large"
    assert (following(cloud), plan(cloud).steps[3].found) == ("settings", "it differs in DBInstanceClass")
    cloud.instances[NEW]["TagList"].append({"Key": CHECKED, "Value": "yes"})
    assert following(cloud) == "retire"


def test_a_setting_that_no_command_sets_is_named():
    cloud = made(4)
    cloud.instances[NEW]["EngineVersion"] = "16.4"
    step = plan(cloud).next
    assert step is not None
    assert (step.id, step.command, step.found) == ("settings", "", "it differs in EngineVersion")


def snapshot_named(cloud: Cloud, ending: str) -> str:
    return next(name for name in cloud.snapshots if name.endswith(f"-{ending}"))


def test_a_snapshot_that_is_not_there_any_more_is_not_asked_for_once_its_copy_is():
    cloud = made(2)
    del cloud.snapshots[snapshot_named(cloud, "snapshot")]
    assert following(cloud) == "restore"
    cloud = made(3)
    cloud.snapshots.clear()
    assert following(cloud) == "settings"


@pytest.mark.parametrize(
    ("count", "key", "why"),
    [(2, "wrong", "which is not as demanded: take it back first"), (2, None, "is not encrypted"), (3, "wrong", "take it back first")],
)
def test_a_copy_by_a_wrong_key_is_not_done(count, key, why):
    cloud = made(count)
    arn = KEY.replace("good", key) if key else None
    part = cloud.instances[NEW] if count == 3 else cloud.snapshots[snapshot_named(cloud, "encrypted")]
    part |= {"KmsKeyId": arn, "Encrypted": arn is not None}
    step = plan(cloud).next
    assert step is not None
    assert step.id == STEPS[count - 1]
    assert why in step.found
    cloud.run(step.undo)
    assert following(cloud) == STEPS[count - 1], "and then it can be made again"


@pytest.mark.parametrize("key", [key_of_ours("good", region="us-east-1"), key_of_ours("other")])
def test_a_key_of_another_region_or_another_key_does_not_fit(key):
    demand = replace(DEMAND, fitting=(key,))
    found = plan(made(3), demand)
    assert found.next is not None
    assert found.next.id in {"encrypt", "restore"}


def test_of_two_keys_of_which_one_is_of_the_region_that_one_is_taken():
    step = plan(made(1), replace(DEMAND, fitting=(key_of_ours("good", region="us-east-1"), GOOD))).next
    assert step is not None
    assert calls(step.command)[0].parameters["KmsKeyId"] == GOOD.resource


@pytest.mark.parametrize(("count", "step"), [(2, 1), (3, 2), (9, 2)])
def test_a_copy_by_a_key_that_was_not_seen_is_neither_right_nor_wrong(count, step):
    cloud = made(count)
    part = cloud.snapshots[snapshot_named(cloud, "encrypted")] if step == 1 else cloud.instances[NEW if count == 3 else NAME]
    part["KmsKeyId"] = KEY.replace("good", "unseen")
    found = plan(cloud)
    assert (found.next, found.steps[step].progress) == (None, Progress.UNKNOWN)
    assert "that key was not seen" in found.steps[step].found


def test_of_several_keys_somebody_has_to_choose_and_the_command_fails_without():
    other = key_of_ours("other")
    step = plan(made(1), replace(DEMAND, fitting=(GOOD, other))).next
    assert step is not None
    assert step.command.endswith('--kms-key-id "${KEY:?set KEY to the ARN of the key}"')
    assert f"one of {GOOD.resource}, {other.resource}" in step.does
    assert "--kms-key-id" in (plan(made(1), replace(DEMAND, fitting=(GOOD, other), key=other)).next or step).command
    chosen = plan(made(1), replace(DEMAND, fitting=(GOOD, other), key=other)).next
    assert chosen is not None
    assert calls(chosen.command)[0].parameters["KmsKeyId"] == other.resource
    none = plan(made(1), replace(DEMAND, fitting=())).next
    assert none is not None
    assert "none was seen there, so make one first" in none.does


def test_where_the_service_may_hold_the_key_its_own_is_taken():
    step = plan(made(1), replace(DEMAND, at_rest=AtRest.SERVICE_KEY)).next
    assert step is not None
    assert calls(step.command)[0].parameters["KmsKeyId"] == "alias/aws/rds"


@pytest.mark.parametrize(("status", "why"), [("creating", "wait, and do not make it again"), ("failed", "take it back first")])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_not_whole_is_not_done(count, status, why):
    cloud = made(count)
    if count == 3:
        cloud.instances[NEW]["DBInstanceStatus"] = status
    else:
        cloud.snapshots[snapshot_named(cloud, ("snapshot", "encrypted")[count - 1])]["Status"] = status
    step = plan(cloud).next
    assert step is not None
    assert (step.id, why in step.found) == (STEPS[count - 1], True)


def test_two_copies_cannot_be_told_apart():
    cloud = made(5)
    cloud.add("calls-again", TagList=cloud.instances[NEW]["TagList"], StorageEncrypted=True, KmsKeyId=KEY)
    found = plan(cloud)
    assert found.next is None
    assert (found.steps[2].progress, found.steps[2].found) == (Progress.UNKNOWN, f"several say to be the copy: calls-again, {NEW}")


def test_two_snapshots_of_one_step_cannot_be_told_apart():
    cloud = made(1)
    one = cloud.snapshots[snapshot_named(cloud, "snapshot")]
    cloud.snapshots["another"] = {**one, "DBSnapshotIdentifier": "another", "DBSnapshotArn": f"{one['DBSnapshotArn']}-2"}
    found = plan(cloud)
    assert (found.next, found.steps[0].progress) == (None, Progress.UNKNOWN)


def test_a_refusal_cannot_tell_and_is_never_not_done():
    for count in (0, 1, 2, 3, 8):
        cloud = made(count)
        cloud.reads_snapshots = False
        found = plan(cloud)
        assert found.next is None
        assert found.steps[0].progress is Progress.UNKNOWN
        assert "give the reader rds:DescribeDBSnapshots" in found.steps[0].found
        assert found.steps[1].progress is Progress.UNKNOWN


def test_another_instance_that_has_the_name_of_the_copy_is_not_taken_for_it():
    cloud = made(2)
    cloud.add(NEW)
    found = plan(cloud)
    assert (found.next, found.steps[2].found) == (None, f"{NEW} is there, and does not say to be the copy")


def test_a_snapshot_of_an_instance_that_had_the_name_before_is_not_taken_for_one_of_this():
    cloud = made(1)
    cloud.snapshots[snapshot_named(cloud, "snapshot")]["DbiResourceId"] = "db-of-old"
    found = plan(cloud)
    assert (found.next, found.steps[0].progress) == (None, Progress.UNKNOWN)
    cloud = made(1)
    cloud.snapshots[snapshot_named(cloud, "snapshot")]["TagList"] = [{"Key": COPY_OF, "Value": "db-1/another"}]
    assert (plan(cloud).next, plan(cloud).steps[0].progress) == (None, Progress.UNKNOWN)
    again = Cloud("other", NAME)
    again.snapshots = made(1).snapshots
    assert following(again) == "snapshot", "what is left of another copy does not count"


def test_the_instance_that_says_to_be_its_own_copy_is_not_to_be_deleted():
    cloud = Cloud(NAME, TagList=[{"Key": COPY_OF, "Value": f"db-1/{NAME}"}])
    found = plan(cloud)
    assert found.next is None or found.next.id == "snapshot"
    assert found.steps[2].progress is not Progress.DONE
    assert "take it back" not in found.steps[2].found


def test_an_instance_that_was_called_otherwise_by_others_stops_the_copy():
    cloud = made(7)
    cloud.instances["calls-x"] = cloud.instances.pop(OLD)
    found = plan(cloud)
    assert (found.next, found.steps[5].found) == (None, "it is called calls-x, which no step of this copy does")


def test_without_a_quarantine_the_old_one_is_kept_for_good():
    cloud = made(8)
    cloud.at += timedelta(days=10_000)
    step = plan(cloud, replace(DEMAND, keep_days=None)).next
    assert step is not None
    assert (step.id, "no quarantine is declared" in step.found) == ("keep", True)


def test_a_last_snapshot_from_before_the_switch_begins_no_quarantine():
    cloud = made(8)
    cloud.snapshots[snapshot_named(cloud, "last")]["DBInstanceIdentifier"] = NAME
    cloud.at += WAITED
    found = plan(cloud)
    assert (found.next, found.steps[7].progress) == (None, Progress.UNKNOWN)


def test_an_old_one_that_somebody_deleted_leaves_the_snapshots_to_be_looked_at():
    cloud = made(8)
    del cloud.instances[OLD]
    assert following(cloud) == "plain"


def test_what_is_deleted_at_last_is_of_this_copy_alone():
    cloud = made(10)
    cloud.snapshots[snapshot_named(cloud, "last")]["DbiResourceId"] = "db-of-somebody"
    found = plan(cloud)
    assert found.next is None
    cloud = made(10)
    cloud.snapshots[snapshot_named(cloud, "final")]["DbiResourceId"] = "db-of-somebody"
    found = plan(cloud)
    assert (found.next, found.steps[10].progress) == (None, Progress.UNKNOWN)
    assert "-final" not in found.steps[10].command
    cloud = made(10)
    cloud.create_db_snapshot({"DBInstanceIdentifier": NAME, "DBSnapshotIdentifier": "taken-by-hand"})
    names = [call.parameters["DBSnapshotIdentifier"] for call in calls(plan(cloud).next.command)]  # type: ignore[union-attr]  # it is there
    assert sorted(name.rpartition("-")[2] for name in names) == ["final", "last", "snapshot"]


def test_without_a_class_nothing_is_to_be_made():
    found = plan(made(8), None)
    assert (found.steps, "has a class any more" in found.why) == ((), True)


@pytest.mark.parametrize(
    ("field", "why"), [("DBClusterIdentifier", "belongs to the cluster x"), ("ReadReplicaSourceDBInstanceIdentifier", "is a replica of x")]
)
def test_what_is_not_copied_by_itself_says_why(field, why):
    found = plan(Cloud(NAME, **{field: "x"}))
    assert (found.steps, why in found.why) == ((), True)


def test_a_copy_that_is_weak_is_a_step_that_was_not_done_and_no_copy_of_its_own():
    cloud = made(3)
    cloud.instances[NEW] |= {"StorageEncrypted": False}
    seen = cloud.seen()
    found = CONNECTOR.copies([*weak(seen), *weak(seen, NEW)], seen, lambda _: DEMAND, cloud.at)
    assert [(one.ref.name, one.next.id if one.next else "") for one in found] == [(NAME, "restore")]


@pytest.mark.parametrize("count", [10, 11])
def test_what_has_to_be_copied_again_is_told_once_whatever_is_left_of_the_first_copy(count):
    cloud = made(count)
    seen = cloud.seen()
    (ref,) = [fact.ref for fact in seen.facts if isinstance(fact, Asset)]
    assert len(CONNECTOR.copies([finding(ref)], seen, lambda _: DEMAND, cloud.at)) == 1


def test_what_became_a_copy_once_can_be_copied_again():
    cloud = made(len(STEPS))
    cloud.instances[NAME]["KmsKeyId"] = KEY.replace("good", "wrong")
    assert planned(cloud) == [], "a copy that is over asks for nothing"
    seen = cloud.seen(GOOD, key_of_ours("wrong"))
    (ref,) = [fact.ref for fact in seen.facts if isinstance(fact, Asset)]
    (found,) = CONNECTOR.copies([finding(ref)], seen, lambda _: DEMAND, cloud.at)
    assert (found.next or found.steps[0]).id == "snapshot"
    cloud.run(found.steps[0].command)
    seen = cloud.seen(GOOD, key_of_ours("wrong"))
    (found,) = CONNECTOR.copies([finding(ref)], seen, lambda _: DEMAND, cloud.at)
    assert (found.next or found.steps[0]).id == "encrypt", "the snapshots of the first copy are not taken for those of the second"


def test_every_command_is_one_of_the_aws_command_line_and_dangerous_ones_look_where_they_are():
    for count in range(len(STEPS)):
        for step in plan(made(count)).steps:
            for text in (step.command, step.undo, step.seen_by):
                if text.startswith(("aws ", "test ")):
                    waits(text)
                    assert all(call.region == REGION for call in calls(text))
            if step.only_after:
                assert step.command.startswith(f'test "$(aws sts get-caller-identity --query Account --output text)" = {ACCOUNT} && ')
    assert [step.id for step in plan(Cloud(NAME)).steps if step.only_after] == ["retire", "switch", "delete", "plain"]


@pytest.mark.parametrize("count", range(1, 9))
def test_each_step_can_be_taken_back_and_made_again(count):
    cloud = made(count)
    step = plan(cloud).steps[count - 1]
    if step.id == "settings":
        return  # it says so in words
    if step.id == "check":
        tags = cloud.instances[NEW]["TagList"]
        cloud.instances[NEW]["TagList"] = [tag for tag in tags if tag["Key"] not in calls(step.undo)[0].parameters["TagKeys"]]
    else:
        cloud.run(step.undo)
    assert following(cloud) == step.id


# What may happen to the parts meanwhile, by whoever else is there.


def is_safe(cloud: Cloud) -> bool:
    """Whether the old one may be deleted, told without anything of what is tested: by all that must be so."""
    mark = f"db-1/{NAME}"
    tagged = [(name, {tag["Key"]: tag["Value"] for tag in one["TagList"]}) for name, one in cloud.instances.items()]
    copies = [(name, tags) for name, tags in tagged if tags.get(COPY_OF) == mark]
    lasts = [
        one
        for one in cloud.snapshots.values()
        if {"Key": STEP, "Value": "last"} in one["TagList"] or one["DBSnapshotIdentifier"].endswith("-last")
    ]
    if len(copies) != 1 or len(lasts) != 1 or not cloud.reads_snapshots or OLD not in cloud.instances:
        return False
    (name, tags), (last,) = copies[0], lasts
    new, old = cloud.instances[name], cloud.instances[OLD]
    return (
        name == NAME
        and new["StorageEncrypted"]
        and new["KmsKeyId"] == KEY
        and new["DBInstanceStatus"] == "available"
        and tags.get(CHECKED) == "yes"
        and old["DbiResourceId"] == "db-1"
        and last["Status"] == "available"
        and last["DbiResourceId"] == "db-1"
        and last["DBInstanceIdentifier"] == OLD
        and cloud.at >= last["SnapshotCreateTime"] + timedelta(days=DAYS)
    )


def lose_instance(cloud: Cloud, which: int) -> None:
    if cloud.instances:
        cloud.instances.pop(sorted(cloud.instances)[which % len(cloud.instances)])


def lose_snapshot(cloud: Cloud, which: int) -> None:
    if cloud.snapshots:
        cloud.snapshots.pop(sorted(cloud.snapshots)[which % len(cloud.snapshots)])


def rename(cloud: Cloud, which: int) -> None:
    if cloud.instances:
        name = sorted(cloud.instances)[which % len(cloud.instances)]
        free = [one for one in (NAME, NEW, OLD, "elsewhere") if one not in cloud.instances]
        if free:
            cloud.instances[free[which % len(free)]] = cloud.instances.pop(name)


def twice(cloud: Cloud, which: int) -> None:
    if cloud.instances:
        like = cloud.instances[sorted(cloud.instances)[which % len(cloud.instances)]]
        cloud.add(f"again-{cloud.made}", **{key: value for key, value in like.items() if key != "DbiResourceId"})


def same_snapshot(cloud: Cloud, which: int) -> None:
    if cloud.snapshots:
        one = cloud.snapshots[sorted(cloud.snapshots)[which % len(cloud.snapshots)]]
        name = f"again-{len(cloud.snapshots)}"
        cloud.snapshots[name] = {**one, "DBSnapshotIdentifier": name, "DBSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}"}


def other_key(cloud: Cloud, which: int) -> None:
    parts = [*cloud.instances.values(), *cloud.snapshots.values()]
    if parts:
        parts[which % len(parts)]["KmsKeyId"] = KEY.replace("good", "other")


def other_status(cloud: Cloud, which: int) -> None:
    if cloud.instances:
        cloud.instances[sorted(cloud.instances)[which % len(cloud.instances)]]["DBInstanceStatus"] = ("creating", "failed", "stopped")[
            which % 3
        ]
    for one in list(cloud.snapshots.values())[which % 2 :: 2]:
        one["Status"] = ("creating", "failed")[which % 2]


def in_plain(cloud: Cloud, which: int) -> None:
    if cloud.instances:
        cloud.instances[sorted(cloud.instances)[which % len(cloud.instances)]]["StorageEncrypted"] = False


def untagged(cloud: Cloud, which: int) -> None:
    parts = [*cloud.instances.values(), *cloud.snapshots.values()]
    if parts:
        parts[which % len(parts)]["TagList"] = []


def unread(cloud: Cloud, which: int) -> None:
    cloud.reads_snapshots = False


def back(cloud: Cloud, which: int) -> None:
    cloud.at -= timedelta(days=which)


HAPPENINGS = [lose_instance, lose_snapshot, rename, twice, same_snapshot, other_key, other_status, in_plain, untagged, unread, back]


@given(
    st.integers(0, len(STEPS) - 1),
    st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 40)), max_size=3),
    st.booleans(),
)
def test_whatever_happens_nothing_is_deleted_before_its_copy_was_seen_in_use_and_right(count, happenings, is_late):
    cloud = made(count)
    cloud.at += WAITED if is_late else timedelta()
    for happens, which in happenings:
        happens(cloud, which)
    for found in planned(cloud):
        step = found.next
        if step is not None and step.id == "delete":
            assert is_safe(cloud)
        if step is not None and step.command.startswith("test "):
            deleted = [call for call in calls(step.command) if call.operation == "delete_db_instance"]
            assert all(call.parameters["DBInstanceIdentifier"] != NAME for call in deleted)
        positions = [one.progress for one in found.steps]
        if Progress.NEXT in positions:
            assert set(positions[: positions.index(Progress.NEXT)]) <= {Progress.DONE}
            assert positions.count(Progress.NEXT) == 1


def test_the_law_above_meets_a_deletion_at_all():
    cloud = made(9)
    assert (following(cloud), is_safe(cloud)) == ("delete", True)


def test_a_protected_instance_is_let_go_of_only_in_the_step_that_deletes_it():
    cloud = made(9, Cloud(NAME, DeletionProtection=True))
    asked = calls(plan(cloud).next.command)  # type: ignore[union-attr]  # it is there
    assert [call.operation for call in asked] == ["modify_db_instance", "delete_db_instance"]
    assert "--no-deletion-protection" in shlex.split(plan(cloud).steps[9].command)
