"""What a policy is before it is known what it means: a tree with places, from HCL or from JSON."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf

__all__ = ["DEEPEST", "Item", "Literal", "Node", "Object", "Sequence", "fraction", "whole"]

DEEPEST = 64
"""Blocks within blocks; no policy has more than a few."""
_LARGEST = 2**63
"""Engines hold whole numbers in 64 bits."""
_MOST_DIGITS = 300


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number or truth value; `None` comes from JSON alone. `written` is a number as it stands in HCL."""

    value: str | int | float | bool | None
    line: int = 0
    column: int = 0
    written: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    members: tuple[Node, ...]
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A value with its keys: one of an attribute, or those of a block."""

    keys: tuple[str, ...]
    value: Node
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Object:
    """Items in their order, also those with the same keys."""

    items: tuple[Item, ...]
    line: int = 0
    column: int = 0


Node = Literal | Sequence | Object


def whole(text: str, base: int = 10) -> int:
    """A whole number.

    Raises:
        ValueError: It is none, or too large.
    """
    found = int(text, base) if len(text) <= _MOST_DIGITS else _LARGEST
    if not -_LARGEST <= found < _LARGEST:
        raise ValueError(text)
    return found


def fraction(text: str) -> float:
    """A number with a point or an exponent; likewise.

    Raises:
        ValueError: It is too large.
    """
    found = float(text)
    if isinf(found):
        raise ValueError(text)
    return found
