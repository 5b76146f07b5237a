"""The values that make a difference where the path of a rule holds one that is not known.

A value matters by what it equals, and by what it begins with where a pattern ends before its star. So beside a value that nothing names,
and none at all, those count that make a segment the same as that of another rule. Two values may be the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, islice, product
from math import prod
from string import ascii_lowercase

from guardrails.vault.profiles import Profile
from guardrails.vault.templates import Known, Missing, Values, expressions

__all__ = ["MOST_VALUATIONS", "Intricate", "valuations"]

MOST_VALUATIONS = 512
"""Ways to fill in the paths that are looked at for one question."""

_LETTERS = frozenset("*+/")
"""With these a value would be more than a part of one segment."""


class Intricate(Exception):  # an answer, not a mistake
    """Why not all values can be looked at."""


def valuations(paths: Iterable[str], near: Sequence[str], values: Values, profile: Profile) -> Iterator[Mapping[str, Known]]:
    """Values for all expressions of some paths that are not known, in every way that makes a difference; once, when all are known.

    `near` are all paths whose segments a value may equal.

    Raises:
        Intricate: There are too many, or values may hold wildcards.
    """
    found = tuple(dict.fromkeys(paths))
    unknown = [name for name in dict.fromkeys(name for path in found for name in expressions(path)) if values(name) is Missing.UNKNOWN]
    if unknown and not profile.blocked >= _LETTERS:
        raise Intricate(f"a value for {unknown[0]} may hold wildcards or slashes, which {profile} puts into the path")
    if any(len(set(expressions(segment)) & set(unknown)) > 1 for path in found for segment in path.split("/")):
        raise Intricate("two values that are not known stand in one segment")
    fresh = tuple(islice(_unnamed(near), len(unknown)))
    options = [_options(name, fresh[: number + 1], found, near) for number, name in enumerate(unknown)]
    if (ways := prod(map(len, options))) > MOST_VALUATIONS:
        raise Intricate(f"there are {ways} ways to fill in the values that are not known")
    for chosen in product(*options):
        yield dict(zip(unknown, chosen, strict=True))


def _unnamed(near: Sequence[str]) -> Iterator[str]:
    """Values that make no segment the same as one of a path, nor begin as one does before its star: no path has their first letter."""
    text = frozenset("".join(near))
    first = next(letter for letter in chain(ascii_lowercase, map(chr, count(ord("\u00e0")))) if letter not in text)
    yield from (f"{first}-value{number}" for number in count(1))


def _options(name: str, fresh: Sequence[str], paths: Sequence[str], near: Sequence[str]) -> list[Known]:
    named = sorted({value for path in paths for value in _equal(name, path, near) if value and not _LETTERS & set(value)})
    return [*fresh, Missing.ABSENT, *named]


def _equal(name: str, path: str, near: Sequence[str]) -> Iterator[str]:
    """Values that make a segment of the path that of another."""
    for at, segment in enumerate(path.split("/")):
        if name not in expressions(segment):
            continue
        before, after = segment.split("{{", 1)[0], segment.rsplit("}}", 1)[1]
        begins = path.split("/")[:at]
        for other in near:
            parts = other.split("/")
            if at < len(parts) and "{{" not in parts[at] and all(map(_may_equal, begins, parts)):
                yield from _between(parts[at], before, after, opened=at == len(parts) - 1 and other.endswith("*"))


def _may_equal(one: str, other: str) -> bool:
    return one == other or "+" in {one, other} or "{{" in one or "{{" in other


def _between(text: str, before: str, after: str, *, opened: bool) -> Iterator[str]:
    if opened:
        text = text.removesuffix("*")
        if text.startswith(before) and len(text) > len(before):
            yield f"{text[len(before) :]}x"
    if text.startswith(before) and text.endswith(after) and len(text) > len(before) + len(after):
        yield text[len(before) : len(text) - len(after)]
