"""`guardrails heartbeat`: a run that did not happen is noticed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from guardrails.cli import cli
from guardrails.errors import OperatorError
from guardrails.history.runs import Run
from guardrails.history.store import Archive, opened
from guardrails.model.words import Verdict


@pytest.fixture
def host(tmp_path):
    path = tmp_path / "host.yaml"
    path.write_text(f'roster-digest: "{"0" * 64}"\nhistory: {tmp_path}/history.sqlite\n')
    (tmp_path / "company.yaml").write_text("guardrails: 1\nstate: {heartbeat: 2h}\n")
    return path


def keep(host, hours, *, whole=True):
    at = datetime.now(UTC) - timedelta(hours=hours)
    run = Run(at=at, evidence=at, exit_code=0, verdict=Verdict.OK, systems=("aws",), read=(), holes=(), gaps=0, whole=whole, sightings=())
    with opened(Archive(at=str(host.parent / "history.sqlite")), "default/default") as history:
        history.add(run)


def beat(host):
    ended = CliRunner().invoke(cli, ["heartbeat", str(host.parent / "company.yaml"), "--host", str(host)], standalone_mode=False)
    if ended.exception:
        raise ended.exception
    return int(ended.return_value or 0), ended.stdout, ended.stderr


def test_a_recent_whole_run_is_alive(host):
    keep(host, 1)
    code, said, told = beat(host)
    assert (code, "default/default: alive: " in said, "it has to within 2 h 0 min" in said, told) == (0, True, True, "")


def test_a_run_longer_ago_than_declared_is_missed(host):
    keep(host, 3)
    code, said, told = beat(host)
    assert (code, "MISSED" in told, "3 h 0 min ago" in told, said) == (3, True, True, "")  # what cron sends by mail


def test_a_run_that_is_yet_to_come_is_no_sign_of_life(host):
    keep(host, -0.01)  # two hosts do not tell the same second
    assert beat(host)[0] == 0
    keep(host, -5)
    code, said, told = beat(host)
    assert (code, "MISSED" in told, "in 4 h 59 min" in told, "clock" in told, said) == (3, True, True, True, "")


def test_a_run_that_did_not_see_everything_is_no_sign_of_life(host):
    keep(host, 3)
    keep(host, 1, whole=False)
    assert beat(host)[0] == 3
    keep(host, 0.5)
    assert beat(host)[0] == 0


def test_without_a_heartbeat_the_age_of_evidence_counts(host):
    (host.parent / "company.yaml").write_text("guardrails: 1\n")
    keep(host, 23)
    assert beat(host)[0] == 0
    (host.parent / "company.yaml").write_text("guardrails: 1\nstate: {evidence-max-age: 22h}\n")
    assert beat(host)[0] == 3


def test_no_run_at_all_is_no_sign_of_life(host):
    keep(host, 1, whole=False)
    code, _, said = beat(host)
    assert (code, "never saw everything" in said) == (3, True)


def test_no_history_and_no_setting_are_told(host):
    with pytest.raises(OperatorError, match="there is no history"):
        beat(host)
    host.write_text(f'roster-digest: "{"0" * 64}"\n')
    with pytest.raises(OperatorError, match="names no history"):
        beat(host)
