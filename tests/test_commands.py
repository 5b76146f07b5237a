"""The commands, each as a person would run it, offline."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from guardrails import errors
from guardrails.cli import cli
from guardrails.iam.catalogue import snapshot_date
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.reports import FORMATS

EXAMPLE = Path(__file__).parent.parent / "examples/connectel/declaration"
EXPORT = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [
        {
            "RoleId": "AROA1",
            "RoleName": "ci",
            "Arn": "arn:aws:iam::111122223333:role/ci",
            "Path": "/",
            "AssumeRolePolicyDocument": {
                "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
            },
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}],
        }
    ],
    "Policies": [],
}


class _Editor(yaml.SafeLoader):
    """Reads as an editor does: numbers are numbers, and dates are text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def run(*arguments: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(cli, list(arguments), standalone_mode=False)
    if ended.exception:
        raise ended.exception
    return int(ended.return_value or 0), ended.stdout, ended.stderr


@pytest.fixture
def declaration(tmp_path):
    (tmp_path / "export.json").write_text(json.dumps(EXPORT))
    file = tmp_path / "declaration/guardrails.yaml"
    file.parent.mkdir()
    file.write_text(f"guardrails: 1\nsystems: {{aws: {{connector: aws, export: '{tmp_path}/export.json'}}}}\n")
    return file.parent


def test_what_was_observed_is_judged_later_without_contact(declaration, tmp_path):
    out = tmp_path / "seen.json"
    code, said, _ = run("observe", str(declaration), "--out", str(out))
    assert (code, stat.S_IMODE(out.stat().st_mode)) == (3, 0o600)  # an export holds identities only, and says so
    assert "facts" in said
    _, live, _ = run("reconcile", str(declaration), "--output", "json")
    (tmp_path / "export.json").unlink()
    code, kept, _ = run("reconcile", str(declaration), "--from", str(out), "--output", "json")
    ids = [[f["id"] for f in json.loads(text)["findings"]] for text in (live, kept)]
    assert code == 3
    assert ids[0] == ids[1] != []


def test_an_old_snapshot_is_not_judged_by_unless_a_date_is_named(declaration, tmp_path):
    out = tmp_path / "seen.json"
    run("observe", str(declaration), "--out", str(out))
    old = load_observations(out.read_text())[0]
    out.write_text(dump_observations([replace(old, taken_at=old.taken_at - timedelta(hours=25))]))

    def gaps(*options: str) -> set[str]:
        return {
            f["message"][:11]
            for f in json.loads(run("reconcile", str(declaration), "--from", str(out), "--output", "json", *options)[1])["findings"]
        }

    assert "observation" in gaps()
    assert "observation" not in gaps("--at", "2027-01-01")
    (declaration / "state.yaml").write_text("state: {evidence-max-age: 48h}\n")
    assert "observation" not in gaps()


@pytest.mark.parametrize("content", ["", "{}", "<html>", '{"schema": "guardrails.observation/9"}'])
def test_a_corrupt_snapshot_is_refused(declaration, tmp_path, content):
    (tmp_path / "seen.json").write_text(content)
    with pytest.raises(errors.SnapshotError) as caught:
        run("reconcile", str(declaration), "--from", str(tmp_path / "seen.json"))
    assert caught.value.remedy


def test_a_snapshot_of_other_systems_is_refused(declaration, tmp_path):
    run("observe", str(declaration), "--out", str(tmp_path / "seen.json"))
    text = (declaration / "guardrails.yaml").read_text().replace("{aws: {", "{other: {")
    (declaration / "guardrails.yaml").write_text(text)
    with pytest.raises(errors.SnapshotError, match="no observation of other"):
        run("reconcile", str(declaration), "--from", str(tmp_path / "seen.json"))


def test_select_and_ignore_narrow_and_never_hide_what_was_not_seen(declaration):
    def codes(*options: str) -> set[str]:
        return {f["control"] for f in json.loads(run("reconcile", str(declaration), "--output", "json", *options)[1])["findings"]}

    assert codes() == {"GR103", "GR901"}
    assert codes("--select", "GR3") == {"GR901"}
    assert codes("--ignore", "GR1") == {"GR901"}
    assert codes("--target", "aws") == {"GR103", "GR901"}
    for bad in (
        ["--ignore", "GR9"],
        ["--ignore", "GR901"],
        ["--select", "XX"],
        ["--target", "A!"],
        ["--target", "awss"],
        ["--target", "aws@prod"],
    ):
        with pytest.raises(errors.AuthorError):
            run("reconcile", str(declaration), *bad)


def test_a_report_says_as_of_when_its_verdicts_were_reached(declaration):
    text, found = run("reconcile", str(declaration))[1], json.loads(run("reconcile", str(declaration), "--output", "json")[1])
    (basis,) = {seen["basis"] for seen in found["observed"] if seen["connector"] == "aws"}
    assert basis == f"actions as published {snapshot_date()}"
    assert f"; {basis}\n" in text


def test_reports_hold_to_their_schema(declaration):
    schema = json.loads(run("schema", "report")[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(run("reconcile", str(declaration), "--output", "json")[1]), schema)


def test_a_run_writes_the_reports_that_were_asked_for(declaration, tmp_path):
    files = {form: tmp_path / f"report.{form}" for form in FORMATS}
    code, text, _ = run("reconcile", str(declaration), *(f"--report={form}={path}" for form, path in files.items()))

    assert code == 3
    assert files["text"].read_text() == text
    assert json.loads(files["sarif"].read_text())["runs"][0]["results"]
    # metrics are collected by another user; whoever may reach what is for the owner alone
    assert {form: stat.S_IMODE(path.stat().st_mode) for form, path in files.items()} == {
        form: 0o644 if form == "prometheus" else 0o600 for form in FORMATS
    }


@pytest.mark.parametrize("bad", ["sarif", "pdf=x", "json="])
def test_a_report_without_a_format_or_file_is_refused_before_anything_is_read(declaration, bad):
    with pytest.raises(errors.AuthorError, match="write FORMAT=FILE with one of text, json"):
        run("reconcile", str(declaration), "--report", bad)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_printed(declaration, form):
    assert run("reconcile", str(declaration), "--output", form)[1].strip()


def test_the_example_holds_to_the_schema_and_a_wrong_field_does_not():
    schema = json.loads(run("schema")[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in EXAMPLE.rglob("*.yaml"):
        jsonschema.validate(yaml.load(path.read_text(), Loader=_Editor), schema)  # noqa: S506  # a safe loader
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"assets": {"a": {"class": "x", "owner": "team:t", "colour": "red"}}}, schema)


def test_a_first_declaration_lints_and_nothing_is_overwritten(tmp_path):
    assert run("init", str(tmp_path / "new"))[0] == 0
    assert run("lint", str(tmp_path / "new"))[0] == 0
    assert run("fmt", str(tmp_path / "new"), "--check")[0] == 0
    with pytest.raises(errors.OperatorError, match="nothing is overwritten"):
        run("init", str(tmp_path / "new"))


def test_fmt_keeps_comments_and_meaning_and_changes_nothing_the_second_time(tmp_path):
    path = tmp_path / "guardrails.yaml"
    path.write_text(
        'guardrails: 1\n\n\n\nsystems:   # why\n      aws: {connector: aws}   \nteams:\n    t: {}  # ours\nnetworks: {n: {cidrs: ["::/0"]}}'
    )
    path.chmod(0o640)
    assert run("fmt", str(path), "--check")[0] == 1
    assert run("fmt", str(path))[0] == 0
    once = path.read_text()
    assert "# why" in once
    assert "# ours" in once
    assert '"::/0"' in once
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert run("fmt", str(path))[1] == ""
    assert path.read_text() == once


def test_the_example_is_in_the_one_form(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "d")
    assert run("fmt", str(tmp_path / "d"), "--check")[:2] == (0, "")


def test_explain_lists_and_tells():
    assert "GR101" in run("explain")[1]
    assert "Remove the grant" in run("explain", "gr101")[1]
    with pytest.raises(errors.AuthorError):
        run("explain", "GR000")


def test_connectors_are_listed_and_checked(declaration):
    assert "aws" in run("connectors", "list")[1].split()
    code, said, _ = run("connectors", "check", str(declaration))
    assert code == 3
    assert "not seen" in said


def test_help_names_every_command_once():
    said = run("--help")[1]
    for name in ("init", "lint", "fmt", "schema", "observe", "reconcile", "explain", "connectors", "demo"):
        assert f"  {name} " in said
