"""Finite sets over a catalogue of names, as bitmaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from guardrails.sets.pattern import Pattern

__all__ = ["Catalogue", "FiniteSet"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """An ordered universe of names."""

    names: tuple[str, ...]

    def of(self, names: Iterable[str]) -> FiniteSet:
        """The set of these names.

        Raises:
            KeyError: A name is not in the catalogue.
        """
        position = {name: at for at, name in enumerate(self.names)}
        bits = 0
        for name in names:
            bits |= 1 << position[name]
        return FiniteSet(self, bits)

    def matching(self, pattern: Pattern) -> FiniteSet:
        """The names that a pattern matches."""
        return FiniteSet(self, sum(1 << at for at, name in enumerate(self.names) if pattern.matches(name)))

    def everything(self) -> FiniteSet:
        """All names."""
        return FiniteSet(self, (1 << len(self.names)) - 1)

    def nothing(self) -> FiniteSet:
        """No name."""
        return FiniteSet(self, 0)


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
        return (name for at, name in enumerate(self.catalogue.names) if self.bits >> at & 1)

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __contains__(self, name: str) -> bool:
        return any(name == member for member in self)

    def covers(self, other: FiniteSet) -> bool:
        """Whether every name of the other is in this one."""
        return not other.bits & ~self.bits

    def is_empty(self) -> bool:
        """Whether there is no name."""
        return not self.bits

    def witness(self) -> str | None:
        """The first name in the order of the catalogue."""
        return next(iter(self), None)
