"""The file of the history: what is kept, in which order, whose it is, and what happens when it cannot be used."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from guardrails.errors import OperatorError
from guardrails.history import schema
from guardrails.history.runs import Change, kept_after
from guardrails.history.schema import STEPS, migrate
from guardrails.history.store import OutOfOrder, opened
from guardrails.model.words import Verdict
from history.pasts import at, pasts, ran, sighting


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


def keep(path, *runs, declaration="d"):
    for run in runs:
        with opened(path, declaration) as history:
            history.add(run)


def kept(path, declaration="d"):
    with opened(path, declaration) as history:
        return history.runs(), history.findings()


def raw(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_what_is_added_is_there_for_the_next_process(path):
    keep(path, ran(0, sighting(1), sighting(2, verdict=Verdict.UNDECIDED)), ran(1, sighting(1), gaps=1))
    (first, last), findings = kept(path)
    assert (first.at, first.findings, first.not_told, first.gaps, first.systems) == (at(0), 2, 1, 0, ("aws",))
    assert (last.exit_code, last.verdict, last.gaps) == (3, Verdict.UNKNOWN, 1)
    assert [one.first_seen for one in findings] == [at(0), at(0)]
    assert [one.last_seen for one in findings] == [at(1), at(0)]
    assert [one.gone_at for one in findings] == [None, None]


def test_what_each_run_changed_is_told_since_a_moment(path):
    keep(path, ran(0, sighting(1)), ran(1, sighting(2)), ran(2, sighting(1)))
    with opened(path, "d") as history:
        told = history.changed(at(0))
    one, two = sighting(1).id, sighting(2).id
    assert told == ((at(1), Change.GONE, one), (at(1), Change.NEW, two), (at(2), Change.BACK, one), (at(2), Change.GONE, two))


def test_declarations_do_not_end_the_findings_of_each_other(path):
    keep(path, ran(0, sighting(1)), declaration="one")
    keep(path, ran(1), declaration="two")
    assert [one.gone_at for one in kept(path, "one")[1]] == [None]
    assert kept(path, "two")[1] == ()


def test_the_same_run_twice_is_one(path):
    keep(path, ran(0, sighting(1)), ran(0, sighting(1)))
    runs, findings = kept(path)
    assert (len(runs), len(findings)) == (1, 1)


@pytest.mark.parametrize("late", [ran(0), ran(1, sighting(2))])
def test_a_run_that_does_not_follow_the_last_one_is_refused_and_changes_nothing(path, late):
    keep(path, ran(1, sighting(1)))
    before = kept(path)
    with pytest.raises(OutOfOrder, match="does not follow the last one"):
        keep(path, late)
    assert kept(path) == before


def test_a_later_judgement_of_older_evidence_ends_nothing(path):
    keep(path, ran(1, sighting(1)))
    with pytest.raises(OutOfOrder):
        keep(path, replace(ran(2), evidence=at(0)))
    assert kept(path)[1][0].gone_at is None


def test_a_block_that_raises_leaves_nothing(path):
    def broken():
        with opened(path, "d") as history:
            history.add(ran(0, sighting(1)))
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert kept(path) == ((), ())


def test_only_the_owner_can_read_it_while_it_is_open_and_after(path):
    old = os.umask(0)
    try:
        with opened(path, "d") as history:
            history.add(ran(0, sighting(1)))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert modes == dict.fromkeys(("history.sqlite", "history.sqlite-wal", "history.sqlite-shm"), 0o600)


@pytest.mark.parametrize("mode", [0o640, 0o602])
def test_what_others_could_read_or_change_is_refused(path, mode):
    keep(path, ran(0))
    path.chmod(mode)
    with pytest.raises(OperatorError, match="others could read or change it"):
        kept(path)


def test_a_link_a_folder_and_a_pipe_are_refused(path, tmp_path):
    keep(tmp_path / "other", ran(0))
    path.symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in (path, tmp_path, tmp_path / "pipe", tmp_path / "nowhere/history.sqlite"):
        with pytest.raises(OperatorError) as told:
            kept(name)
        assert told.value.remedy


def test_a_newer_file_is_refused_and_left_as_it_is(path):
    keep(path, ran(0, sighting(1)))
    raw(path, f"PRAGMA user_version = {len(STEPS) + 1}")
    before = path.read_bytes()
    with pytest.raises(OperatorError, match="a newer guardrails wrote it"):
        kept(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (a)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"])
def test_the_file_of_another_program_is_refused_and_left_as_it_is(path, statement):
    raw(path, statement)
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(OperatorError, match="another program's"):
        kept(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_told_and_not_replaced(path):
    path.write_bytes(b"not a database" * 100)
    path.chmod(0o600)
    with pytest.raises(OperatorError, match="damaged"):
        kept(path)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("change", ["finding SET verdict = 'fine'", "finding SET first_seen = 'once'", "run SET systems = '7'"])
def test_a_row_that_says_what_nobody_writes_is_damage(path, change):
    keep(path, ran(0, sighting(1)))
    raw(path, f"UPDATE {change}")
    with pytest.raises(OperatorError, match="damaged"):
        kept(path)


def test_an_older_file_becomes_a_newer_one_with_all_that_is_in_it(path):
    keep(path, ran(0, sighting(1)))
    before = kept(path)
    longer = (*STEPS, ("ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT ''",))
    with closing(sqlite3.connect(path)) as connection:
        migrate(connection, "h", longer)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)
        assert connection.execute("SELECT note FROM run").fetchone() == ("",)
        migrate(connection, "h", longer)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    assert kept(path) == before


def test_a_step_that_cannot_be_taken_leaves_the_older_file(path):
    keep(path, ran(0, sighting(1)))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, "h", (*STEPS, ("ALTER TABLE run ADD COLUMN note TEXT", "ALTER TABLE nothing ADD COLUMN a")))
        connection.execute("ROLLBACK")
    assert len(kept(path)[0]) == 1


def test_steps_are_only_ever_added():
    assert len(schema.STEPS) == 1


def test_who_waits_too_long_is_told_so(path):
    with opened(path, "d"), pytest.raises(OperatorError, match="locked") as told, opened(path, "d", wait_seconds=0.05):
        pass
    assert "wait for the other run" in told.value.remedy


def _several(path, number):
    for hour in range(10):
        with opened(path, f"d{number}") as history:
            history.add(ran(hour, sighting(hour)))


def test_processes_wait_for_each_other_and_lose_nothing(path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_several, args=(path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [len(kept(path, f"d{number}")[0]) for number in range(3)] == [10, 10, 10]


@settings(max_examples=25)
@given(pasts())
def test_the_file_keeps_what_the_pure_part_says(runs):
    expected = ()
    with TemporaryDirectory() as folder:
        for run in runs:
            expected = kept_after(expected, run)
            keep(Path(folder) / "h", run, run)
        assert kept(Path(folder) / "h")[1] == expected
