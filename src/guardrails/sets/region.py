"""Sets of points with several named coordinates: unions of boxes, less other boxes.

A difference is never multiplied out. To find a point of it, the cheapest point of a box is tried; a subtracted box that holds it
is escaped through one dimension at a time, in disjoint pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from guardrails.sets.budget import STEPS, BudgetExceededError

__all__ = ["Extent", "Region", "Space"]


class Extent(Protocol):
    """What a dimension is made of."""

    def __and__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...
    def __contains__(self, point: Any, /) -> bool: ...  # noqa: ANN401  # mostly a text
    def is_empty(self) -> bool:
        """Whether it holds nothing."""
        ...

    def witness(self) -> Any:  # noqa: ANN401  # mostly a text
        """One member, always the same; `None` when there is none."""
        ...


_Box = tuple[Any, ...]
"""One extent a dimension. The extents of one place are of one type; the type system cannot say so."""

_Cube = tuple[_Box, tuple[_Box, ...]]
"""A box less some boxes."""


@dataclass(frozen=True, slots=True)
class Space:
    """The dimensions, and what everything is in each."""

    names: tuple[str, ...]
    whole: _Box

    def region(self, **extents: Extent) -> Region:
        """One box; a dimension that is not named is whole."""
        box = tuple(extents.get(name, whole) for name, whole in zip(self.names, self.whole, strict=True))
        return Region(self, ((box, ()),))

    def union(self, regions: Iterable[Region]) -> Region:
        """Every point of any of them."""
        return Region(self, tuple(dict.fromkeys(cube for region in regions for cube in region.cubes)))

    def nothing(self) -> Region:
        """No point."""
        return Region(self, ())

    def everything(self) -> Region:
        """Every point."""
        return self.region()


@dataclass(frozen=True, slots=True)
class Region:
    """A set of points of a space."""

    space: Space
    cubes: tuple[_Cube, ...]

    def __or__(self, other: Region) -> Region:
        return self.space.union([self, other])

    def __and__(self, other: Region) -> Region:
        return Region(
            self.space,
            tuple(
                (shared, minus + more)
                for box, minus in self.cubes
                for theirs, more in other.cubes
                if (shared := _meet(box, theirs)) is not None
            ),
        )

    def __sub__(self, other: Region) -> Region:
        cubes = list(self.cubes)
        for theirs, more in other.cubes:
            # a - (b - c) = (a - b) | (a & b & c)
            back = [
                (inner, minus)
                for box, minus in cubes
                if more and (shared := _meet(box, theirs)) is not None
                for again in more
                if (inner := _meet(shared, again)) is not None
            ]
            cubes = [(box, (*minus, theirs)) for box, minus in cubes if box != theirs] + back
        return Region(self.space, tuple(cubes))

    def contains(self, point: Mapping[str, Any]) -> bool:
        """Whether the point, one coordinate a dimension, is in the set."""
        at = tuple(point[name] for name in self.space.names)
        return any(_holds(box, at) and not any(_holds(m, at) for m in minus) for box, minus in self.cubes)

    def covers(self, other: Region, *, budget: int = STEPS) -> bool:
        """Whether every point of the other is in this one."""
        return (other - self).is_empty(budget=budget)

    def is_empty(self, *, budget: int = STEPS) -> bool:
        """Whether there is no point.

        Raises:
            BudgetExceededError: It could not be decided.
        """
        return self.witness(budget=budget) is None

    def witness(self, *, budget: int = STEPS) -> dict[str, Any] | None:
        """A point, always the same for the same region; `None` proves that there is none.

        Raises:
            BudgetExceededError: It could not be decided.
        """
        purse = [budget]
        for box, minus in self.cubes:
            found = _find(box, minus, purse)
            if found is not None:
                return dict(zip(self.space.names, found, strict=True))
        return None


def _meet(left: _Box, right: _Box) -> _Box | None:
    """What two boxes share; `None` when it is nothing."""
    shared = []
    for mine, theirs in zip(left, right, strict=True):
        both = mine & theirs
        if both.is_empty():
            return None
        shared.append(both)
    return tuple(shared)


def _holds(box: _Box, at: tuple[Any, ...]) -> bool:
    return all(coordinate in extent for extent, coordinate in zip(box, at, strict=True))


def _find(box: _Box, minus: tuple[_Box, ...], purse: list[int]) -> tuple[Any, ...] | None:
    purse[0] -= 1
    if purse[0] < 0:
        raise BudgetExceededError
    point = tuple(extent.witness() for extent in box)
    if any(text is None for text in point):
        return None
    blocking = [other for other in minus if _holds(other, point)]
    if not blocking:
        return point
    # the one that leaves least: often nothing, which settles the box
    other, pieces = min(((other, _pieces(box, other)) for other in blocking), key=lambda left: len(left[1]))
    rest = tuple(each for each in minus if each is not other)
    return next((found for piece in pieces if (found := _find(piece, rest, purse)) is not None), None)


def _pieces(box: _Box, other: _Box) -> list[_Box]:
    """What is left of a box without another, as disjoint boxes, none of them empty."""
    pieces = []
    for at, (mine, theirs) in enumerate(zip(box, other, strict=True)):
        outside = mine - theirs
        if not outside.is_empty():
            head = tuple(one & two for one, two in zip(box[:at], other[:at], strict=True))
            pieces.append((*head, outside, *box[at + 1 :]))
    return pieces
