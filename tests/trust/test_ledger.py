"""The audit log on a real disk: what was acknowledged is kept, whatever happens; what was changed is found, whatever it is."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from guardrails.trust.errors import AuditError, MalformedJson
from guardrails.trust.log import ledger as module
from guardrails.trust.log.audit import newest, public_key, verify
from guardrails.trust.log.ledger import opened

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from guardrails.trust.log.ledger import opened
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(count):
    with opened(folder, "log", datetime.now(UTC)) as log:
        print(log.append("run.start", {"by": name, "number": number}, datetime.now(UTC)), flush=True)
        print(log.append("run.end", {"by": name}, datetime.now(UTC)), flush=True)
"""


def written(folder, *runs):
    for count in runs:
        with opened(folder, "log", AT) as log:
            for number in range(count):
                log.append("run.start", {"number": number}, AT)
    return folder


def interrupted(folder):
    """A run that wrote one record and no checkpoint."""
    with suppress(KeyboardInterrupt), opened(folder, "log", AT) as log:
        log.append("run.start", {}, AT)
        raise KeyboardInterrupt


def whole(folder, *against):
    return verify(folder, public_key(folder), against)


def records(folder):
    return [json.loads(line) for path in sorted((folder / "log").iterdir()) for line in path.read_bytes().splitlines()]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "audit"


def test_a_log_holds_what_was_written_in_order_after_its_opening(folder):
    found = records(written(folder, 2, 1))

    assert [record["event"] for record in found] == ["log.opened", "run.start", "run.start", "run.start"]
    assert [record["index"] for record in found] == [0, 1, 2, 3]
    assert {record["at"] for record in found} == {"2026-11-25T12:00:00Z"}


def test_each_run_ends_with_a_checkpoint_that_is_verified(folder):
    found = whole(written(folder, 2, 1))

    assert (found.size, found.checkpoints, found.unsealed) == (4, 3, 0)


def test_a_run_that_wrote_nothing_needs_no_checkpoint(folder):
    assert whole(written(folder, 1, 0)).checkpoints == 2


def test_nobody_else_may_look_into_it(folder):
    written(folder, 1)

    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE((folder / "log").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_the_private_key_is_in_no_record(folder):
    written(folder, 1)
    key = (folder / "key").read_text().splitlines()[1]

    assert not [path for path in folder.rglob("*") if path.is_file() and path.name != "key" and key in path.read_text()]


def test_what_has_no_canonical_spelling_is_refused_and_the_log_goes_on(folder):
    with opened(folder, "log", AT) as log:
        with pytest.raises(MalformedJson):
            log.append("run.start", {"number": 0.5}, AT)
        assert log.append("run.start", {}, AT) == 1
    assert whole(folder).size == 2


def test_a_log_goes_on_in_a_new_segment_when_one_is_full(folder, monkeypatch):
    monkeypatch.setattr(module, "SEGMENT_BYTES", 300)

    written(folder, 3, 3)

    assert len(list((folder / "log").iterdir())) > 2
    assert whole(folder).size == 7


# what a crash leaves


def test_a_torn_line_is_cut_and_the_cut_is_a_record(folder):
    written(folder, 2)
    with (folder / "log/00000001.jsonl").open("ab") as stream:
        stream.write(b'{"at":"2026')

    written(folder, 1)

    assert [(record["event"], record["data"]) for record in records(folder)[3:]] == [
        ("log.cut", {"bytes": 11}),
        ("run.start", {"number": 0}),
    ]
    assert whole(folder).size == 5


def test_records_behind_the_last_checkpoint_are_kept_and_sealed_by_the_next_run(folder):
    interrupted(folder)
    assert whole(folder).unsealed == 1

    written(folder, 1)

    assert (whole(folder).size, whole(folder).unsealed) == (3, 0)


@pytest.mark.parametrize("name", ["frontier", "checkpoint"])
def test_what_can_be_worked_out_again_may_be_lost(folder, name):
    written(folder, 2)
    (folder / name).unlink()

    written(folder, 1)

    assert whole(folder).size == 4


def at_times(folder, *days):
    for day in days:
        with opened(folder, "log", AT) as log:
            log.append("run.start", {}, AT.replace(day=day))


def latest(folder):
    with opened(folder, "log", AT) as log:
        return log.latest


@pytest.mark.parametrize("lost", ["", "frontier"])
def test_the_latest_moment_stays_when_the_clock_is_set_back(folder, lost):
    at_times(folder, 26, 30, 27)
    if lost:
        (folder / lost).unlink()

    assert latest(folder) == AT.replace(day=30)
    with opened(folder, "log", AT) as log:
        log.append("run.end", {}, AT)
        assert log.latest == AT.replace(day=30)


def test_the_latest_moment_counts_what_no_checkpoint_speaks_of_yet(folder):
    at_times(folder, 26)
    with suppress(KeyboardInterrupt), opened(folder, "log", AT) as log:
        log.append("run.start", {}, AT.replace(day=29))
        raise KeyboardInterrupt

    assert latest(folder) == AT.replace(day=29)


@pytest.mark.parametrize("held", [None, "2026-11-26T12:00:00", 7])
def test_a_frontier_that_does_not_tell_the_latest_moment_is_worked_out_again(folder, held):
    at_times(folder, 28)
    was = json.loads((folder / "frontier").read_text())
    (folder / "frontier").write_text(json.dumps(was | {"latest": held} if held else {name: was[name] for name in was if name != "latest"}))

    assert latest(folder) == AT.replace(day=28)


@pytest.mark.parametrize("at", ['"2026-11-25T12:00:00"', '"soon"', "7"])
def test_a_record_that_does_not_say_when_is_found(folder, at):
    interrupted(folder)
    path = folder / "log/00000001.jsonl"
    first, _, last = path.read_bytes().rstrip(b"\n").rpartition(b"\n")
    path.write_bytes(first + b"\n" + last.replace(b'"2026-11-25T12:00:00Z"', at.encode()) + b"\n")

    with pytest.raises(AuditError, match="does not say when"), opened(folder, "log", AT):
        pass


def test_a_frontier_of_another_tree_is_not_believed(folder):
    written(folder, 2)
    was = json.loads((folder / "frontier").read_text())
    (folder / "frontier").write_text(json.dumps(was | {"roots": ["00" * 32]}))

    written(folder, 1)

    assert whole(folder).size == 4


def test_a_run_that_ended_between_history_and_checkpoint_is_taken_up(folder):
    written(folder, 1)
    before = {name: (folder / name).read_bytes() for name in ("checkpoint", "frontier")}
    written(folder, 1)
    for name, content in before.items():
        (folder / name).write_bytes(content)

    written(folder, 1)

    assert (whole(folder).size, whole(folder).checkpoints) == (4, 4)


def test_a_torn_checkpoint_in_the_history_is_cut(folder):
    written(folder, 1)
    with (folder / "checkpoints").open("a") as stream:
        stream.write('"log\\n3')

    written(folder, 1)

    assert whole(folder).size == 3


def test_what_a_killed_writer_acknowledged_is_kept(folder):
    dice = random.Random(7)  # noqa: S311  # when to kill
    for _ in range(10):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(folder), "x", "100000"], stdout=subprocess.PIPE) as writer:
            first = writer.stdout.readline()
            time.sleep(dice.random() * 0.1)
            writer.send_signal(signal.SIGKILL)
            told = [int(index) for index in (first + writer.stdout.read()).split()]
        with opened(folder, "log", AT):
            pass
        assert whole(folder).size > max(told)


def test_several_writers_at_once_take_turns(folder):
    written(folder, 0)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, "8"], stdout=subprocess.PIPE) for name in "abcd"]
    told = [int(index) for writer in writers for index in writer.communicate()[0].split()]

    assert sorted(told) == list(range(1, 65))
    assert whole(folder).size == 65


def test_several_that_find_no_log_make_one(folder):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, "1"], stdout=subprocess.PIPE) for name in "abcd"]
    told = [int(index) for writer in writers for index in writer.communicate()[0].split()]

    assert sorted(told) == list(range(1, 9))
    assert [path.name for path in folder.parent.iterdir()] == ["audit"]


FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from guardrails.trust.errors import AuditError
from guardrails.trust.log.ledger import opened
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
at = datetime(2026, 11, 25, 12, tzinfo=UTC)
refused = 0
try:
    with opened(Path(sys.argv[1]), "log", at) as log:
        for _ in range(40):
            try:
                print(log.append("run.start", {}, at), flush=True)
            except AuditError:
                refused += 1
except AuditError:
    refused += 1
sys.exit(10 if refused else 0)
"""


def test_when_the_disk_is_full_nothing_more_is_acknowledged_and_nothing_is_lost(folder):
    written(folder, 2)
    size = (folder / "log/00000001.jsonl").stat().st_size
    for limit in range(size, size + 800, 61):
        before = whole(folder).size
        done = subprocess.run([sys.executable, "-c", FULL, str(folder), str(limit)], stdout=subprocess.PIPE, check=False)

        assert done.returncode == 10
        told = list(map(int, done.stdout.split()))
        written(folder, 0)
        assert whole(folder).size >= before + len(told)


def test_after_an_error_of_the_disk_an_open_log_is_dead(folder, monkeypatch):
    with suppress(AuditError), opened(folder, "log", AT) as log:
        monkeypatch.setattr(os, "fdatasync", failing)
        with pytest.raises(AuditError, match="Input/output error"):
            log.append("run.start", {}, AT)
        monkeypatch.undo()
        with pytest.raises(AuditError, match="opened anew"):
            log.append("run.start", {}, AT)
    written(folder, 1)
    assert whole(folder).unsealed == 0


def failing(_descriptor):
    raise OSError(5, "Input/output error")


def test_a_log_that_cannot_be_opened_keeps_nobody_waiting(folder):
    written(folder, 1)
    (folder / "checkpoints").write_text("damaged\n")
    for _ in range(2):  # the second would wait for the lock if the first had kept it
        with pytest.raises(AuditError, match="no signed note"), opened(folder, "log", AT):
            pass


# what somebody changed


def damaged(folder):
    with pytest.raises(AuditError) as found:
        whole(folder)
    return str(found.value)


def test_each_flipped_byte_of_what_was_signed_is_found(folder):
    written(folder, 3)
    path = folder / "log/00000001.jsonl"
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert damaged(folder)


def test_each_shorter_log_is_found(folder):
    written(folder, 3)
    path = folder / "log/00000001.jsonl"
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at])
        assert damaged(folder)


@pytest.mark.parametrize("name", ["checkpoints", "checkpoint"])
def test_each_flipped_byte_of_a_checkpoint_is_found(folder, name):
    written(folder, 1)
    content = (folder / name).read_bytes()
    for at in range(len(content)):
        (folder / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert damaged(folder)


def test_a_missing_record_and_two_that_changed_places_are_found(folder):
    written(folder, 4)
    path = folder / "log/00000001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for at in range(len(lines) - 1):
        path.write_bytes(b"".join([*lines[:at], *lines[at + 1 :]]))
        assert f"record {at} does not follow" in damaged(folder) or "not those that were signed" in damaged(folder)
        path.write_bytes(b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]))
        assert f"record {at} does not follow" in damaged(folder)


def test_a_record_that_was_rewritten_with_all_that_follow_is_found(folder):
    written(folder, 4)
    key = Ed25519PrivateKey.generate()
    forged = written(folder.parent / "forged", 4)
    (folder / "log/00000001.jsonl").write_bytes((forged / "log/00000001.jsonl").read_bytes())
    assert "not those that were signed" in damaged(folder)

    for name in ("checkpoint", "checkpoints", "key.pub"):
        (folder / name).write_bytes((forged / name).read_bytes())
    assert whole(folder).size == 5, "by its own word it is whole"
    with pytest.raises(AuditError, match="not signed by log"):
        verify(folder, type(public_key(forged)).of("log", key))


def test_a_log_rolled_back_with_its_checkpoints_is_found_by_whoever_kept_one(folder):
    written(folder, 1)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    written(folder, 1)
    kept = newest(folder)
    for path, content in before.items():
        path.write_bytes(content)

    assert whole(folder).size == 2, "by its own word it is whole"
    with pytest.raises(AuditError, match="2 records, where 3 were signed"):
        whole(folder, kept)


def test_a_kept_checkpoint_of_a_log_that_grew_is_no_reason_to_worry(folder):
    written(folder, 1)
    kept = newest(folder)
    written(folder, 2)

    assert whole(folder, kept).size == 4


def test_a_damaged_record_behind_the_last_checkpoint_is_found_when_it_is_none(folder):
    written(folder, 1)
    interrupted(folder)
    path = folder / "log/00000001.jsonl"
    *kept, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*kept, last.replace(b'"at"', b'"at', 1)]))

    assert "record 2 is damaged" in damaged(folder)


def test_nobody_writes_into_a_log_that_was_changed(folder):
    written(folder, 3)
    path = folder / "log/00000001.jsonl"
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(AuditError, match="shorter than it was"), opened(folder, "log", AT):
        pass


@pytest.mark.parametrize("name", ["frontier", ""])
def test_nobody_writes_into_a_log_whose_signed_part_is_missing(folder, name):
    written(folder, 3)
    (folder / "frontier").unlink()
    path = folder / "log/00000001.jsonl"
    path.write_bytes(
        b"".join(path.read_bytes().splitlines(keepends=True)[:-1]) if name else path.read_bytes().replace(b"number", b"nomber")
    )

    with pytest.raises(AuditError), opened(folder, "log", AT):
        pass


def test_a_history_without_its_last_checkpoint_is_found(folder):
    written(folder, 1, 1)
    lines = (folder / "checkpoints").read_text().splitlines(keepends=True)
    (folder / "checkpoints").write_text("".join(lines[:-1]))

    with pytest.raises(AuditError, match="lacks the checkpoint of 3 records"), opened(folder, "log", AT):
        pass


def test_a_history_that_goes_back_is_found(folder):
    written(folder, 1, 1)
    lines = (folder / "checkpoints").read_text().splitlines(keepends=True)
    (folder / "checkpoints").write_text("".join([lines[0], lines[2], lines[1], lines[2]]))

    assert "fewer records than the one before" in damaged(folder)


def test_a_segment_that_ends_early_is_found(folder, monkeypatch):
    monkeypatch.setattr(module, "SEGMENT_BYTES", 400)
    written(folder, 4)
    first = folder / "log/00000001.jsonl"
    with first.open("ab") as stream:
        stream.write(b"{")

    assert "ends within a line" in damaged(folder)
    first.unlink()
    assert "No such file" in damaged(folder)


def test_a_log_without_checkpoints_is_none(folder):
    written(folder, 1)
    (folder / "checkpoints").write_text("")

    assert "no checkpoint" in damaged(folder)
    with pytest.raises(AuditError, match="not signed by this log"), opened(folder, "log", AT):
        pass


def test_a_log_keeps_its_name_when_the_host_gets_another(folder):
    written(folder, 1)
    with opened(folder, "other", AT) as log:
        log.append("run.start", {}, AT)

    assert (whole(folder).size, whole(folder).checkpoint.origin) == (3, "log")


def test_a_changed_public_key_is_found(folder):
    written(folder, 1)
    (folder / "key.pub").write_text(public_key(written(folder.parent / "another", 0)).written())

    assert "not signed by log" in damaged(folder)
    with pytest.raises(AuditError, match="not the public half"), opened(folder, "log", AT):
        pass
    (folder / "key.pub").write_text("log")
    with pytest.raises(AuditError, match="no public key of a log"), opened(folder, "log", AT):
        pass


@pytest.mark.parametrize("content", [b"", b"\xff", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_key_writes_nothing(folder, content):
    written(folder, 1)
    (folder / "key").write_bytes(content)

    with pytest.raises(AuditError, match="this is no key"), opened(folder, "log", AT):
        pass


def test_a_link_in_place_of_the_folder_is_not_followed(folder, tmp_path):
    written(tmp_path / "elsewhere", 1)
    folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(AuditError, match="not a link"), opened(folder, "log", AT):
        pass


def test_where_no_folder_can_be_made_no_log_is_opened(tmp_path):
    with pytest.raises(AuditError, match="No such file"), opened(tmp_path / "absent/audit", "log", AT):
        pass
