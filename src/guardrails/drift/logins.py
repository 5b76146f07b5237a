"""Whom a system that logs people in by a directory will find there, and in which groups: by its own settings, not by name alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations

from guardrails.drift.people import Person, groups_of, memberships
from guardrails.model import dn
from guardrails.model.declaration import Declaration
from guardrails.model.facts import Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, State
from guardrails.ports import DirectoryLogin

__all__ = ["MOST", "Directories", "Found", "named"]

MOST = 4
"""Of so many groups of which nobody can tell whether they are found, every choice is tried."""

Groups = Mapping[Ref, tuple[str, ...]]
_BY_UID = "memberuid"
_NOT_DEEPER = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A person as a login finds them.

    Attributes:
        name: By which they log in.
        groups: Groups that are found for sure, with their names; only those that give something.
        perhaps: Those of which nobody can tell.
    """

    name: str
    groups: Groups
    perhaps: Groups

    def choices(self) -> Iterator[Groups]:
        """What may be found: surely, and with each choice of the others; of many none and all."""
        sizes = range(len(self.perhaps) + 1) if len(self.perhaps) <= MOST else (0, len(self.perhaps))
        for chosen in chain.from_iterable(combinations(self.perhaps.items(), size) for size in sizes):
            yield {**self.groups, **dict(chosen)}


def named(groups: Groups) -> frozenset[str]:
    """The names by which they give something."""
    return frozenset(chain.from_iterable(groups.values()))


class Directories:
    """The directories of people, indexed once."""

    def __init__(self, declaration: Declaration, observations: Mapping[str, Observation]) -> None:
        sources = [observations[name] for name in sorted({source.system for source in declaration.sources} & observations.keys())]
        edges = [edge for seen in sources for edge in seen.edges if edge.kind is EdgeKind.MEMBER]
        self._members = memberships(edges)
        self._listed: dict[Ref, dict[Ref, set[str]]] = {}
        for edge in edges:
            self._listed.setdefault(edge.source, {}).setdefault(edge.target, set()).add(edge.provenance.rpartition(" ")[2])
        facts = [fact for seen in sources for fact in seen.facts if isinstance(fact, Principal)]
        self._realms = {fact.ref.realm for fact in facts}
        self._groups = {fact.ref: fact for fact in facts if fact.ref.kind == "group"}

    def hold(self, way: DirectoryLogin) -> bool:
        """Whether some declared directory has what the login looks for."""
        return any(_meets(way.people, realm) for realm in self._realms)

    def found(self, way: DirectoryLogin, person: Person) -> Found | None:
        """How a login finds somebody; `None` where it finds nobody."""
        able = (entry for entry in person.entries if entry.state is not State.DISABLED)
        return next((found for entry in able if (found := self.found_as(way, entry)) is not None), None)

    def found_as(self, way: DirectoryLogin, entry: Principal) -> Found | None:
        """How a login finds an entry that can be used; `None` where it does not."""
        name = next((value for key, value in entry.names if key == way.key), "")
        if not name or not _is_below(entry.resource, way.people, directly=way.directly):
            return None
        groups = self._found(way, entry, name)
        sure = {ref: names for ref, names, is_sure in groups if is_sure}
        return Found(name=name, groups=sure, perhaps={ref: names for ref, names, is_sure in groups if not is_sure})

    def _found(self, way: DirectoryLogin, entry: Principal, name: str) -> list[tuple[Ref, tuple[str, ...], bool]]:
        if not way.groups:
            return []
        listed = self._listed.get(entry.ref, {})
        deeper = groups_of(entry.ref, self._members)
        everything = way.finds(frozenset(), _NOT_DEEPER) is not False  # a filter that asks for nobody in particular
        by_uid = ("uid", name) in entry.names and (not way.folded or name == name.lower())  # which is compared letter by letter
        found = []
        for ref in sorted(self._groups if everything else deeper | listed.keys()):
            names = self._names(ref, way)
            by = frozenset(kind for kind in listed.get(ref, ()) if kind != _BY_UID or by_uid)
            sure = way.finds(by, ref in deeper) if names and ref in self._groups else False
            if sure is not False and _is_below(self._groups[ref].resource, way.groups):
                found.append((ref, names, sure is True))
        return found

    def _names(self, ref: Ref, way: DirectoryLogin) -> tuple[str, ...]:
        """Those of its names that give something."""
        names = {ref.name, *(value for key, value in self._groups[ref].names if key == "cn")} if ref in self._groups else set()
        return tuple(sorted(name for name in names if name.casefold() in way.names))


def _parsed(name: str) -> Iterator[dn.DN]:
    try:
        yield dn.parse(name)
    except ValueError:
        return


def _is_below(name: str, base: str, *, directly: bool = False) -> bool:
    """Names that cannot be taken apart are below nothing."""
    return any(dn.within(one, under) and (not directly or len(one) == len(under) + 1) for one in _parsed(name) for under in _parsed(base))


def _meets(one: str, other: str) -> bool:
    return _is_below(one, other) or _is_below(other, one)
