"""Requests of people whom a directory lets in elsewhere, put to what their next login gives: with a membership, and without it.

By which group somebody was let in no log tells. So a login is predicted twice: from what the directory holds before a change, and after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, runtime_checkable

from guardrails.drift.logins import Directories, Found, named
from guardrails.model.actions import Action, RemoveMember
from guardrails.model.facts import Principal
from guardrails.model.past import Past
from guardrails.model.reference import Ref
from guardrails.plan.stage import Stage
from guardrails.ports import AtLogin, DirectoryLogin, Explaining, Predicting

__all__ = ["Logins"]

_HIDING = frozenset({"iam", "system", "identity"})
"""Gaps that could hide what a login gives."""
_NOT_READ = "how it finds people was not read"
_Pair = tuple[frozenset[str], frozenset[str]]


class Logins:
    """The requests of all logs, by the names that people came by and by whom they acted as."""

    def __init__(self, logged: Mapping[str, Iterable[Past]]) -> None:
        self._ways: dict[str, dict[Ref, None]] = {}
        self._by_name: dict[tuple[str, str], list[Past]] = {}
        self._by_holder: dict[Ref, list[Past]] = {}
        for system, requests in logged.items():
            self._ways[system] = {}
            for past in requests:
                self._ways[system] |= dict.fromkeys(login.way for login in past.logins)
                for name in {login.name.casefold() for login in past.logins}:
                    self._by_name.setdefault((system, name), []).append(past)
                for holder in past.holders:
                    self._by_holder.setdefault(holder, []).append(past)

    def refused(self, action: Action, before: Stage, after: Stage) -> Iterator[tuple[Past, str]]:
        """What the next login would not give any more, or may not, with the words for that."""
        sources = {source.system for source in before.world.declaration.sources}
        if not isinstance(action, RemoveMember) or action.member.system not in sources:
            return
        below = frozenset(before.affected(action))
        entries = [fact for fact in before.facts(Principal, action.member.system) if fact.ref in below]
        there, then = (Directories(stage.world.declaration, stage.observations) for stage in (before, after))
        for system, ways in self._ways.items():
            meaning = before.meanings[system]
            if isinstance(meaning, _Answering):
                known = _Known(before, system, meaning, there, then)
                lost = dict[Past, str]()
                for login in (one for entry in entries for one in known.logins(entry, ways)):
                    lost |= {past: why for past in self._of(login) if (why := known.why(past, login))}
                yield from lost.items()

    def _of(self, login: _Login) -> Iterator[Past]:
        for past in self._by_name.get((login.way.system, login.name.casefold()), ()):
            if any(one.way == login.way for one in past.logins):
                yield past
        if login.entity is not None:
            # of a token that a token made the log tells as whom it acts, and not by which login
            yield from (past for past in self._by_holder.get(login.entity, ()) if not past.logins)


@runtime_checkable
class _Answering(Predicting, Explaining, Protocol):
    """A meaning that tells what a login will give, and whether that allows a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """What somebody will hold after a login by a way, under a name.

    Attributes:
        way: Where it is set up.
        name: Under which they log in.
        held: As it is beside as it would be; several where nobody can tell which groups are found.
        doubt: Why it is not told what the way gives; what is held is all that it may be, beside nothing, where there is anything.
    """

    way: Ref
    name: str
    held: tuple[tuple[AtLogin, AtLogin], ...]
    doubt: str = ""

    @property
    def entity(self) -> Ref | None:
        """As whom they act."""
        return self.held[0][0].entity if self.held else None


class _Known:
    """One system that lets people of a directory in."""

    def __init__(self, before: Stage, system: str, meaning: _Answering, there: Directories, then: Directories) -> None:
        self._meaning, self._there, self._then = meaning, there, then
        self._ways = [way for way in meaning.directories() if way.ref.system == system]
        self._principals = {fact.ref for fact in before.facts(Principal, system)}
        self._hidden = next((gap.message for gap in before.observations[system].gaps if gap.what in _HIDING), "")

    def logins(self, entry: Principal, told: Iterable[Ref]) -> Iterator[_Login]:
        """Each way by which an entry may log in, of those that were read and those that a log tells of; disabled or not."""
        for way in self._ways:
            if way.untold:
                names = {value for key, value in entry.names if way.key in {"", key}}
                yield from (self._login(way, name, ((way.names, frozenset()),)) for name in sorted(names))
            elif (found := self._there.found_as(way, entry)) and (left := self._then.found_as(way, entry)):
                yield self._login(way, found.name, _pairs(found, left))
        unread = [way for way in told if all(way != known.ref for known in self._ways)]
        names = {value for _, value in entry.names}
        yield from (_Login(way=way, name=name, held=(), doubt=_NOT_READ) for way in unread for name in sorted(names))

    def _login(self, way: DirectoryLogin, name: str, pairs: Iterable[_Pair]) -> _Login:
        def held(names: frozenset[str]) -> AtLogin:
            return self._meaning.at_login(way.ref, name, names)

        return _Login(way=way.ref, name=name, held=tuple((held(had), held(left)) for had, left in dict.fromkeys(pairs)), doubt=way.untold)

    def why(self, past: Past, login: _Login) -> str:
        """What to say of a request that a login would not give any more; empty where it would, or never did."""
        others = self._principals.intersection(past.holders) - {login.entity}
        if not past.logins and any(self._may(other, past) for other in others):
            return ""  # another login gave it
        lost = [(had, left) for had, left in login.held if self._is_lost(past, had, left)]
        if login.held and not lost:
            return ""
        doubt = login.doubt or self._hidden
        sure = not doubt and len(login.held) == 1 and [self._may(held.ref, past) for held in lost[0]] == [True, False]
        said = "would not give" if sure else "may not give"
        return f", which the next login of {login.name} by {login.way.id} {said}{f': {doubt}' if doubt else ''}"

    def _is_lost(self, past: Past, had: AtLogin, left: AtLogin) -> bool:
        """Whether the request may pass by what was had and is not certain to pass by what is left; where something is hidden, by that."""
        if self._may(left.ref, past):
            return False
        return bool(self._hidden) or (had.ref != left.ref and self._may(had.ref, past) is not False)

    def _may(self, holder: Ref, past: Past) -> bool | None:
        return self._meaning.permit(holder, past.request.action, past.request.resource).allowed


def _pairs(before: Found, after: Found) -> Iterator[_Pair]:
    """The names of what a login may find, and what is left of it; what it finds by not being in a group counts for nothing."""
    sure = after.groups.keys() | (after.perhaps.keys() & before.perhaps.keys())
    # choices leave out of many groups each that goes by itself
    alone = ({**before.groups, ref: names} for ref, names in before.perhaps.items() if ref not in sure)
    for had in chain(before.choices(), alone):
        yield named(had), named({ref: names for ref, names in had.items() if ref in sure})
