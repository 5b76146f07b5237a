"""Who is who: people of the declared directories, and which observed account is whose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from guardrails.model.declaration import Declaration, Join
from guardrails.model.facts import Edge, Pairs, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm, State

__all__ = ["People", "Person", "below", "groups_of", "memberships", "recognise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human: their entries in the directories, and their accounts everywhere else."""

    name: str
    entries: tuple[Principal, ...]
    accounts: tuple[Principal, ...] = ()

    @property
    def has_left(self) -> bool:
        """Disabled in any directory."""
        return any(entry.state is State.DISABLED for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody, by name.

    Attributes:
        partial: A directory was not read to its end, so somebody may be missing and nobody's groups are certain.
        nobodies: Accounts that carry a key which is nobody's, or several people's, with what is wrong.
        keys: Who is known by a key in a system, in whatever letters: `(system, key, value)`, as accounts there carry it.
    """

    by_name: Mapping[str, Person]
    partial: bool
    nobodies: Mapping[Ref, str]
    keys: Mapping[tuple[str, str, str], frozenset[str]] = field(default_factory=dict)

    def known(self, system: str, names: Pairs) -> Person | None:
        """The one person of these names; nobody where they are several people's."""
        found = frozenset[str]().union(*(self.keys.get((system, key, value.casefold()), frozenset()) for key, value in names))
        return self.by_name[next(iter(found))] if len(found) == 1 else None

    def owners(self) -> dict[Ref, Person]:
        """Whose each entry and account is."""
        return {mine.ref: person for person in self.by_name.values() for mine in (*person.entries, *person.accounts)}


def recognise(declaration: Declaration, observations: Mapping[str, Observation]) -> People:
    """Join what the directories and the other systems say about people."""
    entries = _entries(declaration, observations)
    sources = {source.system for source in declaration.sources}
    keys: dict[tuple[str, str], set[str]] = {}
    for name, found in entries.items():
        for key in (pair for entry in found for pair in entry.names):
            keys.setdefault(key, set()).add(name)
    accounts: dict[str, list[Principal]] = {}
    nobodies = {}
    for join, principal, values in _carried(declaration, observations, sources):
        names = set[str]().union(*(keys.get((join.attribute, value), set()) for value in values))
        if len(names) == 1:
            accounts.setdefault(names.pop(), []).append(principal)
        else:
            whose = f"which is {' and '.join(sorted(names))} alike" if names else "who is in no directory"
            nobodies[principal.ref] = f"{join.attribute} {', '.join(values)}, {whose}"
    return People(
        by_name={n: Person(name=n, entries=tuple(found), accounts=tuple(accounts.get(n, ()))) for n, found in sorted(entries.items())},
        partial=not all(_is_whole(observations, name) for name in sources),
        nobodies=nobodies,
        keys=_keys(declaration, keys),
    )


def _keys(declaration: Declaration, carried: Mapping[tuple[str, str], set[str]]) -> dict[tuple[str, str, str], frozenset[str]]:
    found: dict[tuple[str, str, str], frozenset[str]] = {}
    for join in declaration.joins:
        for (attribute, value), names in carried.items():
            if attribute == join.attribute:
                key = (join.system, join.key, value.casefold())
                found[key] = found.get(key, frozenset()) | names
    return found


def _entries(declaration: Declaration, observations: Mapping[str, Observation]) -> dict[str, list[Principal]]:
    entries: dict[str, list[Principal]] = {}
    for source in declaration.sources:
        for principal in _principals(observations, source.system):
            if principal.form is PrincipalForm.USER and (name := dict(principal.names).get(source.name)):
                entries.setdefault(name, []).append(principal)
    return entries


def _carried(
    declaration: Declaration, observations: Mapping[str, Observation], sources: set[str]
) -> Iterator[tuple[Join, Principal, tuple[str, ...]]]:
    """The accounts outside the directories that carry somebody's key, with its values."""
    for join in declaration.joins:
        for principal in _principals(observations, join.system) if join.system not in sources else ():
            if values := _values(join, principal):
                yield join, principal, values


def _is_whole(observations: Mapping[str, Observation], system: str) -> bool:
    """Whether a directory was read without a gap, and had anybody in it: an empty answer is not an empty directory."""
    return system in observations and not observations[system].gaps and any(_principals(observations, system))


def _principals(observations: Mapping[str, Observation], system: str) -> Iterable[Principal]:
    facts = observations[system].facts if system in observations else ()
    return (fact for fact in facts if isinstance(fact, Principal))


def _values(join: Join, principal: Principal) -> tuple[str, ...]:
    if join.kind and principal.ref.kind != join.kind:
        return ()
    return tuple(value for key, value in principal.names if key == join.key)


def groups_of(ref: Ref, members: Mapping[Ref, tuple[Ref, ...]]) -> frozenset[Ref]:
    """Every group that a principal is in, groups within groups included; circles end."""
    found: set[Ref] = set()
    waiting = [ref]
    while waiting:
        for group in members.get(waiting.pop(), ()):
            if group not in found:
                found.add(group)
                waiting.append(group)
    return frozenset(found)


def memberships(edges: Iterable[Edge]) -> Mapping[Ref, tuple[Ref, ...]]:
    """The groups that each principal is directly in."""
    found: dict[Ref, list[Ref]] = {}
    for edge in edges:
        if edge.kind is EdgeKind.MEMBER:
            found.setdefault(edge.source, []).append(edge.target)
    return {ref: tuple(groups) for ref, groups in found.items()}


def below(edges: Iterable[Edge], ref: Ref) -> tuple[Ref, ...]:
    """An object and everything that is in it, directly or through groups; circles end."""
    members: dict[Ref, list[Ref]] = {}
    for edge in edges:
        if edge.kind is EdgeKind.MEMBER:
            members.setdefault(edge.target, []).append(edge.source)
    found = {ref: None}
    for near in (queue := [ref]):
        new = [member for member in members.get(near, ()) if member not in found]
        found |= dict.fromkeys(new)
        queue += new
    return tuple(found)
