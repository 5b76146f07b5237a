"""Commands that are pasted into a shell: whatever a name holds, the shell sees that name, and one that nobody could see is not written."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aws_cloud import Cloud
from connectors.aws_commands import calls
from connectors.test_aws_copies import DEMAND, NAME, finding, made, plan, weak
from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.copying.commands import Unwritable, aws, in_account, tagged
from guardrails.connectors.aws.copying.marks import Mark, kept_tags, mark_of
from guardrails.model.copies import Progress
from guardrails.model.facts import Asset
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest
from guardrails.ports import Demand

HOSTILE = ("it's", '"; rm -rf ~; "', "$(reboot)", "`reboot`", "a b", "*", "~", "#", "&& reboot", "\\", "å", "a;b|c>d", "!!", "'", "''")
printable = st.text(min_size=1, max_size=20).filter(
    lambda text: text.isprintable() and not text.startswith(("-", "file:", "fileb:", "http:", "https:"))
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_sees_the_name_as_it_is(name):
    command = aws("rds", "create-db-snapshot", "eu-north-1", db_instance_identifier=name, tags=tagged({"Key": name}))
    shown = subprocess.run(["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True).stdout.splitlines()
    assert shown[:7] == ["aws", "rds", "create-db-snapshot", "--region", "eu-north-1", "--db-instance-identifier", name]
    assert json.loads(shown[8]) == [{"Key": "Key", "Value": name}]


@given(printable, st.dictionaries(printable, printable, max_size=3))
def test_words_of_any_letters_stay_one_word_each(name, tags):
    words = shlex.split(aws("rds", "x", name=name, tags=tagged(tags)))
    assert words[:5] == ["aws", "rds", "x", "--name", name]
    assert {tag["Key"]: tag["Value"] for tag in json.loads(words[6])} == tags


@pytest.mark.parametrize(
    "name", ["", "-x", "--skip-final-snapshot", "file:///etc/passwd", "https://x", "a\nb", "a\x1b[2Jb", "a\u202eb", "a\x00b"]
)
def test_what_would_be_seen_as_something_else_is_not_written(name):
    with pytest.raises(Unwritable, match="name"):
        aws("rds", "x", name=name)


def test_the_account_is_asked_for_in_one_word():
    assert shlex.split(in_account("1;reboot"))[-1] == "1;reboot"


@pytest.mark.parametrize("value", HOSTILE)
def test_tags_and_groups_of_the_old_one_come_to_the_copy_as_they_are(value):
    cloud = Cloud(NAME, TagList=[{"Key": "note", "Value": value}], DBParameterGroups=[{"DBParameterGroupName": value}])
    (asked,) = calls(plan(made(2, cloud)).next.command)  # type: ignore[union-attr]  # it is there
    assert {"Key": "note", "Value": value} in asked.parameters["Tags"]
    assert asked.parameters["DBParameterGroupName"] == value


def test_a_step_with_a_name_that_cannot_be_written_is_not_offered_nor_anything_behind_it():
    cloud = made(2, Cloud(NAME, DBParameterGroups=[{"DBParameterGroupName": "-x"}]))
    found = plan(cloud)
    assert (found.next, found.steps[2].command, found.steps[2].progress) == (None, "", Progress.UNKNOWN)
    assert "would be taken for something else: '-x'" in found.steps[2].found


def test_a_name_of_an_instance_that_cannot_be_written_gives_no_command_at_all():
    seen = Cloud("a\nb").seen()
    (found,) = CONNECTOR.copies(weak(seen, "a\nb"), seen, lambda _: DEMAND, seen.taken_at)
    assert found.next is None
    assert not any("\n" in step.command + step.undo + step.seen_by for step in found.steps)


@given(st.text("abc-", min_size=1, max_size=63), st.text("db-XYZ", min_size=1))
def test_a_mark_is_read_as_it_was_written_and_names_fit(name, identifier):
    mark = Mark(identifier, name)
    assert mark_of((("guardrails-copy-of", str(mark)),)) == mark
    assert len(mark.old) <= 63
    assert len(mark.new) <= 63
    assert mark.old != mark.new
    assert mark.snapshot("last") != Mark(f"{identifier}2", name).snapshot("last")


def test_no_mark_of_an_earlier_copy_is_inherited():
    tags = tuple((key, "x") for key in ("guardrails-copy-of", "guardrails-copy-step", "guardrails-copy-checked", "aws:a", "team"))
    assert kept_tags(tags) == (("team", "x"),)
    assert mark_of((("guardrails-copy-of", "no-name/"),)) is None
    assert mark_of((("guardrails-copy-of", "nothing"),)) is None


def bucket(name: str = "cdr") -> Asset:
    return Asset(ref=Ref(system="aws", realm="1", kind="bucket", id=f"arn:aws:s3:::{name}", name=name), resource=f"arn:aws:s3:::{name}")


def of_bucket(demand: Demand | None, name: str = "cdr"):
    asset, empty = bucket(name), Cloud().seen()
    seen = type(empty)(system="aws", connector="aws", taken_at=empty.taken_at, facts=(asset,))
    (found,) = CONNECTOR.copies([finding(asset.ref)], seen, lambda _: demand, seen.taken_at)
    return found


def test_of_what_a_bucket_holds_nothing_is_told_but_how_to_see_it():
    found = of_bucket(DEMAND)
    assert [step.id for step in found.steps] == ["default", "inventory", "copy", "verify", "versions"]
    assert [step.progress for step in found.steps] == [Progress.NEXT, *[Progress.UNKNOWN] * 4]
    assert all(step.seen_by and step.undo for step in found.steps)
    (default,) = calls(found.steps[0].command)
    rule = default.parameters["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert rule == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": DEMAND.fitting[0].resource}
    words = shlex.split(found.steps[2].command)
    assert words == [
        "aws",
        "s3",
        "cp",
        "s3://cdr/",
        "s3://cdr/",
        "--recursive",
        "--sse",
        "aws:kms",
        "--sse-kms-key-id",
        DEMAND.fitting[0].resource,
    ]
    assert [call.operation for step in (found.steps[1], found.steps[4]) for call in calls(step.command)] == ["list_object_versions"] * 2


@pytest.mark.parametrize(("level", "way"), [(AtRest.SERVICE, "AES256"), (AtRest.SERVICE_KEY, "aws:kms")])
def test_without_a_key_of_ours_none_is_named(level, way):
    found = of_bucket(Demand(at_rest=level))
    assert "kms-key-id" not in found.steps[2].command
    assert f"--sse {way}" in found.steps[2].command
    assert "KMSMasterKeyID" not in found.steps[0].command


def test_where_a_key_has_to_be_chosen_the_default_is_not_written_for_nobody():
    found = of_bucket(Demand(at_rest=AtRest.CUSTOMER_KEY))
    assert found.steps[0].command == ""
    assert found.steps[2].command.endswith('--sse-kms-key-id "${KEY:?set KEY to the ARN of the key}"')


def test_a_bucket_without_a_class_or_with_a_hostile_name_gets_no_steps():
    assert of_bucket(None).steps == ()
    assert of_bucket(DEMAND, "-x").steps == ()
    assert shlex.split(of_bucket(DEMAND, "a b;c").steps[2].command)[3] == "s3://a b;c/"
