"""A change on its way: judged by the gate, approved by a record, let through where it is made, and looked at again by reconcile."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from guardrails.cli import main
from guardrails.model.snapshot import dump_observations
from guardrails.trust.roster import digest
from proposals.terraform_plans import change, plan, policy
from test_cli_attested import DECLARED, fresh
from trust.group import make_keys, member, put, roster, write

CONTROLLED = DECLARED + "isg: {roster: isg/roster.json}\nregisters: {changes: {path: registers/changes}}\n"
AHEAD = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011  # any day ahead will do
YESTERDAY = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def run(tmp_path, monkeypatch, keys, capfd):
    monkeypatch.chdir(tmp_path)
    for folder in ("declared/registers/changes", "declared/isg", "state"):
        Path(folder).mkdir(parents=True)
    Path("declared/guardrails.yaml").write_text(CONTROLLED)
    members = [member(keys, name) for name in ("dana", "erin", "femi")]
    content = write(Path("declared/isg/roster.json"), roster(members, expires="2099-12-31")).read_bytes()
    pinned = f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\n'
    Path("host.yaml").write_text(f"{pinned}state: {tmp_path / 'state'}\n")
    Path("logless.yaml").write_text(pinned)
    Path("seen.json").write_text(dump_observations((fresh(),)))
    for name, action in (("calm", "s3:GetObject"), ("wide", "s3:PutObject")):
        entry = change("aws_iam_role_policy.p", "create", after={"role": "ci", "name": "more", "policy": policy(action)})
        Path(f"{name}.json").write_text(json.dumps(plan(entry)))

    def ran(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        return ended.value.code, told.out + told.err

    return ran


@pytest.fixture
def judged(run, keys):
    """Has the gate judge a plan; the statement is named like it."""

    def asked(name, statement=None):
        written = statement or f"{name}.statement"
        return run(
            "gate", "declared", "--from", "seen.json", "--host", "host.yaml", "--terraform", f"{name}.json",
            "--attest", written, "--attest-key", keys / "stranger",
        )  # fmt: skip

    return asked


@pytest.fixture
def record(run, keys):
    """A record in the register about a statement, signed by members."""

    def made(statement, *signers, claim="ISG-1-1", **more):
        path = Path(f"declared/registers/changes/{claim}.json")
        said = {"--by": "femi", "--until": AHEAD} | {f"--{name}": value for name, value in more.items()}
        code, told = run(
            "record", "new", "declared", "--claim", claim, "--verdict", statement, "--out", path, *(x for one in said.items() for x in one)
        )
        assert code == 0, told
        for one in signers:
            put(path, keys / one, one)
        return path

    return made


@pytest.fixture
def let_through(run, keys):
    def asked(name, *approval, host="host.yaml", statement=None):
        return run(
            "attested", statement or f"{name}.statement", "--for", f"{name}.json", "--key", keys / "stranger.pub", "--host", host, *approval
        )

    return asked


def approval(path, author="kim"):
    return "--approved-by", path, "--roster", "declared/isg/roster.json", "--author", author


@pytest.fixture
def found(run):
    """What reconcile tells of the register."""

    def asked(host="host.yaml", *more):
        _, told = run("reconcile", "declared", "--from", "seen.json", "--host", host, "--output", "json", *more)
        listed = json.loads(told[told.index("{") : told.rindex("}") + 1])["findings"]
        return {(one["verdict"], one["message"]) for one in listed if one["control"] == "GR510"}

    return asked


def test_a_change_that_passed_and_is_approved_is_let_through_and_no_finding(judged, record, let_through, found):
    code, told = judged("calm")
    assert code == 0
    path = record("calm.statement", "dana", "erin")
    named = next(iter(json.loads(path.read_text())["covers"]))
    assert named in told

    assert let_through("calm", *approval(path)) == (
        0,
        "calm.statement: the gate let this change pass, and ISG-1-1 approves it, signed by dana, erin\n",
    )
    assert found() == set()


def test_judged_anew_it_is_the_same_change(judged, record, let_through):
    judged("calm")
    path = record("calm.statement", "dana", "erin")
    judged("calm", "again.statement")

    assert let_through("calm", *approval(path), statement="again.statement")[0] == 0


@pytest.mark.parametrize(
    ("signers", "more", "author", "why"),
    [
        (("dana",), {}, "kim", "needs 2 members, has 1 (dana)"),
        (("dana", "femi"), {}, "kim", "proposed it, and nobody approves a proposal of their own"),
        (("dana", "erin"), {}, "erin", "needs 2 members beside erin, whose change it is, and has 1"),
        (("dana", "erin"), {"on": "2026-01-01", "until": YESTERDAY}, "kim", "counted until"),
        (("dana", "erin"), {"on": AHEAD}, "kim", "counts only from"),
        (("dana", "stranger"), {}, "kim", "needs 2 members, has 1 (dana)"),
    ],
)
def test_a_record_that_does_not_stand_lets_nothing_through(judged, record, let_through, *, signers, more, author, why):
    judged("calm")
    code, told = let_through("calm", *approval(record("calm.statement", *signers, **more), author))

    assert code == 4
    assert why in told


def test_a_record_of_another_change_lets_nothing_through(judged, record, let_through):
    judged("calm")
    judged("wide")
    code, told = let_through("calm", *approval(record("wide.statement", "dana", "erin")))

    assert code == 4
    assert "approves another change" in told


def test_a_signature_that_was_revoked_counts_no_more(judged, record, let_through, keys, tmp_path):
    judged("calm")
    path = record("calm.statement", "dana", "erin")
    gone = [member(keys, "dana"), member(keys, "erin", revoked="2026-01-02"), member(keys, "femi")]
    content = write(Path("declared/isg/roster.json"), roster(gone, expires="2099-12-31")).read_bytes()
    Path("host.yaml").write_text(f'roster-digest: "{digest(content)}"\nstate: {tmp_path / "state"}\n')
    code, told = let_through("calm", *approval(path))

    assert code == 4
    assert "was revoked" in told


def test_a_verdict_that_blocked_is_not_made_good_by_a_record(judged, record, let_through, found):
    assert judged("wide")[0] == 1
    path = record("wide.statement", "dana", "erin")

    assert let_through("wide", *approval(path))[0] == 4
    ((verdict, said),) = found()
    assert verdict == "violation"
    assert "which the gate blocked on" in said


def test_what_belongs_together_is_asked_for_together(judged, record, let_through):
    judged("calm")
    path = record("calm.statement", "dana", "erin")

    assert let_through("calm", "--approved-by", path)[0] == 2
    assert let_through("calm", "--roster", "declared/isg/roster.json")[0] == 2
    assert let_through("calm", "--approved-by", path, "--roster", "declared/isg/roster.json")[0] == 2
    assert let_through("calm", *approval(path), host="none.yaml")[0] not in {0, 1}


def test_what_was_let_through_without_a_record_is_found_until_one_is_signed(judged, record, let_through, found):
    judged("calm")
    assert let_through("calm")[0] == 0
    ((verdict, said),) = found()
    assert verdict == "violation"
    assert "and no record approves it" in said

    record("calm.statement", "dana")
    assert {said for _, said in found()} > {said}
    record("calm.statement", "dana", "erin", claim="ISG-1-2")
    assert {said for _, said in found()} == {"ISG-1-1 approves nothing: ISG-1-1 needs 2 members, has 1 (dana)"}


def test_a_record_that_is_over_stands_for_what_was_made_in_its_time_alone(judged, record, let_through, found):
    judged("calm")
    let_through("calm")
    record("calm.statement", "dana", "erin", on="2026-01-01", until=YESTERDAY)

    assert [said for _, said in found() if "no record approves it" in said]


def test_what_was_approved_in_its_time_needs_no_record_for_ever(judged, record, let_through, found):
    judged("calm")
    assert let_through("calm", *approval(record("calm.statement", "dana", "erin")))[0] == 0

    assert found() == set()
    assert found("host.yaml", "--at", (date.today() + timedelta(days=60)).isoformat()) == set()  # noqa: DTZ011  # the record is over then


def test_a_record_of_which_the_log_tells_no_verdict_is_unknown(judged, record, found, tmp_path):
    judged("calm")
    record("calm.statement", "dana", "erin")
    shutil.rmtree(tmp_path / "state/audit")

    ((verdict, said),) = found()
    assert (verdict, "holds no verdict about it" in said) == ("unknown", True)


@pytest.mark.parametrize(
    ("host", "edit", "why"),
    [
        ("logless.yaml", lambda: None, "keeps no audit log"),
        ("none.yaml", lambda: None, "pins no roster"),
        ("host.yaml", lambda: shutil.rmtree("declared/registers"), "registers/changes"),
    ],
)
def test_a_register_that_cannot_be_joined_is_unknown(judged, found, host, edit, why):
    judged("calm")
    edit()
    ((verdict, said),) = found(host)

    assert verdict == "unknown"
    assert why in said


def test_a_log_that_was_changed_is_not_believed(judged, let_through, run, tmp_path):
    judged("wide")
    log = tmp_path / "state/audit/log/00000001.jsonl"
    log.write_text(log.read_text().replace('"exit":1', '"exit":0'))

    assert run("reconcile", "declared", "--from", "seen.json", "--host", "host.yaml")[0] == 8


def test_records_about_other_things_are_none_of_the_register(run, keys, found, judged):
    judged("calm")
    Path("declared/more.yaml").write_text('teams: {t: {}}\nclasses: {c: {}}\nassets: {a: {class: c, owner: "team:t", match: {}}}\n')
    path = Path("declared/registers/changes/ISG-2-1.json")
    assert run("record", "new", "declared", "--claim", "ISG-2-1", "--subject", "asset:a", "--out", path)[0] == 0

    assert found() == set()
    Path("declared/registers/changes/ISG-2-2.json").write_text("{")
    assert [said for _, said in found() if "ISG-2-2 approves nothing" in said]


def test_who_signs_sees_which_change_it_is(judged, record, run):
    judged("calm")
    judged("wide")
    path = record("calm.statement")

    assert "as judged" in run("record", "show", path, "--verdict", "calm.statement")[1]
    code, told = run("record", "show", path, "--verdict", "wide.statement")
    assert (code, "NO VERDICT GIVEN" in told) == (1, True)
    assert run("record", "show", path, "--verdict", "calm.json")[0] == 2


def test_a_subject_that_names_one_change_and_holds_the_digest_of_another_approves_neither(judged, record, let_through, keys, found):
    judged("calm")
    judged("wide")
    path, other = record("calm.statement"), record("wide.statement", claim="ISG-1-3")
    (calm,), (wide,) = (json.loads(one.read_text())["covers"].values() for one in (path, other))
    for one, named, held in ((path, calm, wide), (other, wide, calm)):
        content = one.read_text().replace(f'"change:sha256:{named}":"{named}"', f'"change:sha256:{named}":"{held}"')
        assert content != one.read_text()
        one.write_text(content)
        put(one, keys / "dana", "dana")
        put(one, keys / "erin", "erin")

    assert [let_through("calm", *approval(one))[0] for one in (path, other)] == [4, 4]
    let_through("calm")
    assert [text for _, text in found() if "no record approves it" in text]
