"""`guardrails record` as the person who signs meets it: what is said, and with which exit code."""

from __future__ import annotations

import json

import pytest

from guardrails.cli import main
from guardrails.trust.roster import digest
from trust.group import line, member, names, put, roster, write

DECLARATION = """\
guardrails: 1
isg: {roster: isg/roster.json}
teams: {platform: {}}
classes: {internal: {at-rest: service}}
assets:
  a: {class: internal, owner: "team:platform", accepted: ISG-1-1, match: {}}
  b: {class: internal, owner: "team:platform", match: {}}
vendors:
  v: {assessed: 2026-01-01, valid-until: 2036-01-01, on-lapse: escalate, owner: "team:platform"}
"""


@pytest.fixture
def company(tmp_path, keys):
    folder = tmp_path / "company"
    (folder / "isg/decisions").mkdir(parents=True)
    (folder / "guardrails.yaml").write_text(DECLARATION)
    members = [member(keys, "dana"), member(keys, "erin"), member(keys, "femi")]
    content = write(folder / "isg/roster.json", roster(members, expires="2036-12-31")).read_bytes()
    (tmp_path / "host.yaml").write_text(f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\n')
    return folder


@pytest.fixture
def run(company, capfd):
    def ran(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["record", *map(str, arguments)])
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        return ended.value.code, told.out, told.err

    return ran


@pytest.fixture
def record(company, run):
    path = company / "isg/decisions/ISG-1-1.json"
    code, _, err = run(
        "new", company, "--claim", "ISG-1-1", "--subject", "asset:a", "--on", "2026-09-01", "--by", "femi", "--note", "R-1", "--out", path
    )
    assert (code, err) == (0, "")
    return path


def verify(company, run, path, *more):
    return run("verify", path, "--roster", company / "isg/roster.json", "--host", company.parent / "host.yaml", *more)


def test_from_new_to_verified(company, run, record, keys):
    code, out, _ = verify(company, run, record)
    assert code == 1
    assert out.splitlines()[0] == "ISG-1-1 does not stand: needs 2 members, has 0"
    assert "do       read it, and if you agree: guardrails record sign ISG-1-1.json --key YOUR-KEY" in out
    code, out, err = run("sign", record, "--key", keys / "dana")
    assert (code, out) == (0, f"wrote {record}.dana.sig\n")
    assert "covers   asset:a" in err
    assert run("sign", record, "--key", keys / "erin", "--as", "erin")[0] == 0
    code, out, _ = verify(company, run, record.parent, "--at", "2026-09-01")
    assert (code, out) == (
        0,
        "ISG-1-1 stands until 2036-12-31, signed by dana, erin\n  covers   asset:a\n1 of 1 records stand on 2026-09-01\n",
    )
    code, out, _ = verify(company, run, record, "--at", "2026-08-31")
    assert (code, "counts only from 2026-09-01" in out) == (1, True)


def test_one_record_of_a_folder_that_does_not_stand_is_exit_1(company, run, record, keys):
    for name in ("dana", "erin"):
        put(record, keys / name, name)
    put(record, keys / "stranger", "femi")
    (record.parent / "notes.json").write_text("{}")
    code, out, _ = verify(company, run, record.parent)
    assert code == 1
    assert "notes does not stand: notes.json is not named like a record" in out
    assert "  ignored  femi: proposed it, and nobody approves a proposal of their own" in out
    assert "1 of 2 records stand" in out


def test_what_cannot_be_told_is_exit_3(company, run, record):
    (company / "empty").mkdir()
    for path in (record.parent / "nothing", record.with_name("ISG-9-9.json"), company / "empty", company / "absent/ISG-1-1.json"):
        code, out, err = verify(company, run, path)
        assert (code, out) == (3, ""), path
        assert err
    code, _, err = run("verify", record, "--roster", company / "isg/roster.json", "--host", company.parent / "nohost.yaml")
    assert (code, "pin the roster there" in err) == (3, True)
    (company / "isg/roster.json").write_bytes((company / "isg/roster.json").read_bytes() + b" ")
    code, _, err = verify(company, run, record)
    assert (code, "does not lead back to the digest" in err) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--subject", "asset:c"], "asset:c is not declared (name one of asset:a, asset:b)"),
        (["--subject", "vendor:v"], "does not follow from vendor"),
        (["--subject", "vendor:v", "--kind", "whim"], "Invalid value for '--kind'"),
        (["--subject", "asset:a", "--until", "soon"], "Invalid value for '--until'"),
        ([], "nothing is named that the record would cover"),
    ],
)
def test_a_wrong_argument_is_exit_2_and_writes_nothing(company, run, arguments, said):
    code, out, err = run("new", company, "--claim", "ISG-1-1", *arguments, "--out", company / "isg/decisions/ISG-1-1.json")
    assert (code, out) == (2, "")
    assert said in err
    assert not names(company / "isg/decisions")


def test_a_record_is_written_under_its_own_name(company, run):
    code, _, err = run("new", company, "--claim", "ISG-1-1", "--subject", "asset:a", "--out", company / "other.json")
    assert (code, "cannot be named other.json" in err) == (2, True)


def test_a_record_covers_several_entries_of_any_section(company, run):
    path = company / "isg/decisions/ISG-1-2.json"
    chosen = ["--subject", "asset:b", "--subject", "vendor:v", "--subject", "asset:a"]
    assert run("new", company, "--claim", "ISG-1-2", *chosen, "--out", path)[0] == 2
    assert run("new", company, "--claim", "ISG-1-2", *chosen, "--kind", "acceptance", "--until", "2036-01-01", "--out", path)[0] == 0
    written = json.loads(path.read_bytes())
    assert sorted(written["covers"]) == ["asset:a", "asset:b", "vendor:v"]
    assert (written["until"], written["by"], written["kind"]) == ("2036-01-01", None, "acceptance")


def test_show_says_what_changed_since(company, run, record):
    assert run("show", record)[0] == 0
    assert run("show", record, "--declaration", company)[0] == 0
    settings = company / "guardrails.yaml"
    settings.write_text(settings.read_text().replace("{class: internal, owner", "{risk: R-1, class: internal, owner"))
    code, out, _ = run("show", record, "--declaration", company)
    assert (code, "CHANGED since" in out) == (1, True)
    settings.write_text("guardrails: 1\n")
    code, out, _ = run("show", record, "--declaration", company)
    assert (code, "NOT DECLARED" in out) == (1, True)


def test_without_a_roster_the_member_must_be_named(company, run, record, keys):
    (company / "isg/roster.json").unlink()
    code, _, err = run("sign", record, "--key", keys / "dana")
    assert (code, "give --as MEMBER, or --roster" in err) == (2, True)
    assert run("sign", record, "--key", keys / "dana", "--as", "dana")[0] == 0


def test_a_roster_is_signed_by_its_members(company, run, keys):
    path = company / "isg/roster.json"
    code, out, err = run("roster-sign", path, "--key", keys / "erin")
    assert (code, out) == (0, f"wrote {path}.erin.sig\n")
    assert "dana, erin, femi" in err
    assert run("roster-sign", path, "--key", keys / "stranger")[0] == 3
    assert run("roster-digest", path)[1] == digest(path.read_bytes()) + "\n"
    path.write_text("{}")
    assert run("roster-digest", path)[0] == 3


def test_what_a_hostile_file_says_does_not_steer_the_terminal(company, run, record, keys):
    content = json.loads(record.read_bytes())
    record.write_text(json.dumps({**content, "\x1b[2J": 1}))
    code, out, err = run("show", record)
    assert (code, out) == (3, "")
    assert "\\u{1b}[2J is not a field" in err
    (record.parent / "ISG-1-1.json.\x1b[2J.sig").write_bytes(b"")
    (record.parent / "\x1b]0;x\x07.json").write_bytes(b"")
    out = verify(company, run, record.parent)[1]
    assert out.isascii()
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('minimum-version: "2"', "roster 1 is older than 2, which this host has seen"),
        ('minimum-quorum: "3"', "asks 2 signatures for record, the host 3"),
        ('minimum-quorum: "²"', "not a number from 1"),
        ('minimum-version: "0"', "not a number from 1"),
    ],
)
def test_the_host_sets_the_least_version_and_quorum(company, run, record, text, said):
    host = company.parent / "host.yaml"
    host.write_text(host.read_text().splitlines()[0] + f"\n{text}\n")
    code, _, err = verify(company, run, record)
    assert code in {2, 3}
    assert said in err


def test_the_key_of_one_member_does_not_sign_as_another(company, run, record, keys):
    assert run("sign", record, "--key", keys / "dana", "--as", "erin")[0] == 0
    run("sign", record, "--key", keys / "dana")
    out = verify(company, run, record)[1]
    assert "needs 2 members, has 1 (dana); erin: signed by a key that is not enrolled" in out
    assert line(keys, "dana") not in out


def test_a_host_file_that_others_could_change_pins_nothing(company, run, record):
    (company.parent / "host.yaml").chmod(0o666)
    code, _, err = verify(company, run, record)
    assert (code, "others could change it" in err) == (3, True)
    code, _, err = run("verify", record, "--roster", company / "isg/roster.json", "--host", company / "guardrails.yaml/host.yaml")
    assert (code, "let the user that runs guardrails read it" in err) == (3, True)
