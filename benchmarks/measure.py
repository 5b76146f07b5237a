"""Two answers to one question, timed in turns in one run: ours and a peer's."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`prepare` makes the input of one run from its seed; both sides get it, and what they return must be equal."""

    question: str
    peer: str
    unit: str
    count: int
    prepare: Callable[[int], Any]
    ours: Callable[[Any], Any]
    theirs: Callable[[Any], Any]
    runs: int = 5
    limit_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Medians in CPU seconds."""

    case: Case
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours


def measure(case: Case) -> Result:
    """Run both sides in turns, after one run that does not count (it fills what is read once a process).

    Raises:
        AssertionError: They do not agree, or ours is beyond its limit.
    """
    times: list[tuple[float, float]] = []
    for seed in range(case.runs + 1):
        question = case.prepare(seed)
        mine, answer = _timed(case.ours, question)
        theirs, other = _timed(case.theirs, question)
        if answer != other:
            raise AssertionError(f"{case.question}: {case.peer} does not agree in run {seed}")
        times.append((mine, theirs))
    ours, theirs = (statistics.median(side) for side in zip(*times[1:], strict=True))
    if case.limit_seconds is not None and ours > case.limit_seconds:
        raise AssertionError(f"{case.question}: {ours:.1f} s, and the limit is {case.limit_seconds:.0f} s")
    return Result(case=case, ours=ours, theirs=theirs)


def _timed(call: Callable[[Any], Any], question: Any) -> tuple[float, Any]:
    gc.collect()
    start = time.process_time()
    answer = call(question)
    return time.process_time() - start, answer


def machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Python {platform.python_version()}, {cores} cores, {platform.system()} {platform.machine()}"


def table(results: list[Result]) -> Iterator[str]:
    yield "| question | ours, s | peer, s | peer takes | ours per second | peer |"
    yield "|---|---|---|---|---|---|"
    for found in results:
        rate = f"{found.case.count / found.ours:,.0f} {found.case.unit}"
        yield f"| {found.case.question} | {found.ours:.4f} | {found.theirs:.4f} | {found.ratio:.1f}x | {rate} | {found.case.peer} |"
