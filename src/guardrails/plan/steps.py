"""Which step of a copy is the one to make, by what was seen of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from guardrails.model.copies import CopyStep, Progress

__all__ = ["Told", "in_order", "is_over"]


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen of a step: whether it is done, `None` when that cannot be told, and by what."""

    is_done: bool | None
    found: str = ""


def in_order(steps: Iterable[tuple[CopyStep, Told]]) -> tuple[CopyStep, ...]:
    """Each step with how far it is.

    One is next only when every step before it was seen done. So where one cannot be told, or was undone, nothing after it is to be made.
    """
    return tuple(_in_order(steps))


def _in_order(steps: Iterable[tuple[CopyStep, Told]]) -> Iterator[CopyStep]:
    all_done = True
    for step, told in steps:
        yield replace(step, progress=_progress(told, all_done=all_done), found=told.found)
        all_done = all_done and told.is_done is True


def _progress(told: Told, *, all_done: bool) -> Progress:
    if told.is_done is None:
        return Progress.UNKNOWN
    if told.is_done:
        return Progress.DONE
    return Progress.NEXT if all_done else Progress.LATER


def is_over(steps: Iterable[CopyStep]) -> bool:
    """Whether nothing is left to be made."""
    return all(step.progress is Progress.DONE for step in steps)
