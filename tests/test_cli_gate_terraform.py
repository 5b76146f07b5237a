"""`guardrails gate --terraform`: the same judgement as of what is so, and no secret of a plan in anything that it writes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

import pytest

from guardrails import declare, workflow
from guardrails.cli import main
from guardrails.connectors.aws.proposed.terraform import with_plan
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.proposals.judgement import judge
from guardrails.proposals.terraform import read_plan

RECORDED = Path(__file__).parent / "proposals/recorded"


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(RECORDED.parent / "declared", "declared")

    def asked(case, *arguments, output="json", edit=lambda plan: plan, parts=("--terraform", "plan.json")):
        folder = RECORDED / case
        (seen,) = load_observations((folder / "before.json").read_text())
        Path("seen.json").write_text(dump_observations((replace(seen, taken_at=datetime.now(UTC)),)))
        plan = json.loads((folder / "plan.json").read_text())
        Path("plan.json").write_text(json.dumps(edit(plan)))
        with pytest.raises(SystemExit) as ended:
            main(["gate", "declared", "--from", "seen.json", "--host", "none", "--output", output, *parts, *arguments])
        told = capsys.readouterr()
        return ended.value.code, json.loads(told.out) if output == "json" and told.out else told.out, told.out + told.err

    return asked


def test_new_findings_block_and_what_was_there_does_not(gate):
    code, told, _ = gate("access")

    assert code == 1
    assert {(one["control"], one["subject"], one["why"], one["sure"]) for one in told["blocking"]} == {
        ("GR104", "aws@123456789012:role/fresh", "new", True),
        ("GR501", "aws@123456789012:bucket/new-logs", "new", True),
        ("GR506", "aws:role/old", "new", True),
    }
    assert (told["untold"], told["evaluated"], told["ignored"]) == ([], 18, 0)
    assert told["assumed"]


def test_a_plan_within_the_declaration_passes(gate):
    def without_bucket(plan):
        plan["resource_changes"] = [one for one in plan["resource_changes"] if one["address"] == "aws_iam_policy.read"]
        return plan

    code, told, _ = gate("access", edit=without_bucket)

    assert (code, told["blocking"]) == (0, [])


def test_a_plan_beyond_the_declaration_blocks_with_a_witness_of_its_own(gate):
    def wider(plan):
        for one in plan["resource_changes"]:
            if one["address"] == "aws_iam_policy.read":
                one["change"]["after"]["policy"] = one["change"]["after"]["policy"].replace("s3:PutObject", "s3:PutObjectAcl")
        return plan

    code, told, _ = gate("access", edit=wider)

    excess = {one["subject"].rpartition(":")[2] for one in told["blocking"] if one["control"] == "GR101" and one["sure"]}
    assert code in {1, 3}  # whom kim may become is not decided, for that is not declared
    assert excess == {"role/ci", "role/fresh", "user/new-0", "user/new-1"}


def test_what_a_plan_does_not_tell_is_exit_3(gate):
    code, told, _ = gate("shapes")

    assert code == 3
    assert {one["control"] for one in told["blocking"] if not one["sure"]} >= {"GR901"}


@pytest.mark.parametrize("case", ["access", "modules", "reached"])
def test_a_plan_is_judged_as_what_is_so_once_it_is_applied(case):
    at, found = datetime.now(UTC), declare.load(Path(__file__).parent / "proposals/declared")
    (before,), (after,) = (load_observations((RECORDED / case / f"{name}.json").read_text()) for name in ("before", "after"))
    plan = read_plan((RECORDED / case / "plan.json").read_bytes(), "plan.json")
    was, made = (workflow.side_by_side(found, [one], at) for one in (before, after))
    will = reduce(workflow.with_observation, with_plan([before], plan, {}).edited, was)
    blocking = [
        {(one.finding.control, one.finding.difference.subject, one.is_sure) for one in judge(was, each).blocking} for each in (will, made)
    ]

    assert blocking[0] == blocking[1]
    assert blocking[0]


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("case", ["access", "modules", "reached", "shapes", "stored"])
def test_no_secret_of_a_plan_is_written(gate, case, output):
    def with_canaries(plan):
        plan["variables"] = {"password": {"value": "CANARY-1"}}
        plan["planned_values"]["outputs"] = {"secret": {"sensitive": True, "value": "CANARY-2"}}
        plan["prior_state"]["values"]["root_module"]["resources"].append(
            {"address": "aws_secretsmanager_secret_version.s", "mode": "managed", "type": "aws_secretsmanager_secret_version", "name": "s",
             "values": {"secret_string": "CANARY-3"}, "sensitive_values": {}}
        )  # fmt: skip
        plan["configuration"]["provider_config"]["aws"]["expressions"]["secret_key"] = {"constant_value": "CANARY-4"}
        hidden = {"actions": ["create"], "before": None, "after": {"secret_string": "CANARY-5"}, "after_unknown": {}}
        kind = "aws_secretsmanager_secret_version"
        plan["resource_changes"].append({"address": f"{kind}.s", "mode": "managed", "type": kind, "name": "s", "change": hidden})
        for one in plan["resource_changes"]:
            after = one["change"]["after"] or {}
            for name in ("assume_role_policy", "bucket", "description"):
                if isinstance(after.get(name), str):
                    one["change"].setdefault("after_sensitive", {})[name] = True
                    after[name] = f"CANARY-6 {after[name]}"
        return plan

    code, _, written = gate(case, output=output, edit=with_canaries)

    assert code == 3
    assert "CANARY" not in written


@pytest.mark.parametrize("accepted", [False, True])
def test_a_gap_that_is_accepted_for_a_time_lets_the_rest_be_judged(gate, monkeypatch, accepted):
    def a_topic(plan):
        plan["resource_changes"] = [
            one for one in plan["resource_changes"] if one["address"] in {"aws_sns_topic.alarms", "aws_iam_role.app"}
        ]
        for one in plan["resource_changes"]:
            if one["type"] == "aws_iam_role":
                one["change"] |= {"actions": ["no-op"], "before": {"arn": "arn:aws:iam::123456789012:role/app"}}
        return plan

    if accepted:
        known = 'exceptions: {topics: {gap: {of: "aws:123456789012", what: aws_sns_topic}, until: "2099-01-01", approved: c, risk-owner: team:x}}'
        with Path("declared/guardrails.yaml").open("a") as stream:
            stream.write(known)
        monkeypatch.setattr(workflow, "approval", lambda *_: lambda *_: "")
    code, told, written = gate("shapes", edit=a_topic)

    assert code == (0 if accepted else 3), written
    assert [one["control"] for one in told["blocking"]] == ([] if accepted else ["GR901"])
    assert ("GR901" in {one["control"] for one in told["earlier"]}) is accepted


@pytest.mark.parametrize("text", ["1234", "aws=1234", "=", "aws="])
def test_an_account_that_is_none_is_a_mistake_in_the_call(gate, text):
    code, _, written = gate("access", "--account", text)

    assert code == 2
    assert "names no account" in written


def test_a_plan_that_cannot_be_read_is_a_mistake_in_the_call(gate):
    code, _, written = gate("access", "--terraform", "nope.json")

    assert code == 2
    assert "nope.json" in written


TEMPLATE = """\
Parameters: {Word: {Type: String, NoEcho: true}}
Resources:
  More:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: ci
      PolicyName: more
      PolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: !Ref Action, Resource: "arn:aws:s3:::logs/*"}]
"""


@pytest.mark.parametrize(("action", "code"), [("s3:PutObject", 0), ("s3:DeleteObject", 1)])
def test_a_template_is_judged_like_a_plan(gate, action, code):
    Path("t.yaml").write_text(TEMPLATE.replace("!Ref Action", action))
    Path("resources.json").write_text(
        json.dumps({"StackResources": [{"StackName": "s", "LogicalResourceId": "M", "PhysicalResourceId": "m"}]})
    )
    stack = ["--cloudformation", "t.yaml", "--deployed", "none", "--stack-resources", "resources.json", "--account", "123456789012"]
    ended, told, _ = gate("access", *stack, "--region", "eu-north-1", "--parameter", "Word=CANARY", parts=())

    assert (ended, [(one["control"], one["subject"]) for one in told["blocking"]]) == (
        code,
        [("GR101", "aws@123456789012:role/ci")] if code else [],
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the account of the stack is not told"),
        (("--account", "123456789012", "--parameter", "CANARY"), "a --parameter has no name and value"),
        (("--account", "123456789012", "--stack-resources", "t.yaml"), "not the resources of a stack"),
        (("--account", "123456789012", "--deployed", "gone.yaml"), "gone.yaml"),
    ],
)
def test_a_stack_that_is_not_told_is_a_mistake_in_the_call(gate, arguments, said):
    Path("t.yaml").write_text(TEMPLATE)
    code, _, written = gate("access", "--cloudformation", "t.yaml", *arguments, parts=())

    assert code == 2
    assert said in written
    assert "CANARY" not in written
