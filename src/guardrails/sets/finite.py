"""Finite sets over a catalogue of names, as bitmaps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from guardrails.sets.pattern import Pattern

__all__ = ["Catalogue", "FiniteSet"]

_LAST = "\U0010ffff"
"""Sorts behind every character of a name."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """A universe of names, sorted. Two catalogues are one only when they are the same object."""

    names: tuple[str, ...]
    position: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(sorted(set(self.names))))
        object.__setattr__(self, "position", {name: at for at, name in enumerate(self.names)})

    def __contains__(self, name: str) -> bool:
        return name in self.position

    def of(self, names: Iterable[str]) -> FiniteSet:
        """The set of these names.

        Raises:
            KeyError: A name is not in the catalogue.
        """
        return FiniteSet(self, _bits(self.position[name] for name in names))

    def matching(self, pattern: Pattern) -> FiniteSet:
        """The names that a pattern matches."""
        return FiniteSet(self, _matching(self, pattern))

    def everything(self) -> FiniteSet:
        """All names."""
        return FiniteSet(self, (1 << len(self.names)) - 1)

    def nothing(self) -> FiniteSet:
        """No name."""
        return FiniteSet(self, 0)


def _bits(positions: Iterable[int]) -> int:
    # one long number made at once, not one for each position
    places = list(positions)
    row = bytearray(max(places, default=0) // 8 + 1)
    for at in places:
        row[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(row, "little")


@lru_cache(maxsize=8192)
def _matching(catalogue: Catalogue, pattern: Pattern) -> int:
    first, end = (bisect_left(catalogue.names, edge) for edge in (pattern.head, pattern.head + _LAST))
    if pattern.is_prefix:
        return (1 << end) - (1 << first)
    return _bits(at for at in range(first, end) if pattern.matches(catalogue.names[at]))


@dataclass(frozen=True, slots=True)
class FiniteSet:
    """Some names of a catalogue."""

    catalogue: Catalogue
    bits: int

    def __or__(self, other: FiniteSet) -> FiniteSet:
        return FiniteSet(self.catalogue, self.bits | other.bits)

    def __and__(self, other: FiniteSet) -> FiniteSet:
        return FiniteSet(self.catalogue, self.bits & other.bits)

    def __sub__(self, other: FiniteSet) -> FiniteSet:
        return FiniteSet(self.catalogue, self.bits & ~other.bits)

    def __invert__(self) -> FiniteSet:
        return self.catalogue.everything() - self

    def __iter__(self) -> Iterator[str]:
        left = self.bits
        while left:
            first = left & -left
            yield self.catalogue.names[first.bit_length() - 1]
            left ^= first

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __contains__(self, name: str) -> bool:
        at = self.catalogue.position.get(name)
        return at is not None and bool(self.bits >> at & 1)

    def covers(self, other: FiniteSet) -> bool:
        """Whether every name of the other is in this one."""
        return not other.bits & ~self.bits

    def is_empty(self) -> bool:
        """Whether there is no name."""
        return not self.bits

    def witness(self) -> str | None:
        """The first name."""
        return self.catalogue.names[(self.bits & -self.bits).bit_length() - 1] if self.bits else None
