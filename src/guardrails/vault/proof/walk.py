"""All paths there are, one for each way in which they can be decided, the shortest first.

Several tables of patterns are walked side by side, segment by segment. What can still match is known from the segments so far, so two
beginnings with the same of it go on alike and only the first is followed. Beside the segments that some pattern names, one that begins as
some pattern ends before its star, and one that none knows, stand for all others. A pattern whose star was reached matches whatever
follows: of those, a table needs only the one that comes first.

A folder is asked for with a final slash, and for a LIST looked up with it and without. An empty segment elsewhere cannot be asked for:
servers redirect a doubled slash before they look at policies.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product
from string import ascii_lowercase

from guardrails.sets import BudgetExceededError
from guardrails.vault.acl import Rank, rank
from guardrails.vault.rules import is_exact, is_segmented

__all__ = ["MOST_STATES", "Choice", "Point", "Table", "walk"]

MOST_STATES = 20_000
"""Beginnings of paths that are looked at; patterns with many `+` that overlap can have more."""

_LETTERS = ascii_lowercase


@dataclass(frozen=True, slots=True)
class Choice:
    """What a table says of one text: the exact path, and the pattern that comes first, by their number in it."""

    exact: int | None
    pattern: int | None

    @property
    def first(self) -> int | None:
        """Which decides."""
        return self.pattern if self.exact is None else self.exact


@dataclass(frozen=True, slots=True)
class Point:
    """A path, and what each table says of it; of a folder, whose path ends with a slash, also what it says without the slash."""

    path: str
    choices: tuple[Choice, ...]
    without: tuple[Choice, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A pattern as segments; `None` for a `+`. The last segment of an open one is only the beginning of a segment.

    Each is itself alone, so that comparing beginnings costs nothing.
    """

    table: int
    number: int
    segments: tuple[str | None, ...]
    opened: bool
    exact: bool
    rank: Rank

    def ends_with(self, segment: str) -> bool:
        last = self.segments[-1]
        return last is None or (segment.startswith(last) if self.opened else segment == last)


class Table:
    """Paths of rules, by number."""

    __slots__ = ("paths",)

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(paths)

    def entries(self, table: int) -> Iterator[_Entry]:
        """Its patterns, for a walk in which it is the table of this number."""
        for number, path in enumerate(self.paths):
            opened = path.endswith("*")
            parts = path.removesuffix("*").split("/") if opened else path.split("/")
            wild = is_segmented(path)
            segments = tuple(None if wild and part == "+" else part for part in parts)
            yield _Entry(table, number, segments, opened, is_exact(path), rank(path))


_Best = tuple[_Entry | None, ...]
_Key = tuple[int, tuple[_Entry, ...], _Best]


@dataclass(frozen=True, slots=True)
class _State:
    """A beginning of paths: its segments, the patterns that can still match, and for each table what matches whatever follows."""

    segments: tuple[str, ...]
    live: tuple[_Entry, ...]
    best: _Best

    @property
    def key(self) -> _Key:
        return (len(self.segments) if self.live else 0), self.live, self.best


def walk(tables: Sequence[Table], budget: int = MOST_STATES) -> Iterator[Point]:
    """Points that stand for all paths, shorter ones before longer ones.

    Raises:
        BudgetExceededError: There are more beginnings than the budget.
    """
    entries = tuple(entry for number, table in enumerate(tables) for entry in table.entries(number))
    start = _State((), entries, tuple(None for _ in tables))
    seen, todo = {start.key}, deque([start])
    while todo:
        state = todo.popleft()
        for segment in _segments(state):
            ended = _ended(state, segment)
            yield Point("/".join((*state.segments, segment)), ended, None)
            following = _followed(state, segment)
            yield Point("/".join((*following.segments, "")), _ended(following, ""), ended)
            if following.key in seen:
                continue
            seen.add(following.key)
            if len(seen) > budget:
                raise BudgetExceededError(f"more than {budget} beginnings of paths")
            todo.append(following)


def _segments(state: _State) -> Iterator[str]:
    """Segments that stand for all; an empty one is only ever the last."""
    at = len(state.segments)
    literals = dict.fromkeys(entry.segments[at] for entry in state.live if not (entry.opened and at == len(entry.segments) - 1))
    named = [text for text in literals if text]
    begun = sorted({str(entry.segments[at]) for entry in state.live if entry.opened and at == len(entry.segments) - 1} | {""})
    yield from sorted(named)
    taken = frozenset(named)
    for beginning in begun:
        yield _fresh(beginning, taken, begun)


def _fresh(beginning: str, taken: frozenset[str], begun: Sequence[str]) -> str:
    """A segment that begins so, that nothing names, and that begins like nothing longer."""
    longer = [other for other in begun if len(other) > len(beginning) and other.startswith(beginning)]
    for length in count(1):
        for letters in product(_LETTERS, repeat=length):
            found = beginning + "".join(letters)
            if found not in taken and not any(found.startswith(other) or other.startswith(found) for other in longer):
                return found
    raise AssertionError  # the numbers do not end


def _ended(state: _State, segment: str) -> tuple[Choice, ...]:
    at = len(state.segments)
    exact: list[int | None] = [None] * len(state.best)
    best = list(state.best)
    for entry in state.live:
        if len(entry.segments) == at + 1 and entry.ends_with(segment):
            if entry.exact:
                exact[entry.table] = entry.number
            else:
                best[entry.table] = _later(best[entry.table], entry)
    return tuple(Choice(one, other.number if other else None) for one, other in zip(exact, best, strict=True))


def _followed(state: _State, segment: str) -> _State:
    at = len(state.segments)
    live: list[_Entry] = []
    best = list(state.best)
    for entry in state.live:
        if len(entry.segments) > at + 1:
            if entry.segments[at] in {None, segment}:
                live.append(entry)
        elif entry.opened and entry.ends_with(segment):
            best[entry.table] = _later(best[entry.table], entry)
    return _State((*state.segments, segment), tuple(live), tuple(best))


def _later(one: _Entry | None, other: _Entry) -> _Entry:
    return other if one is None or other.rank > one.rank else one
