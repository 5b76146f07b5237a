"""What is applied to be confirmed stays only when somebody confirms in time, wherever the run was killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from apply.runs import Run
from apply.test_kill_points import at_kill, cuts
from apply.test_killed import Kept
from guardrails.apply.journal import Step
from guardrails.apply.opened import journal_of, keep, mark, open_plans
from guardrails.errors import OperatorError, Refused, RolledBack
from guardrails.model.changes import Irreversible
from guardrails.trust.canonical import sha256_hex
from plan.plans import AT

TIME = timedelta(minutes=10)
LATE = AT + TIME + timedelta(seconds=1)
CHANGES = 20


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, 10)


def test_until_when_is_on_the_disk_before_the_first_write(run):
    seen = []
    run.system.before_write = lambda _ref: seen.append(run.path.read_bytes())

    run.applied(TIME)

    assert b'"confirm_by":"2026-11-25T12:10:00+00:00"' in seen[0]
    assert b'"step":"done"' not in seen[0]


def test_what_is_confirmed_in_time_stays(run):
    run.applied(TIME)
    assert (run.journal().is_waiting, run.journal().ended) == (True, "")

    run.now = AT + TIME
    run.confirmed()

    assert (run.journal().is_waiting, run.journal().ended) == (False, "applied")
    run.now = LATE
    with pytest.raises(Refused, match="nothing to resume: applied"):
        run.resumed()
    assert run.system.held == run.after
    assert [event for event, _ in run.noted[-3:]] == ["plan.wait", "plan.confirm", "plan.end"]


@pytest.mark.parametrize("step", ["resumed", "confirmed"])
def test_what_is_not_is_taken_back_by_whoever_comes_next(run, step):
    run.applied(TIME)
    run.now = LATE

    with pytest.raises(RolledBack, match="nobody confirmed the plan until 2026-11-25 12:10:00 UTC"):
        getattr(run, step)()

    assert run.system.held == run.before
    assert run.journal().ended == "rolled-back"
    with pytest.raises(Refused, match="nothing to confirm: rolled-back"):
        run.confirmed()


def test_in_time_nothing_is_to_be_resumed(run):
    run.applied(TIME)

    with pytest.raises(Refused, match="waits to be confirmed until 2026-11-25 12:10:00 UTC"):
        run.resumed()
    assert run.system.held == run.after


def test_what_needs_no_confirmation_cannot_be_confirmed(run):
    with pytest.raises(Refused, match="never begun"):
        run.confirmed()
    run.applied()
    with pytest.raises(Refused, match="nothing to confirm: applied"):
        run.confirmed()


@pytest.mark.parametrize("writes", [1, 4, 10])
def test_a_run_that_takes_longer_than_its_time_is_taken_back(run, writes):
    """Also one that is over with its last write."""

    def late(_ref) -> None:
        if len(run.system.writes) == writes:
            run.now = LATE

    run.system.after_write = late
    with pytest.raises(RolledBack, match="nobody confirmed"):
        run.applied(TIME)
    assert run.system.held == run.before
    assert len(run.system.writes) == 2 * writes, "none is made after its time"
    assert run.journal().ended == "rolled-back"


def test_what_cannot_be_taken_back_is_not_begun_so(run):
    run.plan = replace(run.plan, changes=(*run.changes[:-1], replace(run.changes[-1], undo=Irreversible(reason="keys do not come again"))))

    with pytest.raises(Refused, match="could not be taken back when nobody confirms: keys do not come again"):
        run.applied(TIME)
    assert (run.system.writes, run.journal().has_begun) == ([], False)


def test_a_plan_that_waits_can_be_taken_back_at_once(run):
    run.applied(TIME)
    run.rolled_back()

    assert run.system.held == run.before
    with pytest.raises(Refused, match="nothing to confirm: rolled-back"):
        run.confirmed()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The journal of a run that was confirmed and that nothing interrupted."""
    run = Run(tmp_path_factory.mktemp("whole"), CHANGES)
    run.applied(TIME)
    run.confirmed()
    return run.path.read_bytes()


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_killed_anywhere_it_is_confirmed_or_taken_back(tmp_path, whole, written, late):
    points, run = 0, Run(tmp_path, CHANGES)
    for cut in cuts(whole):
        run.now = AT
        found = at_kill(run, whole[:cut], written=written)
        if not found.has_begun or found.ended:
            continue
        points += 1
        run.now = LATE if late else AT
        if found.has(Step.CONFIRMED, -1) or not late:
            if not found.is_waiting:
                run.resumed()
            if not found.has(Step.CONFIRMED, -1):
                assert run.journal().is_waiting
                run.confirmed()
            assert (run.system.held, run.journal().ended) == (run.after, "applied")
        else:
            with pytest.raises(RolledBack):
                run.resumed()
            assert (run.system.held, run.journal().ended) == (run.before, "rolled-back")
    assert points == 4 * CHANGES + 6


def die(folder: Path, point: int) -> None:
    run = Kept(folder)
    run.dies_at(point)
    run.applied(TIME)
    run.confirmed()


def test_killed_at_every_call_another_process_takes_it_back_when_it_is_late(tmp_path):
    points = confirmed = 0
    for point in range(1, 1000):
        folder = tmp_path / str(point)
        folder.mkdir()
        process = multiprocessing.get_context("fork").Process(target=die, args=(folder, point))
        process.start()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            break
        points += 1
        run = Kept(folder)
        run.now = LATE
        if run.journal().has_begun and not run.journal().ended:
            if run.journal().has(Step.CONFIRMED, -1):
                run.resumed()
            else:
                with pytest.raises(RolledBack):
                    run.resumed()
        confirmed += run.journal().ended == "applied"
        assert Kept(folder).system.held == (run.after if run.journal().ended == "applied" else run.before)
    assert points == 4 * 10 + 4
    assert confirmed == 1, "only when it was killed after the confirmation"


def test_open_plans_are_those_that_were_begun_and_have_not_ended(tmp_path):
    content = b"{}"
    digest = sha256_hex(content)
    path = journal_of(tmp_path, digest)
    keep(path, content)
    keep(path, content)
    assert list(open_plans(tmp_path, None)) == []

    run = Run(tmp_path, 10)
    run.path = path
    run.applied(TIME)
    (found,) = open_plans(tmp_path, None)
    assert (found.digest, found.content(), found.journal.is_waiting) == (digest, content, True)

    path.with_suffix(".plan.json").write_bytes(b"{ }")
    with pytest.raises(OperatorError, match="was changed"):
        found.content()

    run.confirmed()
    assert list(open_plans(tmp_path, None)) == []
    run.rolled_back()
    assert list(open_plans(tmp_path, None)) == []


def test_a_plan_that_is_being_taken_back_after_its_end_is_open_again(tmp_path):
    path = journal_of(tmp_path, "a" * 64)
    run = Run(tmp_path, 10)
    run.path = path
    run.applied()
    run.system.before_write = lambda _ref: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        run.rolled_back()

    assert [found.digest for found in open_plans(tmp_path, None)] == ["a" * 64]


def test_that_a_journal_may_not_end_is_on_the_disk_before_anything_is_added(tmp_path, monkeypatch):
    """Else a host that loses its power while a plan is taken back would come up with the mark, and nobody would go on with it."""
    path, synced = journal_of(tmp_path, "b" * 64), []
    mark(path, ended=True)
    real = os.fsync

    def noting(descriptor):
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), path.with_suffix(".ended").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    mark(path, ended=False)
    mark(path, ended=True)
    assert synced == [(str(path.parent), False), (str(path.parent), True)]
