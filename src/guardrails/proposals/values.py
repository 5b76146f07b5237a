"""Values of something that is not made yet: what is known of them, and of what is not, on what it hangs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Target", "Text", "Unknown", "Value", "number", "plain", "unknowns"]


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """An attribute of another proposed object, by its address. Empty when the language told the object alone."""

    address: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known before the change is made.

    Attributes:
        why: In words, without any value.
        targets: What it is made of, as far as that was told; nothing else that is unknown is in it.
        is_declared: Whether somebody wrote it, so that it is not what the provider does when nothing is asked.
        is_whole: Whether the targets are all that it hangs on.
    """

    why: str
    targets: tuple[Target, ...] = ()
    is_declared: bool = True
    is_whole: bool = True

    @property
    def target(self) -> Target | None:
        """The one that it is made of, when it is one alone."""
        return self.targets[0] if len(self.targets) == 1 and self.is_whole else None


Text = str | Unknown
"""What is written in some place, as far as it is known."""

Value: TypeAlias = "bool | int | float | str | tuple[Value, ...] | Mapping[str, Value] | Unknown | None"


def unknowns(value: Value) -> Iterator[Unknown]:
    """Everything in it that is not known."""
    match value:
        case Unknown():
            yield value
        case tuple():
            for one in value:
                yield from unknowns(one)
        case Mapping():
            for one in value.values():
                yield from unknowns(one)
        case _:
            return


def number(value: Value) -> int | Unknown | None:
    """A whole number, as such or as text."""
    if value is None or value == "" or isinstance(value, Unknown):
        return None if value == "" else value  # type: ignore[return-value]  # narrowed above
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal() else Unknown("it is no whole number")


def plain(value: object) -> Value:
    """A value of JSON, with nothing unknown in it."""
    if isinstance(value, list):
        return tuple(plain(one) for one in value)
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return value  # type: ignore[return-value]  # JSON has no other values
