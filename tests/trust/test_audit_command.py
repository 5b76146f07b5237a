"""`guardrails audit`, and runs that are logged, as the person on call meets them: what is said, and with which exit code."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from guardrails.cli import main
from guardrails.trust.log.audit import newest, public_key
from guardrails.trust.log.ledger import opened
from guardrails.trust.log.note import Verifier

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
DECLARATION = """\
guardrails: 1
systems: {inventory: {connector: netbox, export: nowhere}}
"""


@pytest.fixture
def run(capfd):
    def ran(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(list(map(str, arguments)))
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        return ended.value.code, told.out, told.err

    return ran


@pytest.fixture
def log(tmp_path):
    for number in range(3):
        with opened(tmp_path / "audit", "log", AT) as ledger:
            ledger.append("run.start", {"number": number}, AT)
            ledger.append("run.end", {"exit": number}, AT)
    return tmp_path / "audit"


@pytest.fixture
def key(log):
    return public_key(log).written()


def pem(path, key=None):
    path.write_bytes((key or Ed25519PrivateKey.generate()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_whole_log_is_told_with_its_numbers(run, log, key):
    assert run("audit", "verify", log, "--key", key) == (0, "whole: 7 records, 4 checkpoints signed by log\n", "")


def test_the_key_beside_the_log_is_told_to_be_its_own_word(run, log):
    code, _, err = run("audit", "verify", log)

    assert code == 0
    assert "its own word" in err


def test_records_that_nothing_signed_speaks_of_are_counted(run, log, key):
    with pytest.raises(KeyboardInterrupt), opened(log, "log", AT) as ledger:
        _stop(ledger)

    assert "1 records stand behind the newest checkpoint" in run("audit", "verify", log, "--key", key)[1]


def _stop(ledger):
    ledger.append("run.start", {}, AT)
    raise KeyboardInterrupt


def test_a_changed_log_is_8_and_says_how_far_it_was_signed(run, log, key):
    path = log / "log/00000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"exit":1', b'"exit":0'))

    code, out, err = run("audit", "verify", log, "--key", key)

    assert (code, out) == (8, "")
    assert "the first 5 records are not those that were signed" in err
    assert "tell the security group" in err


def test_a_log_of_another_key_is_8(run, log):
    other = Verifier.of("log", Ed25519PrivateKey.generate()).written()

    assert run("audit", "verify", log, "--key", other)[0] == 8


@pytest.mark.parametrize("key", ["", "log", "log+00000000+AAAA"])
def test_a_mistake_in_the_key_is_a_mistake_in_the_call(run, log, key):
    code, _, err = run("audit", "witness", log, "--key", key, "--seen", "s", "--sign", "k", "--name", "w")

    assert code == 2
    assert "no public key of a log" in err


def test_a_folder_without_a_log_is_8(run, tmp_path):
    assert run("audit", "verify", tmp_path)[0] == 8


def test_against_a_later_checkpoint_a_log_that_was_set_back_is_found(run, log, key, tmp_path):
    before = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}
    with opened(log, "log", AT) as ledger:
        ledger.append("run.start", {}, AT)
    (tmp_path / "kept").write_text(newest(log).written())
    for path, content in before.items():
        path.write_bytes(content)

    assert run("audit", "verify", log, "--key", key)[0] == 0
    code, _, err = run("audit", "verify", log, "--key", key, "--against", tmp_path / "kept")
    assert code == 8
    assert "7 records, where 8 were signed" in err


@pytest.mark.parametrize("content", [b"\xff", b"text\n"])
def test_a_kept_checkpoint_that_is_none_is_refused(run, log, key, tmp_path, content):
    (tmp_path / "kept").write_bytes(content)

    assert run("audit", "verify", log, "--key", key, "--against", tmp_path / "kept")[0] in {2, 3}


# exports


@pytest.fixture
def export(run, log, key, tmp_path):
    def exported(*more):
        path = tmp_path / "export.json"
        path.unlink(missing_ok=True)
        assert run("audit", "export", log, "--key", key, "--out", path, *more)[0] == 0
        return path

    return exported


def test_an_export_verifies_without_the_log(run, export, key):
    code, out, _ = run("audit", "verify", export("--event", "run.end"), "--key", key)

    assert code == 0
    assert [json.loads(line.partition(" ")[2])["data"] for line in out.splitlines()] == [{"exit": 0}, {"exit": 1}, {"exit": 2}]


def test_an_export_can_be_of_some_indexes(run, export, key):
    out = run("audit", "verify", export("--first", 2, "--last", 3), "--key", key)[1]

    assert [line.split()[0] for line in out.splitlines()] == ["2", "3"]


def test_what_nothing_signed_speaks_of_is_not_exported(log, export):
    with pytest.raises(KeyboardInterrupt), opened(log, "log", AT) as ledger:
        _stop(ledger)

    assert [record["index"] for record in json.loads(export().read_text())["records"]] == list(range(7))


def test_an_export_is_not_written_over_a_file(run, log, key, tmp_path):
    (tmp_path / "there").write_text("")

    code, _, err = run("audit", "export", log, "--key", key, "--out", tmp_path / "there")

    assert code == 2
    assert "there" in err


@pytest.mark.parametrize(
    ("was", "now"),
    [(r"\"exit\":1", r"\"exit\":0"), ('"index": 4', '"index": 3'), ('"index": 4', '"index": true'), (r"log\n7", r"log\n8")],
    ids=["record", "index", "form", "checkpoint"],
)
def test_a_changed_export_is_8(run, export, key, was, now):
    path = export()
    text = path.read_text()
    changed = text.replace(was, now, 1)
    assert changed != text
    path.write_text(changed)

    assert run("audit", "verify", path, "--key", key)[0] == 8


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"checkpoint": "", "records": []}', '{"checkpoint": 1, "records": 2}'])
def test_what_is_no_export_is_8(run, tmp_path, key, content):
    (tmp_path / "export.json").write_text(content)

    code, _, err = run("audit", "verify", tmp_path / "export.json", "--key", key)

    assert code == 8
    assert "no export" in err


def test_an_export_is_not_believed_without_a_key(run, export):
    assert run("audit", "verify", export())[0] == 2


# witnesses


def test_a_witness_adds_its_signature_and_remembers_what_it_saw(run, log, key, tmp_path):
    mine = Ed25519PrivateKey.generate()
    seen, private = tmp_path / "seen", pem(tmp_path / "witness.pem", mine)
    for size in (7, 8):
        assert (
            f"has seen {size} records"
            in run("audit", "witness", log, "--key", key, "--seen", seen, "--sign", private, "--name", "isg.example")[1]
        )
        assert Verifier.of("isg.example", mine).cosigned_at(newest(log)) is not None
        assert seen.read_text() == newest(log).written()
        with opened(log, "log", AT) as ledger:
            ledger.append("run.start", {}, AT)
    assert run("audit", "verify", log, "--key", key)[0] == 0


def test_a_witness_signs_no_log_that_lost_what_it_saw(run, log, key, tmp_path):
    before = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}
    arguments = ("--key", key, "--seen", tmp_path / "seen", "--sign", pem(tmp_path / "witness.pem"), "--name", "w")
    with opened(log, "log", AT) as ledger:
        ledger.append("run.start", {}, AT)
    assert run("audit", "witness", log, *arguments)[0] == 0
    seen = (tmp_path / "seen").read_text()
    for path, content in before.items():
        path.write_bytes(content)

    assert run("audit", "witness", log, *arguments)[0] == 8
    assert (tmp_path / "seen").read_text() == seen
    assert len(newest(log).signatures) == 1


@pytest.mark.parametrize("content", [b"", b"\xff"])
def test_a_witness_needs_a_key(run, log, key, tmp_path, content):
    (tmp_path / "witness.pem").write_bytes(content)

    code, _, err = run("audit", "witness", log, "--key", key, "--seen", tmp_path / "s", "--sign", tmp_path / "witness.pem", "--name", "w")

    assert code != 0
    assert "openssl genpkey" in err


# runs


@pytest.fixture
def company(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nstate: "{tmp_path / "state"}"\n')
    (tmp_path / "company.yaml").write_text(DECLARATION)
    return tmp_path


def logged(company):
    return [json.loads(line) for line in (company / "state/audit/log/00000001.jsonl").read_bytes().splitlines()[1:]]


def test_a_run_that_stopped_is_in_the_log_with_why(run, company):
    run("reconcile", company / "company.yaml", "--host", company / "host.yaml")
    start, end = logged(company)

    assert (start["event"], end["event"]) == ("run.start", "run.end")
    assert end["data"]["stopped"] == "ConnectorError"
    assert end["data"]["began"] == start["index"]


def test_where_the_log_cannot_be_written_the_run_is_8_and_reads_nothing(run, company):
    (company / "state").rmdir()

    code, out, err = run("reconcile", company / "company.yaml", "--host", company / "host.yaml")

    assert (code, out) == (8, "")
    assert "state folder" in err


def test_without_a_state_folder_nothing_is_logged(run, company):
    (company / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\n')

    run("reconcile", company / "company.yaml", "--host", company / "host.yaml")

    assert not list((company / "state").iterdir())


def test_a_state_folder_is_named_from_the_root(run, company):
    (company / "host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nstate: state\n')

    code, _, err = run("reconcile", company / "company.yaml", "--host", company / "host.yaml")

    assert code == 2
    assert "does not begin at the root" in err
