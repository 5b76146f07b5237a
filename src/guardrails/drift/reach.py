"""Who may make one request: every principal that may, whose it is, and by what; now, and at the next login.

What somebody may at the next login follows from mappings that a system holds of a directory's groups and people (`LOGIN_GROUPS`). They are
joined by name, as such systems do, so two groups of one name in the directory are told as ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from guardrails.drift.logins import Directories
from guardrails.drift.people import Person
from guardrails.drift.world import World
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm, State
from guardrails.ports import DirectoryLogin, Explaining, Issuing, Permit, Predicting, Provided, Providing

__all__ = ["LOGIN_GROUPS", "NEXT_LOGIN", "NOW", "Reach", "reaches", "unseen"]

LOGIN_GROUPS = frozenset({"ldap-group", "login-group"})
"""The kinds of principals that stand for everybody whom a directory, or another service, puts into a group of that name."""

_OF_SERVICES = "login-group"

_HIDING = frozenset({"iam", "system", "identity", "tokens"})
"""Gaps that could hide somebody who may."""
NOW, NEXT_LOGIN = "now", "at the next login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One principal that may, or of which nobody can tell.

    Attributes:
        holder: Who.
        person: Whose it is; empty for nobody's.
        allowed: `None` when nobody can tell.
        chain: What leads to it, in order.
        when: `now` or `at the next login`.
        why: What stands in the way of telling.
        is_open: It stands for whoever another system puts there, whom nothing that was read tells.
    """

    holder: Ref
    person: str
    allowed: bool | None
    chain: tuple[str, ...]
    when: str = NOW
    why: str = ""
    is_open: bool = False


def reaches(world: World, meaning: Explaining, system: str, action: str, resource: str) -> Iterator[Reach]:
    """Everybody who may make a request in a system, or may as far as anybody can tell, in the order of the facts."""
    owners, directories = world.people.owners(), Directories(world.declaration, world.observations)
    for one in meaning.provided() if isinstance(meaning, Providing) else ():
        permit = meaning.permit(one.group, action, resource)
        if permit.allowed is not False:
            login = _filled(meaning, one)
            yield from [_anybody(login, permit)] if login.is_open else _entering(world, directories, login, permit)
    for principal in world.facts(Principal, system):
        if principal.form in {PrincipalForm.GROUP, PrincipalForm.PROVIDER} or principal.state is State.DISABLED:
            continue  # a group acts only through its members
        permit = meaning.permit(principal.ref, action, resource)
        if permit.allowed is False:
            continue
        if principal.ref.kind in LOGIN_GROUPS:
            yield from _entering(world, directories, _mapped(meaning, principal), permit)
            continue
        yield _reach(principal.ref, _name(owners.get(principal.ref)), permit)
    logged_in = {one.ref: one.names for one in meaning.issued()} if isinstance(meaning, Issuing) else {}
    for bearer, holder, permit in meaning.bearers(action, resource):
        owner = (owners.get(holder) if holder else None) or world.people.known(system, logged_in.get(bearer, ()))
        yield _reach(bearer, _name(owner), permit)


def _name(person: Person | None) -> str:
    return person.name if person else ""


def _reach(holder: Ref, person: str, permit: Permit, *, before: tuple[str, ...] = (), when: str = NOW) -> Reach:
    return Reach(holder=holder, person=person, allowed=permit.allowed, chain=(*before, *permit.chain), when=when, why=permit.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """What a login gives to everybody who is found in a group of a name.

    `by` is how that is called, and `who` they are. Of an open one no directory says whom.
    """

    holder: Ref
    name: str
    way: DirectoryLogin | None
    by: str
    who: str
    is_open: bool


def _mapped(meaning: Explaining, mapping: Principal) -> _Login:
    """What a mapping gives."""
    name, mount = mapping.ref.name.rpartition("/")[2], mapping.resource.rpartition("/groups/")[0]
    is_open = mapping.ref.kind == _OF_SERVICES
    return _Login(
        holder=mapping.ref,
        name=name,
        way=_way(meaning, f"{mount}/config"),
        by=f"mapping {mapping.resource}",
        who=f"whoever {'another service' if is_open else 'a directory'} puts into {name}",
        is_open=is_open,
    )


def _filled(meaning: Explaining, one: Provided) -> _Login:
    """What a group gives that each login fills anew."""
    by, is_open = f"group {one.group.name}", not one.by_directory
    return _Login(holder=one.group, name=one.name, way=_way(meaning, one.login), by=by, who=one.how, is_open=is_open)


def _entering(world: World, directories: Directories, login: _Login, permit: Permit) -> Iterator[Reach]:
    """Everybody whom the directories put into the group; whoever it is when that is nobody, and always where they do not decide."""
    found = False
    for person in world.people.by_name.values():
        groups, doubt = _groups_for(world, directories, login.way, person, login.name)
        if not groups or person.has_left:
            continue
        found = True
        ambiguous = len({group.id for group in groups}) > 1
        before = (f"{groups[0]}{' (one of several groups of that name)' if ambiguous else ''}", login.by)
        told = Permit(allowed=None, chain=permit.chain, why=doubt) if doubt and permit.allowed else permit
        yield _reach(login.holder, person.name, told, before=before, when=NEXT_LOGIN)
    if not found or login.is_open:
        yield _anybody(login, permit)


def _anybody(login: _Login, permit: Permit) -> Reach:
    return replace(_reach(login.holder, "", permit, before=(login.who, login.by), when=NEXT_LOGIN), is_open=login.is_open)


def _way(meaning: Explaining, config: str) -> DirectoryLogin | None:
    """How a mount finds people, where it says so."""
    if not isinstance(meaning, Predicting):
        return None
    return next((way for way in meaning.directories() if way.ref.id == config and not way.untold), None)


def _groups_for(world: World, directories: Directories, way: DirectoryLogin | None, person: Person, name: str) -> tuple[list[Ref], str]:
    """The groups by which a person is given a mapping, and what is in doubt about it."""
    if way is None:
        return sorted(_groups(world, person, name)), ""
    found = directories.found(way, person)
    if found is None:
        return [], ""
    sure = sorted(ref for ref, names in found.groups.items() if _is_among(name, names, way))
    perhaps = sorted(ref for ref, names in found.perhaps.items() if _is_among(name, names, way))
    return (sure, way.doubt) if sure else (perhaps, "whether its groupfilter finds that group cannot be told")


def _is_among(name: str, names: tuple[str, ...], way: DirectoryLogin) -> bool:
    return any(name.casefold() == one.casefold() if way.folded else name == one for one in names)


def _groups(world: World, person: Person, name: str) -> Iterator[Ref]:
    """Groups of that name, in any letters, that the person is directly in: mappings see no groups within groups."""
    for entry in person.entries:
        yield from (group for group in world.members.get(entry.ref, ()) if group.name.lower() == name.lower())


def unseen(world: World, system: str) -> tuple[str, ...]:
    """What was not seen of who may do what, so that somebody may be missing."""
    return tuple(dict.fromkeys(gap.message for gap in world.gaps() if gap.system == system and gap.what in _HIDING))
