"""`guardrails reconcile` with a history: what is kept of a run, and what a report says of the runs before it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace

import pytest
from click.testing import CliRunner

from guardrails.cli import cli
from guardrails.errors import DeclarationError, OperatorError
from guardrails.history.store import opened
from guardrails.model.snapshot import dump_observations, load_observations

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

    def kept(self):
        with opened(self.path, str(self.declaration.resolve())) as history:
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


def test_a_history_that_cannot_be_used_is_no_silent_run(company):
    company.path.write_text("something else" * 100)
    company.path.chmod(0o600)
    with pytest.raises(OperatorError, match="damaged"):
        company.reconcile("whole.json")


def test_a_history_that_does_not_begin_at_the_root_is_a_mistake_of_the_host_file(company):
    (company.folder / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nhistory: here.sqlite\n')
    with pytest.raises(DeclarationError, match=r"history here\.sqlite does not begin at the root"):
        company.reconcile("whole.json")
