"""`guardrails reconcile` with a history: what is kept of a run, and what a report says of the runs before it."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from guardrails.cli import cli
from guardrails.errors import AuthorError, DeclarationError
from guardrails.history.store import Archive, opened
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.reports.schema import report_schema

ROLE = {"Path": "/", "RolePolicyList": [], "AssumeRolePolicyDocument": {"Statement": []}}
POLICY = {"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}
EXPORT = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [
        {**ROLE, "RoleId": f"AROA{name}", "RoleName": name, "Arn": f"arn:aws:iam::111122223333:role/{name}", "RolePolicyList": [POLICY]}
        for name in ("ci", "cd")
    ],
    "Policies": [],
}


class Company:
    """A declaration, its host file, and observations of it that a test can change."""

    def __init__(self, folder, setting):
        self.folder, self.path = folder, folder / "history.sqlite"
        (folder / "export.json").write_text(json.dumps(EXPORT))
        self.declaration = folder / "company.yaml"
        self.declaration.write_text(f"guardrails: 1\nsystems: {{aws: {{connector: aws, export: '{folder}/export.json'}}}}\n")
        (folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\n{setting}')
        self.run("observe", self.declaration, "--out", folder / "partial.json")
        (seen,) = load_observations((folder / "partial.json").read_text())
        self.keep("whole.json", replace(seen, gaps=()))
        self.keep("less.json", replace(seen, gaps=(), facts=tuple(fact for fact in seen.facts if "cd" not in repr(fact))))

    def keep(self, name, *seen):
        (self.folder / name).write_text(dump_observations(seen))

    def run(self, *arguments):
        ended = CliRunner().invoke(cli, list(map(str, arguments)), standalone_mode=False)
        if ended.exception:
            raise ended.exception
        return int(ended.return_value or 0), ended.stdout, ended.stderr

    def reconcile(self, seen, *more):
        return self.run("reconcile", self.declaration, "--host", self.folder / "host.yaml", "--from", self.folder / seen, *more)

    def report(self, seen, *more):
        return json.loads(self.reconcile(seen, "--output", "json", *more)[1])

    def opened(self):
        return opened(Archive(at=str(self.path)), "default/default")

    def kept(self):
        with self.opened() as history:
            return history.runs(), history.findings()


@pytest.fixture
def company(tmp_path):
    return Company(tmp_path, f"history: {tmp_path}/history.sqlite\n")


def about(found, name):
    return {one["id"] for one in found["findings"] if name in one["subject"]}


def test_without_the_setting_nothing_is_kept_and_nothing_is_said(tmp_path):
    company = Company(tmp_path, "")
    first, second = company.report("whole.json"), company.report("whole.json")
    assert {one["first_seen"] for one in (*first["findings"], *second["findings"])} == {None}
    assert " since " not in company.reconcile("less.json")[1]
    assert not company.path.exists()


def test_first_seen_is_the_first_run_that_had_it_and_stays(company):
    first, second = company.report("whole.json"), company.report("whole.json")
    assert first["at"] != second["at"]
    assert {one["first_seen"] for one in first["findings"]} == {first["at"]}
    assert {one["first_seen"] for one in second["findings"]} == {first["at"]}
    assert {one["last_seen"] for one in second["findings"]} == {second["at"]}
    assert stat.S_IMODE(company.path.stat().st_mode) == 0o600


def test_the_text_says_what_is_new_and_gone_since_the_run_before(company):
    first = company.reconcile("less.json")[1]
    assert " new, " not in first
    code, second, _ = company.reconcile("whole.json")
    assert (code, "1 new, 0 gone since 20" in second) == (1, True)
    third = company.reconcile("less.json")[1]
    assert "0 new, 1 gone since 20" in third
    assert "0 new, 0 gone, 1 back since 20" in company.reconcile("whole.json")[1]


def test_what_a_gap_hides_is_told_as_not_gone(company):
    gone = about(company.report("whole.json"), "cd")
    (hidden,) = load_observations((company.folder / "less.json").read_text())
    (partial,) = load_observations((company.folder / "partial.json").read_text())
    company.keep("hidden.json", replace(hidden, gaps=partial.gaps))
    code, said, _ = company.reconcile("hidden.json")
    assert code == 3
    assert "0 gone, 1 not told any more, which is not gone since" in said
    assert gone
    assert all(one.gone_at is None for one in company.kept()[1] if one.sighting.id in gone)


@pytest.mark.parametrize("more", [("--select", "GR3"), ("--ignore", "GR1"), ("--target", "aws"), ("--at", "2030-01-01")])
def test_a_run_that_leaves_something_out_is_not_kept_and_ends_nothing(company, more):
    company.reconcile("whole.json")
    before = company.kept()
    _, said, told = company.reconcile("less.json", *more)
    assert company.kept() == before
    assert "so this run is not kept in the history" in told
    assert " gone" not in said


def test_older_evidence_is_told_and_not_kept(company):
    (seen,) = load_observations((company.folder / "less.json").read_text())
    company.reconcile("whole.json")
    before = company.kept()
    company.keep("older.json", replace(seen, taken_at=seen.taken_at.replace(year=seen.taken_at.year - 1)))
    (company.folder / "company.yaml").write_text(company.declaration.read_text() + "state: {evidence-max-age: 20000h}\n")
    code, said, told = company.reconcile("older.json")
    assert (code, "does not follow the last one" in told) == (1, True)
    assert " gone" not in said
    assert company.kept() == before


def test_the_page_shows_the_trend_and_since_when(company):
    company.reconcile("less.json")
    company.reconcile("whole.json", "--report", f"html={company.folder}/report.html")
    page = (company.folder / "report.html").read_text()
    assert 'class="trend"' in page
    assert "findings, +1 since" in page
    assert "first seen 20" in page


@pytest.mark.parametrize("output", ["text", "json", "markdown", "html"])
def test_a_history_that_cannot_be_used_is_told_and_the_report_is_printed_all_the_same(company, output):
    assert company.reconcile("whole.json")[0] == 1
    company.path.write_text("something else" * 100)
    code, said, told = company.reconcile("whole.json", "--output", output, "--report", f"{output}={company.folder}/report")
    assert code == 3
    assert "this run is not kept" in told
    assert "this run is not kept" in said
    assert "damaged" in said
    assert "GR103" in said
    assert (company.folder / "report").read_text() == said
    assert company.path.read_text().startswith("something else")


def test_a_history_that_cannot_be_used_changes_nothing_of_what_was_found(company):
    before = company.report("whole.json")
    company.path.chmod(0o644)
    after = company.report("whole.json")
    assert {one["id"]: one["verdict"] for one in after["findings"]} == {one["id"]: one["verdict"] for one in before["findings"]}
    assert (after["exit_code"], after["verdict"], len(after["troubles"])) == (3, "unknown", 1)
    assert (before["exit_code"], before["troubles"]) == (1, [])


def test_the_same_declaration_in_another_place_is_the_same(company):
    first = company.report("whole.json")
    moved = company.folder / "checkout-2" / "company.yaml"
    moved.parent.mkdir()
    company.declaration.rename(moved)
    company.declaration = moved
    assert {one["first_seen"] for one in company.report("whole.json")["findings"]} == {first["at"]}


def test_another_environment_or_name_has_a_history_of_its_own(company):
    company.reconcile("whole.json")
    plain = company.declaration.read_text()
    company.declaration.write_text(plain + "apply: {environment: prod}\n")
    second = company.report("less.json")
    assert {one["first_seen"] for one in second["findings"]} == {second["at"]}
    company.declaration.write_text(plain)
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nhistory: {{at: "{company.path}", name: other}}\n')
    third = company.report("less.json")
    assert third["history"]["since"] is None
    assert {one.gone_at for one in company.kept()[1]} == {None}


def test_since_tells_what_changed_from_a_date_on(company):
    company.reconcile("less.json")
    company.reconcile("whole.json")
    company.reconcile("whole.json")
    code, said, _ = company.reconcile("whole.json", "--since", "2026-01-01")
    assert (code, "2 new, 0 gone since 2026-01-01 00:00 UTC" in said) == (1, True)
    found = company.report("less.json", "--since", "2026-01-01")["history"]
    assert [len(found["changes"][word]) for word in ("new", "gone", "untold")] == [1, 1, 0]
    assert "cd" in found["changes"]["gone"][0]["subject"]


@pytest.mark.parametrize(
    ("more", "said"), [((), "names no history"), (("--select", "GR3"), "only a selection"), (("--at", "2030-01-01"), "another day")]
)
def test_since_without_what_it_compares_is_a_mistake(company, more, said):
    if not more:
        (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\n')
    with pytest.raises(AuthorError, match=said):
        company.reconcile("whole.json", "--since", "2026-01-01", *more)


def test_a_state_folder_has_a_history_in_it(company):
    state = company.folder / "state"
    state.mkdir(mode=0o700)
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nstate: {state}\n')
    first = company.report("whole.json")
    assert {one["first_seen"] for one in company.report("whole.json")["findings"]} == {first["at"]}
    assert stat.S_IMODE((state / "history.sqlite").stat().st_mode) == 0o600


def test_the_report_with_a_past_is_as_its_schema_says(company):
    company.declaration.write_text(company.declaration.read_text() + "state: {deadlines: {high: 1h}}\n")
    Draft202012Validator.check_schema(report_schema())
    for seen in ("whole.json", "less.json", "partial.json"):
        Draft202012Validator(report_schema()).validate(company.report(seen))


def test_what_is_gone_is_named_for_it_stands_nowhere_else(company):
    company.reconcile("whole.json")
    said = company.reconcile("less.json", "--report", f"html={company.folder}/report.html")[1]
    assert "  gone     GR103 " in said
    page = (company.folder / "report.html").read_text()
    assert "<summary>1 gone</summary>" in page


def test_a_deadline_is_told_in_every_report_that_knows_of_the_past(company):
    company.declaration.write_text(company.declaration.read_text() + "state: {deadlines: {high: 1h}}\n")
    company.reconcile("whole.json")
    with company.opened() as history:
        history.backend.rows("UPDATE finding SET first_seen = replace(first_seen, '2026', '2025'), since = replace(since, '2026', '2025')")
    files = [f"--report={form}={company.folder}/{form}" for form in ("json", "prometheus", "html")]
    said = company.reconcile("whole.json", *files)[1]
    assert re.search(r"since +2025-\d\d-\d\d \d\d:\d\d UTC; overdue, due 2025", said)
    assert " overdue since" in said
    found = json.loads((company.folder / "json").read_text())
    high = [one for one in found["findings"] if one["severity"] == "high"]
    assert all(one["overdue"] and one["due"] for one in high)
    assert len(found["history"]["changes"]["overdue"]) == len(high) > 0
    assert f'guardrails_overdue_findings{{severity="high"}} {len(high)}' in (company.folder / "prometheus").read_text()
    page = (company.folder / "html").read_text()
    content = json.loads(re.search(r'id="content">(.*?)</script>', page)[1])
    assert [row[content["columns"].index("overdue")] for row in content["findings"]] == [1, 1]
    assert "overdue, due 2025" in page
    assert " overdue since" not in company.reconcile("whole.json")[1]  # once


def test_the_report_says_when_runs_were_missed_and_the_metrics_when_all_was_seen(company):
    company.reconcile("whole.json")
    company.declaration.write_text(company.declaration.read_text() + "state: {heartbeat: 1h, evidence-max-age: 20000h}\n")
    (seen,) = load_observations((company.folder / "whole.json").read_text())
    later = seen.taken_at + timedelta(hours=2)
    company.keep("later.json", replace(seen, taken_at=later))
    files = [f"--report={form}={company.folder}/{form}" for form in ("json", "prometheus", "html")]
    said = company.reconcile("later.json", *files)[1]
    assert f"no run saw everything between {seen.taken_at:%Y-%m-%d %H:%M} UTC and this one, longer than declared" in said
    assert json.loads((company.folder / "json").read_text())["history"]["missed_since"] == seen.taken_at.isoformat()
    assert f"guardrails_last_whole_run_timestamp_seconds {int(later.timestamp())}" in (company.folder / "prometheus").read_text()
    assert 'class="missed"' in (company.folder / "html").read_text()


def test_eight_runs_at_once_all_report_and_the_history_is_whole(company):
    where = ["--host", str(company.folder / "host.yaml"), "--from", str(company.folder / "whole.json"), "--output", "json"]
    command = [sys.executable, "-c", "from guardrails.cli import main; main()", "reconcile", str(company.declaration), *where]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    ended = [(process.communicate(timeout=100), process.returncode) for process in started]
    assert [code for _, code in ended] == [1] * 8
    reports = [json.loads(said) for (said, _), _ in ended]
    assert {len(report["findings"]) for report in reports} == {2}
    runs, findings = company.kept()
    late = [told for (_, told), _ in ended if "does not follow the last one" in told]
    assert len(runs) + len(late) == 8
    assert runs[-1].at == max(datetime.fromisoformat(report["at"]) for report in reports)
    assert {(one.first_seen, one.last_seen) for one in findings} == {(runs[0].at, runs[-1].at)}


def test_runs_older_than_they_are_kept_are_deleted(company):
    company.reconcile("whole.json")
    company.reconcile("whole.json")
    with company.opened() as history:
        history.backend.rows("UPDATE run SET at = replace(at, '2026', '2024') WHERE number = 1")
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nhistory: {{at: "{company.path}", keep: 30d}}\n')
    company.reconcile("whole.json")
    assert len(company.kept()[0]) == 2


def test_a_history_that_does_not_begin_at_the_root_is_a_mistake_of_the_host_file(company):
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nhistory: here.sqlite\n')
    with pytest.raises(DeclarationError, match=r"history here\.sqlite does not begin at the root"):
        company.reconcile("whole.json")
