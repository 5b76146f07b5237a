"""The policy that would do: the same documents, less what is not declared, and the proof that they are that.

A statement that stays within what is declared stays as it is, and so does every Deny. Any other becomes one statement for each declared
part that it meets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from guardrails.iam.proof.access import region, space
from guardrails.iam.proof.declared import Declared, declared
from guardrails.iam.proof.meeting import Entry, NoWordsError, met, texts_of
from guardrails.iam.proof.requests import Point, point_in
from guardrails.iam.proof.statements import Statement
from guardrails.model.findings import Narrowed
from guardrails.sets import Context, Region

__all__ = ["Narrowing"]

_NO_WORDS = "no policy can say what is left of it"
_NOTHING_LEFT = "nothing that it allows is declared: take it away"
_ORDER = ("Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What one principal holds by its policies, and what is declared for it.

    Attributes:
        policies: Name and text of each.
        read: The statements of a text, as they stand for the requests of the principal.
        ceiling: What is declared.
        beyond: What it may do that is not declared, by whatever way.
        account: Where it is.
        known: What it brings to every request.
    """

    policies: tuple[tuple[str, str], ...]
    read: Callable[[str], Sequence[Statement]]
    ceiling: tuple[Declared, ...]
    beyond: Region
    account: str
    known: Context = field(default_factory=dict)

    def policies_that_would_do(self) -> tuple[Narrowed, ...]:
        """For each policy that gives something beyond, what would not.

        Raises:
            BudgetExceededError: It is too intricate.
        """
        found = [(text, *self._narrowed(name, text)) for name, text in self.policies]
        lost = self._lost([after or before for before, _, after in found])
        note = f"it gives less than is declared and held: no {lost[0]} on {lost[1]} any more" if lost else ""
        return tuple(replace(told, note=note) if told.document else told for _, told, _ in found if told is not None)

    def _narrowed(self, name: str, text: str) -> tuple[Narrowed | None, str]:
        """What is told of one policy, and its new text; nothing when it may stay as it is, or nobody can write it."""
        try:
            document, entries, made = self._made(text)
        except NoWordsError as error:
            return Narrowed(policy=name, note=f"{_NO_WORDS}: {error}"), ""
        if made == entries:
            return None, ""
        new = json.dumps(_ordered({**document, "Statement": _with_own_sids(made)}))
        return Narrowed(policy=name, document=new if made else "", note="" if made else _NOTHING_LEFT, before=text), new

    def together(self, texts: Iterable[str]) -> str:
        """One policy that says what is declared of several.

        Raises:
            NoWordsError: None can say it, or nothing of them is declared.
            BudgetExceededError: It is too intricate.
        """
        found = [self._made(text) for text in texts]
        entries = [entry for _, _, made in found for entry in made]
        if len({document.get("Version") for document, _, _ in found}) > 1:
            raise NoWordsError("the policies are of several versions of the language")
        if not any(entry.get("Effect") == "Allow" for entry in entries):
            raise NoWordsError("nothing that they allow is declared")
        return json.dumps(_ordered({**found[0][0], "Statement": _with_own_sids(entries)}))

    def _made(self, text: str) -> tuple[Mapping[str, Any], list[Entry], list[Entry]]:
        """A document, its statements, and what becomes of them."""
        document = json.loads(text)
        if not isinstance(document, dict):
            raise NoWordsError("it is not understood")
        listed = document.get("Statement", [])
        entries = listed if isinstance(listed, list) else [listed]
        made: list[Entry] = []
        for entry, statement in zip(entries, self.read(text), strict=True):
            made += [entry] if self._may_stay(statement) else self._within(document, entry, statement)
        return document, entries, made

    def _may_stay(self, statement: Statement) -> bool:
        return not statement.allow or point_in(region(statement) & self.beyond, self.account) is None

    def _within(self, document: Mapping[str, Any], entry: Any, statement: Statement) -> list[Entry]:  # noqa: ANN401  # JSON
        if not isinstance(entry, dict):
            raise NoWordsError("a statement is not understood")
        shared = [made for part in self.ceiling for made in met(entry, statement, part, part.region(self.known))]
        found = _joined(_joined(shared, "Action"), "Resource")
        allowed = declared(self.ceiling, self.known) & region(statement)
        for made in self.read(json.dumps({**document, "Statement": found})):
            if not (region(made) - allowed).is_empty():
                raise NoWordsError("it could not be proven to stay within what is declared")
        return found

    def _lost(self, texts: Iterable[str]) -> Point | None:
        """A request that is held and declared now and would not be held any more."""
        before = [statement for _, text in self.policies for statement in self.read(text)]
        after = [statement for text in texts for statement in self.read(text)]
        allowed, left = (space().union(region(one) for one in listed if one.allow and one.exact) for listed in (before, after))
        # each Deny stays as it is, so it takes the same away from both
        denied = space().union(region(one) for one in before if not one.allow)
        return point_in((allowed & declared(self.ceiling, self.known)) - left - denied, self.account)


def _joined(found: Iterable[Entry], element: str) -> list[Entry]:
    """Statements that differ in one element only are one."""
    joined: dict[str, Entry] = {}
    for entry in found:
        key = json.dumps({**entry, element: element in entry}, sort_keys=True)
        before = joined.get(key)
        if before is None or element not in entry:
            joined[key] = entry
        else:
            joined[key] = {**before, element: list(dict.fromkeys([*texts_of(before[element]), *texts_of(entry[element])]))}
    return list(joined.values())


def _with_own_sids(found: Iterable[Entry]) -> list[Entry]:
    """No two statements of a policy may have the same Sid."""
    taken: set[str] = set()
    told = []
    for entry in found:
        sid = entry.get("Sid")
        if sid in taken:
            sid = next(text for number in count(2) if (text := f"{sid}{number}") not in taken)
        taken.add(sid or "")
        told.append({**entry, "Sid": sid} if sid else entry)
    return told


def _ordered(document: Mapping[str, Any]) -> Entry:
    """The elements in the order in which people write them."""

    def ordered(entry: Mapping[str, Any]) -> Entry:
        return dict(sorted(entry.items(), key=lambda item: _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)))

    return {**ordered(document), "Statement": [ordered(entry) for entry in document["Statement"]]}
