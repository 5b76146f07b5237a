"""Parts of a text that become others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Cut", "applied"]


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """A part of a text that becomes another one."""

    start: int
    end: int
    text: str = ""


def applied(text: str, cuts: Iterator[Cut] | list[Cut] | tuple[Cut, ...]) -> str:
    """A text with its cuts.

    Raises:
        ValueError: Two of them are about the same part.
    """
    found, at = [], 0
    for cut in sorted(cuts):
        if cut.start < at:
            raise ValueError("two changes of the same place")
        found += [text[at : cut.start], cut.text]
        at = cut.end
    return "".join([*found, text[at:]])
