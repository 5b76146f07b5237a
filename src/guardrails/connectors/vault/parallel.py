"""Asks several questions at once, and gives the answers in the order of the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["at_once"]

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")


def at_once(ask: Callable[[_Question], _Answer], questions: Sequence[_Question], number: int) -> Iterator[_Answer]:
    """Each answer, while at most `number` questions are under way; whatever `ask` raises is raised in its place."""
    if number < 2 or len(questions) < 2:  # noqa: PLR2004  # more than one
        yield from map(ask, questions)
        return
    pool = ThreadPoolExecutor(max_workers=min(number, len(questions)))
    try:
        yield from pool.map(ask, questions)
    finally:
        pool.shutdown(cancel_futures=True)
