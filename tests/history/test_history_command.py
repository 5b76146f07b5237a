"""`guardrails history`, as the person on call meets it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from guardrails.cli import cli
from guardrails.errors import AuthorError, OperatorError
from guardrails.history.runs import Run
from guardrails.history.store import Archive, opened
from guardrails.model.words import Verdict
from history.pasts import sighting

TODAY = datetime.now(UTC)


@pytest.fixture
def host(tmp_path):
    path = tmp_path / "host.yaml"
    path.write_text(f'roster-digest: "{"0" * 64}"\nhistory: {tmp_path}/history.sqlite\n')
    return path


@pytest.fixture
def kept(tmp_path, host):
    """Four runs, the last yesterday: one finding from the beginning, one that went, one that came and that the last cannot tell."""
    for days, found, gaps in ((40, (1, 2), 0), (30, (1,), 0), (2, (1, 3), 0), (1, (1,), 1)):
        keep(tmp_path, days, *map(sighting, found), gaps=gaps)
    return tmp_path


@pytest.fixture
def declaration(tmp_path):
    path = tmp_path / "company.yaml"
    path.write_text("guardrails: 1\n")
    return path


def keep(folder, days, *found, gaps=0, name="default/default"):
    at = TODAY - timedelta(days=days)
    verdict = Verdict.UNKNOWN if gaps else Verdict.VIOLATION
    run = Run(
        at=at,
        evidence=at,
        exit_code=3 if gaps else 1,
        verdict=verdict,
        systems=("aws",),
        read=(("aws", "1"),),
        holes=(("aws", ""),) * gaps,
        gaps=gaps,
        whole=not gaps,
        sightings=found,
    )
    with opened(Archive(at=str(folder / "history.sqlite")), name) as history:
        history.add(run)


def run(host, *arguments):
    ended = CliRunner().invoke(cli, ["history", *map(str, arguments), "--host", str(host)], standalone_mode=False)
    if ended.exception:
        raise ended.exception
    return int(ended.return_value or 0), ended.stdout


def told(host, *arguments):
    (found,) = json.loads(run(host, *arguments, "--output", "json")[1])["declarations"]
    return found


def day(days):
    return f"{TODAY - timedelta(days=days):%Y-%m-%d}"


def test_runs_changes_and_ages_are_told_and_the_exit_is_0(kept, host, declaration):
    code, said = run(host, declaration)
    assert (code, said.splitlines()[0]) == (0, "default/default: 4 runs")
    assert f"{day(1)} {TODAY:%H:%M} UTC  unknown   exit 3  1 findings, 0 of them not told, 1 gaps, not whole" in said
    assert "0 new, 0 gone, 0 back, 0 worsened" in said
    assert re.search(r"  40 days  GR101 high     violation role/1  0000000000000001\n", said)
    assert re.search(rf"   2 days  GR101 high     violation role/3  0000000000000003  not told since {day(2)}", said)
    assert "role/2" not in said


def test_json_has_every_finding_with_its_age_and_what_is_not_told(kept, host, declaration):
    found = told(host, declaration)
    assert [one["days"] for one in found["findings"]] == [40, 10, 2]
    assert [one["not_told"] for one in found["findings"]] == [False, False, True]
    assert [bool(one["gone_at"]) for one in found["findings"]] == [False, True, False]
    assert [one["gaps"] for one in found["runs"]] == [0, 0, 0, 1]


@pytest.mark.parametrize(("days", "new", "gone"), [(1, [], []), (2, [3], []), (30, [3], [2]), (41, [1, 3], [2])])
@pytest.mark.usefixtures("kept")
def test_what_changed_since_a_date_counts_from_its_beginning(host, declaration, days, new, gone):
    found = told(host, declaration, "--since", day(days))["changes"]
    assert [int(name) for name in found["new"]] == new
    assert [int(name) for name in found["gone"]] == gone


def test_the_first_run_says_that_it_is_the_first(tmp_path, host):
    keep(tmp_path, 1, sighting())
    assert "changed by the first run: 1 new, 0 gone" in run(host)[1]


def test_without_a_declaration_each_one_is_told_for_itself(kept, host, declaration):
    keep(kept, 3, sighting(7), name="default/other")
    said = run(host)[1]
    assert "default/default: 4 runs" in said
    assert "default/other: 1 runs" in said


def test_names_do_not_steer_the_terminal(tmp_path, host):
    keep(tmp_path, 1, replace(sighting(), subject="role/\x1b[31m\u202ered"))
    said = run(host)[1]
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_declaration_without_runs_is_a_mistake_and_not_an_empty_list(kept, host, declaration):
    declaration.write_text("guardrails: 1\napply: {environment: prod}\n")
    with pytest.raises(AuthorError, match="no run of default/prod is kept"):
        run(host, declaration)


def test_with_a_declaration_the_age_is_told_against_its_deadline(kept, host, declaration):
    declaration.write_text("guardrails: 1\nstate: {deadlines: {high: 30d}}\n")
    said = run(host, declaration)[1]
    assert f"0000000000000001  OVERDUE {day(10)}" in said
    assert "0000000000000003  due " in said
    assert [bool(one["due"]) for one in told(host, declaration)["findings"]] == [True, False, True]


def test_no_setting_and_no_file_are_told_and_nothing_is_made(tmp_path, host):
    with pytest.raises(OperatorError, match="there is no history"):
        run(host)
    assert not (tmp_path / "history.sqlite").exists()
    host.write_text(f'roster-digest: "{"0" * 64}"\n')
    with pytest.raises(OperatorError, match="names no history"):
        run(host)
