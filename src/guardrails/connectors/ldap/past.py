"""Memberships that somebody asked the directory for and was told that they are so: one of one member in one group.

A comparison that is true, or a search that names both and found something. Who logged in, and a search for all groups of somebody, ask for
no membership in particular.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from guardrails.connectors.ldap.accesslog import Record
from guardrails.connectors.ldap.entry import MEMBERS
from guardrails.connectors.ldap.meaning import LISTED_IN
from guardrails.connectors.ldap.sought import Sought, equal, sought
from guardrails.model import dn
from guardrails.model.facts import Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import Observation
from guardrails.model.past import Past
from guardrails.model.reference import Ref

__all__ = ["past"]

_TRUE = b"6"
"""RFC 4511, 4.1.9: compareTrue."""
_OF_MEMBER = "memberof"
_GROUP = "group"
_NONE = b"0"
_SHOWN = 40
_UID = re.compile(r"#'[01]*'B$")
"""The optional unique id behind a name in `uniqueMember` (RFC 4517, 3.3.21)."""
_ANONYMOUS = "somebody anonymous"
"""As whom no name is bound."""


def past(observation: Observation, entries: Iterable[Record]) -> Iterator[tuple[datetime, Past | None]]:
    """Each membership that was asked for and found, with its moment; nothing in its place where nobody knows which it was.

    Raises:
        ValueError: A record has no moment.
    """
    seen = _Seen(observation)
    for entry in entries:
        at, named = _moment(entry), _named(entry)
        if not any(kind in MEMBERS or kind == _OF_MEMBER for kind, _ in named):
            continue
        found = seen.memberships(_text(entry, "reqdn"), named)
        for member, group in found:
            asked = Witness(principal=member.name, action=LISTED_IN, resource=f"group/{group.name}")
            yield at, Past(holders=(member,), request=asked, asked_by=_text(entry, "reqauthzid") or _ANONYMOUS, last=at)
        if not found:
            yield at, None


def _moment(entry: Record) -> datetime:
    told = _text(entry, "reqstart")
    try:
        return datetime.strptime(told, "%Y%m%d%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"reqStart {told[:_SHOWN]!r} is no moment") from None


def _named(entry: Record) -> tuple[Sought, ...]:
    """What was asked for by name, and found."""
    match _text(entry, "reqtype").lower():
        case "compare" if entry.get("reqresult") == _TRUE:
            return equal(_text(entry, "reqassertion"))
        case "search" if entry.get("reqentries", _NONE) != _NONE:
            return sought(_text(entry, "reqfilter"))
        case _:
            return ()


def _text(entry: Record, kind: str) -> str:
    return entry.get(kind, b"").decode(errors="replace")


class _Seen:
    """The people and groups of an observation, by what a request may name them by."""

    def __init__(self, observation: Observation) -> None:
        self._names: dict[Ref, dn.DN] = {}
        self._by_name: dict[dn.DN, list[Ref]] = {}
        self._by_value: dict[Sought, list[Ref]] = {}
        for fact in observation.facts:
            if isinstance(fact, Principal):
                self._names[fact.ref] = name = dn.parse(fact.resource)
                self._by_name.setdefault(name, []).append(fact.ref)
                for kind, value in fact.names:
                    self._by_value.setdefault((kind, dn.normal(value)), []).append(fact.ref)

    def memberships(self, base: str, named: tuple[Sought, ...]) -> tuple[tuple[Ref, Ref], ...]:
        """The member and the group that are named; none where a request names several of either, or not both."""
        listed = {ref for kind, value in named if kind in MEMBERS for ref in self._member(kind, value)}
        within = {ref for kind, value in named if kind == _OF_MEMBER for ref in self._at(value) if ref.kind == _GROUP}
        members = listed or self._meant(base, named, groups=False)
        groups = within or self._meant(base, named, groups=True)
        return tuple((member, group) for member in members for group in groups) if len(members) == len(groups) == 1 else ()

    def _meant(self, base: str, named: tuple[Sought, ...], *, groups: bool) -> set[Ref]:
        """Those of a sort that the entry asked is, or that are below it and named by the rest."""
        asked = [ref for ref in self._at(base) if (ref.kind == _GROUP) is groups]
        told = (ref for kind, value in named for ref in self._by_value.get((kind, dn.normal(value)), ()))
        under = _parsed(base)
        below = (ref for ref in told if under is not None and dn.within(self._names[ref], under))
        return set(asked or (ref for ref in below if (ref.kind == _GROUP) is groups))

    def _member(self, kind: str, value: str) -> list[Ref]:
        return self._by_value.get(("uid", dn.normal(value)), []) if kind == "memberuid" else self._at(_UID.sub("", value))

    def _at(self, name: str) -> list[Ref]:
        parsed = _parsed(name)
        return self._by_name.get(parsed, []) if parsed else []


def _parsed(name: str) -> dn.DN | None:
    try:
        return dn.parse(name)
    except ValueError:
        return None
