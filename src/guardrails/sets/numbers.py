"""Sets of decimal numbers, exact to the billionth."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guardrails.sets.intervals import Intervals, holds, joined, less, meet

__all__ = ["NumberError", "Numbers"]

_FORM = re.compile(r"[+-]?\d{1,30}(\.\d{1,9})?", re.ASCII)
_PLACES = 9
_UNIT = 10**_PLACES
_FAR = 10**40
"""Beyond every number that can be written."""


class NumberError(ValueError):
    """The text is no number, or finer than the billionth."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A set of numbers, as merged intervals of billionths."""

    spans: Intervals = ()

    @classmethod
    def everything(cls) -> Numbers:
        """Every number."""
        return cls(((-_FAR, _FAR),))

    @classmethod
    def compared(cls, operator: str, text: str) -> Numbers:
        """The numbers that are `=`, `<`, `<=`, `>` or `>=` a written one.

        Raises:
            NumberError: It is no number.
        """
        at = _at(text)
        low, high = {"=": (at, at), "<": (-_FAR, at - 1), "<=": (-_FAR, at), ">": (at + 1, _FAR), ">=": (at, _FAR)}[operator]
        return cls(((low, high),))

    def __or__(self, other: Numbers) -> Numbers:
        return Numbers(joined(self.spans + other.spans))

    def __and__(self, other: Numbers) -> Numbers:
        return Numbers(meet(self.spans, other.spans))

    def __sub__(self, other: Numbers) -> Numbers:
        return Numbers(less(self.spans, other.spans))

    def __contains__(self, text: str) -> bool:
        at = _at(text)
        return holds(self.spans, at, at)

    def is_empty(self) -> bool:
        """Whether there is no number."""
        return not self.spans

    def ends(self) -> tuple[tuple[str, str], ...]:
        """The first and the last number of each interval; an empty text where it goes on for ever."""
        return tuple(("" if low == -_FAR else _text(low), "" if high == _FAR else _text(high)) for low, high in self.spans)

    def witness(self) -> str | None:
        """The whole number nearest to nought in the lowest interval that has one, else its end."""
        for low, high in self.spans:
            nearest = max(low, min(0, high))
            whole = (nearest // _UNIT if high < 0 else -(-nearest // _UNIT)) * _UNIT
            return _text(whole if low <= whole <= high else nearest)
        return None


def _at(text: str) -> int:
    if not _FORM.fullmatch(text):
        raise NumberError(f"{text!r} is no number that can be compared exactly")
    # not by way of Decimal, which rounds to 28 digits
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(_PLACES, "0"))


def _text(at: int) -> str:
    whole, part = divmod(abs(at), _UNIT)
    return f"{'-' if at < 0 else ''}{whole}.{part:0{_PLACES}}".rstrip("0").removesuffix(".")
