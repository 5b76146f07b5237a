"""The disk or the audit log fails at any step, forwards or back: nothing is written without its note, and with a sound disk it goes on."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal

import pytest

from apply.runs import Run
from guardrails.errors import OperatorError
from guardrails.trust.errors import AuditError

NUMBER = 6


class Watched(Run):
    """A run of which it is known what the audit log had been told when each write was made."""

    def __init__(self, folder):
        super().__init__(folder, NUMBER)
        self.unnoted = []
        self.system.before_write = self.look

    def look(self, ref):
        allowed = {change.ref for at, change in enumerate(self.changes) if {("op.intent", at), ("op.undo", at)} & set(self.noted)}
        if ref not in allowed:
            self.unnoted.append(ref)

    def fails_at(self, point):
        left, note = [point], Run.note

        def noting(event, values):
            left[0] -= 1
            if left[0] == 0:
                raise AuditError("the log cannot be written", remedy="make room")
            note(self, event, values)

        self.note = noting

    def mends(self):
        self.note = lambda event, values: Run.note(self, event, values)


def finished(run, *, back):
    """Go on with a sound disk, to the end that the run had."""
    found = run.journal()
    if not found.has_begun:
        assert run.system.held == run.before
    elif back:
        if found.ended != "rolled-back":
            run.rolled_back()
        assert run.system.held == run.before
    else:
        if not found.ended:
            run.resumed()
        assert run.system.held == (run.after if run.journal().ended == "applied" else run.before)


@pytest.mark.parametrize("back", [False, True])
def test_no_note_no_write_whichever_note_fails(tmp_path, back):
    points = 0
    for point in range(1, 100):
        folder = tmp_path / f"{point}"
        folder.mkdir()
        run = Watched(folder)
        if back:
            run.applied()
            run.noted.clear()
        run.fails_at(point)
        before = len(run.system.writes)
        try:
            run.rolled_back() if back else run.applied()
        except AuditError:
            points += 1
        else:
            break
        told = [at for event, at in run.noted if event in {"op.undo", "op.intent"}]
        assert len(run.system.writes) - before <= len(told)
        assert run.unnoted == []
        run.mends()
        finished(run, back=back)
    assert points == 2 * len(run.changes) + (1 if back else 2)


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("back", [False, True])
def test_an_error_of_the_disk_at_any_call_stops_before_the_next_write(tmp_path, monkeypatch, call, back):
    real, points = getattr(os, call), 0
    for point in range(1, 200):
        folder = tmp_path / f"{point}"
        folder.mkdir()
        run = Watched(folder)
        if back:
            run.applied()
        left, before = [point], len(run.system.writes)

        def failing(descriptor, *content, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.EIO, "Input/output error")
            return real(descriptor, *content)

        monkeypatch.setattr(os, call, failing)
        try:
            run.rolled_back() if back else run.applied()
        except OperatorError as error:
            assert "Input/output error" in str(error)  # noqa: PT017  # only some runs meet it
            points += 1
        else:
            break
        finally:
            monkeypatch.setattr(os, call, real)
        assert run.unnoted == []
        assert len(run.system.writes) - before <= len(run.changes)
        finished(run, back=back)
    assert points >= 2 * len(run.changes)


def _short(folder, size):
    run = Watched(folder)
    run.applied()
    writes = len(run.system.writes)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    whole = run.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole + size, whole + size))
    try:
        run.rolled_back()
    except OperatorError:
        undone = run.path.read_bytes().rpartition(b"\n")[0].count(b'"step":"undo"')
        os._exit(3 if len(run.system.writes) - writes == undone and not run.unnoted else 9)
    os._exit(0 if run.system.held == run.before else 9)


def test_wherever_the_disk_ends_on_the_way_back_nothing_is_written_without_its_line(tmp_path):
    ended = []
    for size in range(1, 2400, 83):
        folder = tmp_path / str(size)
        folder.mkdir()
        process = multiprocessing.get_context("fork").Process(target=_short, args=(folder, size))
        process.start()
        process.join()
        ended.append(process.exitcode)
    assert set(ended) == {0, 3}
    assert ended == sorted(ended, reverse=True), "with room for all of it the run ends well"
