"""Which statements of a document may speak of an action, looked up instead of asking each of them; the rest surely do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from guardrails.iam.documents import Kind, Statement, read
from guardrails.iam.patterns import Actions, actions_of

__all__ = ["Index", "indexed"]


class Index:
    """The statements of one document by what they say of actions."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements = tuple(statements)
        self._always: list[int] = []
        self._named: defaultdict[str, list[int]] = defaultdict(list)
        self._begun: list[tuple[tuple[str, ...], int]] = []
        for number, statement in enumerate(self._statements):
            self._add(number, _plain(statement))
        self._beginnings = tuple(start for starts, _ in self._begun for start in starts)

    def _add(self, number: int, actions: Actions | None) -> None:
        if actions is None:
            self._always.append(number)
            return
        for name in actions.names:
            self._named[name].append(number)
        if actions.starts:
            self._begun.append((actions.starts, number))

    def is_silent_on(self, action: str) -> bool:
        """Whether no statement may speak of an action."""
        asked = action.lower()
        return not self._always and asked not in self._named and not asked.startswith(self._beginnings)

    def of(self, action: str) -> Iterator[Statement]:
        """The statements that may speak of an action, in their order."""
        asked = action.lower()
        found = {*self._always, *self._named.get(asked, ())}
        if asked.startswith(self._beginnings):
            found.update(number for starts, number in self._begun if asked.startswith(starts))
        return (self._statements[number] for number in sorted(found))


def _plain(statement: Statement) -> Actions | None:
    """Its actions, if they are names and open beginnings alone; `None` for anything that has to be asked."""
    if statement.actions is None or statement.actions.negated:
        return None
    actions = actions_of(statement.actions.texts)
    return None if actions.others or actions.malformed else actions


@lru_cache(maxsize=8192)
def indexed(text: str, kind: Kind) -> Index:
    """The index of a document; the same text is read once."""
    return Index(read(text, kind).statements)
