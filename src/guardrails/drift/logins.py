"""Whom a system that logs people in by a directory will find there, and in which groups: by its own settings, not by name alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guardrails.drift.people import Person, groups_of
from guardrails.drift.world import World
from guardrails.model import dn
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, State
from guardrails.ports import DirectoryLogin

__all__ = ["Directories", "Found"]

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
    groups: Mapping[Ref, tuple[str, ...]]
    perhaps: Mapping[Ref, tuple[str, ...]]


class Directories:
    """The directories of people, indexed once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._systems = {source.system for source in world.declaration.sources}
        self._listed: dict[Ref, dict[Ref, set[str]]] = {}
        for system in self._systems & world.observations.keys():
            for edge in world.observations[system].edges:
                if edge.kind is EdgeKind.MEMBER:
                    self._listed.setdefault(edge.source, {}).setdefault(edge.target, set()).add(edge.provenance.rpartition(" ")[2])
        facts = (fact for system in self._systems for fact in world.facts(Principal, system) if fact.ref.kind == "group")
        self._groups = {fact.ref: fact for fact in facts}

    def hold(self, way: DirectoryLogin) -> bool:
        """Whether some declared directory has what the login looks for."""
        realms = {ref.realm for ref in self._groups} | {e.ref.realm for p in self._world.people.by_name.values() for e in p.entries}
        return any(_meets(way.people, realm) for realm in realms)

    def found(self, way: DirectoryLogin, person: Person) -> Found | None:
        """How a login finds somebody; `None` where it finds nobody."""
        for entry in person.entries:
            name = next((value for key, value in entry.names if key == way.key), "")
            if name and entry.state is not State.DISABLED and _is_below(entry.resource, way.people, directly=way.directly):
                groups = self._found(way, entry, name)
                sure = {ref: names for ref, names, is_sure in groups if is_sure}
                return Found(name=name, groups=sure, perhaps={ref: names for ref, names, is_sure in groups if not is_sure})
        return None

    def _found(self, way: DirectoryLogin, entry: Principal, name: str) -> list[tuple[Ref, tuple[str, ...], bool]]:
        if not way.groups:
            return []
        listed = self._listed.get(entry.ref, {})
        deeper = groups_of(entry.ref, self._world.members)
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
