"""Killed at any point, and gone on or back from there: nothing is lost, nothing is done twice, nothing is half done."""

from __future__ import annotations

import pytest

from apply.runs import Killed, Run
from guardrails.apply.journal import Journal, Step
from guardrails.model.changes import edited

CHANGES = 50


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The journal of a run that nothing interrupted."""
    run = Run(tmp_path_factory.mktemp("whole"), CHANGES)
    assert len(run.changes) == CHANGES
    run.applied()
    return run.path.read_bytes()


def cuts(content: bytes):
    """Every end that the disk may hold: behind each line, and in the middle of each."""
    at = 0
    for line in content.splitlines(keepends=True):
        yield at + len(line) // 2
        at += len(line)
        yield at


def at_kill(run: Run, journal: bytes, *, written: bool) -> Journal:
    """The world when the process was killed; `written` when its last intent had reached the system."""
    run.path.write_bytes(journal)
    run.path.chmod(0o600)
    found = run.journal()
    run.system.held, run.system.writes = dict(run.before), []
    for at, change in enumerate(run.changes):
        if found.has(Step.DONE, at) or (written and found.has(Step.INTENT, at)):
            run.system.held[change.ref] = edited(run.system.held[change.ref], change.edits)
    return found


@pytest.mark.parametrize("written", [True, False])
def test_gone_on_from_every_point_everything_is_done_once(tmp_path, whole, written):
    points, run = 0, Run(tmp_path, CHANGES)
    for cut in cuts(whole):
        found = at_kill(run, whole[:cut], written=written)
        if not found.has_begun or found.ended:
            continue
        reached = sum(found.has(Step.INTENT if written else Step.DONE, at) for at in range(CHANGES))
        run.resumed()
        assert run.system.held == run.after
        assert len(run.system.writes) == CHANGES - reached
        assert run.journal().ended == "applied"
        points += 1
    assert points == 4 * CHANGES + 2


@pytest.mark.parametrize("written", [True, False])
def test_taken_back_from_every_point_everything_is_as_it_was(tmp_path, whole, written):
    run = Run(tmp_path, CHANGES)
    for cut in cuts(whole):
        if at_kill(run, whole[:cut], written=written).has_begun:
            run.rolled_back()
        assert run.system.held == run.before


@pytest.mark.parametrize("taking_back", [False, True])
def test_killed_at_every_call_and_gone_on(tmp_path, taking_back):
    """Likewise with the process killed around each write and each note to the audit log, in both directions."""
    number, points = 10, 0
    for point in range(1, 200):
        run = Run(tmp_path, number)
        run.path.unlink(missing_ok=True)
        if taking_back:
            run.applied()
        calls = killing(run, point)
        try:
            run.rolled_back() if taking_back else run.applied()
        except Killed:
            points += 1
        else:
            break
        calls.clear()
        if run.journal().has_begun and not run.journal().ended:
            run.rolled_back() if taking_back else run.resumed()
        ended = run.journal().ended
        assert run.system.held == (run.after if ended == "applied" else run.before)
    assert points == 4 * number + 2 - taking_back


def killing(run: Run, point: int) -> list[int]:
    """Let the call of that number kill; the list is empty when none does any more."""
    left, note = [point], run.note

    def count(*_: object) -> None:
        if left:
            left[0] -= 1
            if not left[0]:
                raise Killed

    def noting(event, values) -> None:
        count()
        note(event, values)

    run.system.before_write = run.system.after_write = count
    run.note = noting
    return left
