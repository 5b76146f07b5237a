"""The file of the history: whose it is, who may read it, and what is left alone."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading

import pytest

from guardrails.errors import OperatorError
from guardrails.history.file import SqliteFile
from guardrails.history.store import Archive, opened
from history.pasts import ran, sighting
from history.places import Place


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def place(path):
    return Place(Archive(at=str(path)))


def test_only_the_owner_can_read_it_while_it_is_open_and_after(path, place):
    old = os.umask(0)
    try:
        with opened(place.archive, "d") as history:
            history.add(ran(0, sighting(1)))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert modes == dict.fromkeys(("history.sqlite", "history.sqlite-wal", "history.sqlite-shm"), 0o600)


@pytest.mark.parametrize("mode", [0o640, 0o602])
def test_what_others_could_read_or_change_is_refused(path, place, mode):
    place.keep(ran(0))
    path.chmod(mode)
    with pytest.raises(OperatorError, match="others could read or change it"):
        place.kept()


def test_a_link_a_folder_and_a_pipe_are_refused(path, tmp_path):
    Place(Archive(at=str(tmp_path / "other"))).keep(ran(0))
    path.symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in (path, tmp_path, tmp_path / "pipe", tmp_path / "nowhere/history.sqlite"):
        with pytest.raises(OperatorError) as told:
            Place(Archive(at=str(name))).kept()
        assert told.value.remedy


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (a)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"])
def test_the_file_of_another_program_is_refused_and_left_as_it_is(path, place, statement):
    place.raw(statement)
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(OperatorError, match="another program's"):
        place.kept()
    assert path.read_bytes() == before


def test_a_damaged_file_is_told_and_not_replaced(path, place):
    path.write_bytes(b"not a database" * 100)
    path.chmod(0o600)
    with pytest.raises(OperatorError, match="damaged"):
        place.kept()
    assert path.read_bytes().startswith(b"not a database")


def test_who_looks_while_another_process_makes_it_takes_it_for_nobody_elses(place, monkeypatch):
    number, made = SqliteFile._number, []

    def meanwhile(file, pragma):
        found = number(file, pragma)
        if not made:
            made.append(True)
            with contextlib.suppress(OperatorError), opened(place.archive, "other", wait_seconds=0.05) as history:
                history.add(ran(0))
        return found

    monkeypatch.setattr(SqliteFile, "_number", meanwhile)
    place.keep(ran(1, sighting(1)))
    assert len(place.kept()[0]) == 1


def test_making_it_waits_for_who_reads_it(path, place):
    raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    path.chmod(0o600)
    raw.execute("BEGIN")
    raw.execute("SELECT * FROM sqlite_schema").fetchall()
    timer = threading.Timer(0.3, raw.execute, ("ROLLBACK",))
    timer.start()
    place.keep(ran(0))
    timer.join()
    raw.close()
    assert len(place.kept()[0]) == 1
