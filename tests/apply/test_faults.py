"""Four writes in ten go wrong, in every way that a write can: no end state is wrong, in whatever order it happens."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apply.runs import Killed, Run
from guardrails.errors import Conflict, ConnectorError, Refused, RolledBack, Unfinished
from guardrails.model.changes import Image
from guardrails.trust.errors import AuditError
from plan.plans import AT

SHARE, SELDOM = 0.4, 0.05
"""Of writes, and of readings and records, of which there are many to one write."""
FAULTS = ("conflict", "unreachable", "answer-lost", "dropped", "killed-before", "killed-after", "unread", "unlogged")
FOREIGN = Image.of({"policies": ("theirs",)})


class Faulty(Run):
    """A run in which calls go wrong by chance, until they are told to go well."""

    def __init__(self, folder: Path, number: int, chance: Random, faults: tuple[str, ...]) -> None:
        super().__init__(folder, number)
        self.chance, self.faults, self.well = chance, faults, False
        self.injected = self.calls = 0
        self.system.before_write, self.system.after_write = self.before_write, self.after_write
        self.current, self.system.current = self.system.current, self.read
        self.kept: Image | None = None

    def fault(self, *which: str, share: float = SHARE / 2) -> str:
        """One of those that may happen here; empty mostly. A write is asked before and after."""
        self.calls += share != SELDOM
        here = [fault for fault in self.faults if fault in which]
        if not here or self.well or self.chance.random() >= share:
            return ""
        self.injected += share != SELDOM
        return self.chance.choice(here)

    def before_write(self, ref) -> None:
        self.kept = self.system.held.get(ref)
        match self.fault("conflict", "unreachable", "killed-before"):
            case "conflict":
                raise Conflict("somebody was faster")
            case "unreachable":
                raise ConnectorError("it does not answer")
            case "killed-before":
                raise Killed

    def after_write(self, ref) -> None:
        match self.fault("answer-lost", "dropped", "killed-after"):
            case "answer-lost":
                raise ConnectorError("the answer was lost")
            case "dropped":
                self.system.held[ref] = self.kept
            case "killed-after":
                raise Killed

    def read(self, ref):
        if self.fault("unread", share=SELDOM):
            raise ConnectorError("it cannot be read")
        return self.current(ref)

    def note(self, event, values) -> None:
        if self.fault("unlogged", share=SELDOM):
            raise AuditError("the disk is full")
        super().note(event, values)

    def ends(self, *, confirm: bool) -> str:
        """Begin, and let the next run go on or back until it is over, as an operator or cron would; in the end nothing goes wrong any more."""
        with suppress(Killed, Conflict, ConnectorError, RolledBack, Unfinished, AuditError, Refused):
            self.applied(timedelta(minutes=10) if confirm else None)
        for attempt in range(40):
            journal = self.journal()
            if not journal.has_begun or journal.ended:
                break
            self.well = attempt >= 30
            step = self.chance.choice((*[self.resumed] * 12, self.rolled_back, *([self.confirmed] * 6 if confirm else ())))
            if confirm and self.chance.random() < SELDOM:
                self.now = AT + timedelta(hours=1)
            with suppress(Killed, Conflict, ConnectorError, RolledBack, Unfinished, AuditError, Refused):
                step()
        return self.journal().ended


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.randoms(use_true_random=False), st.sets(st.sampled_from(FAULTS), min_size=1), st.booleans())
def test_no_fault_leaves_a_wrong_end(chance, faults, confirm):
    with tempfile.TemporaryDirectory() as folder:
        run = Faulty(Path(folder), 10, chance, tuple(sorted(faults)))
        ended = run.ends(confirm=confirm)

        if not run.journal().has_begun:
            assert run.system.held == run.before
            return
        if not ended:  # it waits to be confirmed, or cannot go on by itself: every object is as it was or as it was to be
            run.well = True
            with suppress(Refused):
                run.rolled_back()
            ended = run.journal().ended
        assert run.system.held == {"applied": run.after, "rolled-back": run.before}[ended]
        if ended == "applied" and confirm:
            assert ("plan.confirm", -1) in run.noted


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 9), st.booleans())
def test_among_faults_what_somebody_else_wrote_is_left_alone_and_told(chance, at, after):
    """However often a run goes on or back, the object of another writer stays theirs, and the plan does not end."""
    with tempfile.TemporaryDirectory() as folder:
        run = Faulty(Path(folder), 10, chance, ("conflict", "unreachable", "answer-lost", "killed-before", "killed-after"))
        theirs = run.changes[at].ref
        meddle = run.after_write if after else run.before_write

        def meddles(ref) -> None:
            if ref == theirs:
                run.system.held[ref] = FOREIGN
            meddle(ref)

        setattr(run.system, "after_write" if after else "before_write", meddles)
        with suppress(Killed, Conflict, ConnectorError, RolledBack, Unfinished):
            run.applied()
        meddled = run.system.held[theirs] == FOREIGN
        for _ in range(10):
            if run.journal().has_begun and not run.journal().ended:
                with suppress(Killed, Conflict, ConnectorError, RolledBack, Unfinished, Refused):
                    chance.choice((run.resumed, run.rolled_back))()
            meddled |= run.system.held[theirs] == FOREIGN
        if meddled:
            assert run.system.held[theirs] == FOREIGN
            assert run.journal().ended == ""
        others = {ref: image for ref, image in run.system.held.items() if ref != theirs}
        assert all(image in {run.before[ref], run.after[ref]} for ref, image in others.items() if ref.kind == "user")


def test_the_faults_are_really_injected():
    """Of each write before and after, so that four in ten go wrong; and plans end in either way."""
    runs, ended = [], []
    for seed in range(60):
        with tempfile.TemporaryDirectory() as folder:
            faults = FAULTS if seed % 3 else ("killed-before", "killed-after")
            run = Faulty(Path(folder), 10, Random(seed), faults)  # noqa: S311  # no secret
            ended.append(run.ends(confirm=bool(seed % 2)))
            runs.append(run)
    assert 0.15 < sum(run.injected for run in runs) / sum(run.calls for run in runs) < 0.25
    assert min(ended.count("applied"), ended.count("rolled-back")) >= 5
