"""`guardrails reconcile` and `guardrails heartbeat` with `notify`: who is told what, when, and that it changes nothing of the report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from guardrails.model.snapshot import load_observations
from history.test_history_reconcile import Company
from notify.receivers import http, secret

pytestmark = pytest.mark.server
KEY = "canary-key-0123456789"


@pytest.fixture
def receiver():
    with http() as found:
        yield found


@pytest.fixture
def company(tmp_path, receiver, monkeypatch):
    secret(monkeypatch, "HOOK", f"http://{receiver.where}/canary-path")
    secret(monkeypatch, "KEY", KEY)
    allowed = f'notify: {{"localhost:{receiver.port}": {{private: true, plain: true}}}}\n'
    found = Company(tmp_path, f"history: {tmp_path}/history.sqlite\n{allowed}")
    declare(found, 'notify: {isg: {webhook: "env:HOOK", key: "env:KEY", per-hour: 60}}\n')
    return found


def declare(company, text):
    company.declaration.write_text(company.declaration.read_text() + text)


def letters(receiver):
    return [json.loads(body) for _, _, _, body in receiver.came]


def test_only_what_changed_is_told(company, receiver):
    company.reconcile("less.json")
    company.reconcile("less.json")
    company.reconcile("whole.json")
    company.reconcile("whole.json")
    company.reconcile("less.json")
    told = [(said["counts"], [one["subject"][-2:] for one in said["notices"]]) for said in letters(receiver)]
    assert told == [({"new": 1}, ["ci"]), ({"new": 1}, ["cd"]), ({"gone": 1}, ["cd"])]
    assert {said["declaration"] for said in letters(receiver)} == {"default/default"}


def test_what_a_gap_hides_is_not_told_as_gone(company, receiver):
    company.reconcile("whole.json")
    (hidden,) = load_observations((company.folder / "less.json").read_text())
    (partial,) = load_observations((company.folder / "partial.json").read_text())
    company.keep("hidden.json", replace(hidden, gaps=partial.gaps))
    company.reconcile("hidden.json")
    assert {one["event"] for one in letters(receiver)[-1]["notices"]} == {"gap"}


def test_a_receiver_that_refuses_changes_nothing_and_is_told_later(company, receiver):
    plain = company.report("whole.json", "--select", "GR1")
    receiver.status = 500
    code, said, told = company.reconcile("whole.json", "--output", "json")
    assert (code, json.loads(said)["troubles"]) == (1, [])
    assert {one["id"] for one in json.loads(said)["findings"]} == {one["id"] for one in plain["findings"]}
    assert "isg was not told: localhost:" in told
    assert "canary" not in said + told
    assert "not sent to isg since" in company.run("history", "--host", company.folder / "host.yaml")[1]
    receiver.status = 204
    company.reconcile("whole.json")
    first, second = letters(receiver)
    assert first == second
    assert "not sent" not in company.run("history", "--host", company.folder / "host.yaml")[1]


def test_a_host_that_the_host_file_does_not_name_is_told_nothing(company, receiver):
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nhistory: {company.path}\n')
    code, _, told = company.reconcile("whole.json")
    assert (code, receiver.came) == (1, [])
    assert "is no host that the host file lets anything be sent to" in told


def test_without_a_history_nobody_is_told_and_that_is_said(company, receiver):
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\n')
    code, _, told = company.reconcile("whole.json")
    assert (code, receiver.came) == (1, [])
    assert "nobody is notified: the host file names no history" in told


@pytest.mark.parametrize("more", [("--select", "GR3"), ("--at", "2030-01-01")])
def test_a_run_that_is_not_kept_has_nothing_to_tell_and_sends_what_waits(company, receiver, more):
    company.reconcile("whole.json", *more)
    assert receiver.came == []
    receiver.status = 500
    company.reconcile("less.json")
    receiver.status = 204
    company.reconcile("whole.json", *more)
    first, second = letters(receiver)
    assert (first, second["counts"]) == (second, {"new": 1})


def test_a_deadline_that_passes_is_told_once(company, receiver):
    declare(company, "state: {deadlines: {high: 1h}, evidence-max-age: 20000h, heartbeat: 20000h}\n")
    company.reconcile("less.json")
    with company.opened() as history:
        history.backend.rows("UPDATE finding SET since = replace(since, '2026', '2025')")
    company.reconcile("less.json")
    company.reconcile("less.json")
    assert [said["counts"] for said in letters(receiver)] == [{"new": 1}, {"overdue": 1}]


def test_missed_runs_are_told_once_by_whoever_notices_first(company, receiver):
    declare(company, "state: {heartbeat: 1h, evidence-max-age: 20000h}\n")
    company.reconcile("less.json")
    with company.opened() as history:
        history.backend.rows("UPDATE run SET at = replace(at, '2026', '2025'), evidence = replace(evidence, '2026', '2025')")
    beat = ("heartbeat", company.declaration, "--host", company.folder / "host.yaml")
    assert company.run(*beat)[0] == 3
    assert company.run(*beat)[0] == 3
    (seen,) = load_observations((company.folder / "less.json").read_text())
    company.keep("later.json", replace(seen, taken_at=seen.taken_at + timedelta(minutes=1)))
    company.reconcile("later.json")
    assert [said["counts"] for said in letters(receiver)] == [{"new": 1}, {"missed": 1}]
    assert letters(receiver)[-1]["worst"] == "critical"


def test_a_run_that_saw_everything_pings_and_one_with_a_gap_does_not(company, receiver):
    company.declaration.write_text(company.declaration.read_text().partition("notify")[0] + 'notify: {watcher: {ping: "env:HOOK"}}\n')
    company.reconcile("partial.json")
    assert receiver.came == []
    company.reconcile("whole.json")
    assert [(method, path) for method, path, _, _ in receiver.came] == [("GET", "/canary-path")]
