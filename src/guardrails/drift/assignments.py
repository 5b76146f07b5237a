"""Assignments: who may become something by a register of the system's own, against whom the declaration lets become it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from guardrails.drift.covers import Cover, Covers
from guardrails.drift.people import Person, groups_of
from guardrails.drift.world import World
from guardrails.model.declaration import Role
from guardrails.model.facts import Principal
from guardrails.model.findings import Difference
from guardrails.model.reference import Ref, Reference
from guardrails.model.words import Kind, PrincipalForm, Verdict

__all__ = ["assignments"]

_WHAT = "assignments"
_KIND = "permission-set"
_JOIN = "identity-center"
_SHOWN = 3


@dataclass(slots=True)
class _Reach:
    """What somebody may become by one assigned thing, wherever that is: one finding, whatever the number of accounts."""

    cover: Cover
    by: Ref
    places: list[Ref] = field(default_factory=list)


def assignments(world: World) -> Iterator[Difference]:
    """Judge whoever may become something, and whoever must and may not."""
    covers = Covers(world)
    yield from _beyond(world, covers)
    held: dict[Ref, set[Ref]] = {}
    for edge in world.assigned:
        held.setdefault(edge.source, set()).add(edge.target)
    for person in world.people.by_name.values():
        for role in () if person.has_left else covers.roles_of(person):
            yield from _short(world, person, role, held)


def _beyond(world: World, covers: Covers) -> Iterator[Difference]:
    principals = {principal.ref: principal for principal in world.facts(Principal)}
    inside: dict[Ref, list[Ref]] = {}
    for member, groups in world.members.items():
        for group in groups:
            inside.setdefault(group, []).append(member)
    found: dict[tuple[str, Ref], _Reach] = {}
    for edge in world.assigned:
        holder, become = principals.get(edge.source), principals.get(edge.target)
        stands = covers.of(become) if become else ()
        if holder is None or become is None or not stands:
            continue  # what nothing declares is told whole, and who was not seen is a gap
        named = [reference for cover in stands for reference in cover.assumed_by or ()]
        for actor in inside.get(holder.ref, ()) if holder.form is PrincipalForm.GROUP else (holder.ref,):
            declared = any(world.is_named(reference, ref) for reference in named for ref in (actor, holder.ref))
            if actor in principals and not declared and not _is_let(world, covers, actor, become.ref):
                found.setdefault((edge.provenance, actor), _Reach(stands[0], holder.ref)).places.append(become.ref)
    for (thing, actor), reach in found.items():
        yield _excess(world, thing, principals[actor], reach)


def _is_let(world: World, covers: Covers, actor: Ref, become: Ref) -> bool:
    """Whether somebody has a role that goes through it; of somebody who has left everything is told as one finding."""
    person = covers.person_of(actor)
    if person is None:
        return False
    return person.has_left or any(world.is_named(reference, become) for role in covers.roles_of(person) for reference in role.through)


def _excess(world: World, thing: str, actor: Principal, reach: _Reach) -> Difference:
    ref, places = actor.ref, tuple(sorted(set(reach.places)))
    through = f" as a member of {reach.by}" if reach.by != ref else ""
    message = f"{places[0].kind}/{places[0].name} may be assumed by {ref}{through} in {_accounts(places)}, which is not declared"
    unsure = ""
    if not _is_joined(world, ref.system):
        unsure = f"; whose account it is cannot be told, as people.join says nothing of {_JOIN}"
    elif world.people.partial:
        unsure = "; the directory was not read whole, so a role may be missing here"
    return Difference(
        kind=Kind.TRUST_EXCESS,
        system=ref.system,
        realm=ref.realm,
        cause=thing,
        facet=ref.id,
        subject=str(ref),
        message=message + unsure,
        verdict=Verdict.UNKNOWN if unsure else Verdict.VIOLATION,
        places=places,
        owner=reach.cover.owner,
        declared_at=reach.cover.place,
        actual=thing,
        remedy="Take the assignment away, or give its holder the role that goes through it",
    )


def _short(world: World, person: Person, role: Role, held: Mapping[Ref, set[Ref]]) -> Iterator[Difference]:
    """What somebody must do by what they become, and is not assigned everywhere."""
    for reference in role.through:
        if reference.kind != _KIND or reference.scope is None or not _is_read(world, reference.scope.system):
            continue
        mine = {one.ref for one in (*person.entries, *person.accounts)}
        mine |= {group for ref in mine for group in groups_of(ref, world.members)}
        become = set[Ref]().union(*(held.get(ref, ()) for ref in mine))
        needed = {principal.ref for principal in world.seen(reference) if world.bound(role.must, principal.ref)}
        if lacking := tuple(sorted(needed - become)):
            yield _unassigned(world, person, role, reference, lacking)


def _unassigned(world: World, person: Person, role: Role, reference: Reference, lacking: tuple[Ref, ...]) -> Difference:
    hidden = world.people.partial or any(gap.what == _WHAT and gap.system == lacking[0].system for gap in world.gaps())
    must = ", ".join(role.must)
    return Difference(
        kind=Kind.ACCESS_MISSING,
        system=lacking[0].system,
        cause=person.entries[0].ref.id,
        facet=f"{reference} {role.name}",
        subject=f"person:{person.name}",
        message=f"person {person.name} is not assigned {reference} in {_accounts(lacking)}, by which role {role.name} must {must}",
        verdict=Verdict.UNKNOWN if hidden else Verdict.VIOLATION,
        places=lacking,
        owner=role.owner,
        declared_at=role.place,
    )


def _accounts(places: tuple[Ref, ...]) -> str:
    realms = sorted({ref.realm for ref in places})
    more = f" and {len(realms) - _SHOWN} more" if len(realms) > _SHOWN else ""
    return ", ".join(realms[:_SHOWN]) + more


def _is_joined(world: World, system: str) -> bool:
    return any((join.system, join.key) == (system, _JOIN) for join in world.declaration.joins)


def _is_read(world: World, system: str) -> bool:
    """Whether the register was asked, and whose its accounts are can be told."""
    told = {item.what for item in world.observations[system].readings} | {gap.what for gap in world.gaps() if gap.system == system}
    return _is_joined(world, system) and (_WHAT in told or any(edge.target.system == system for edge in world.assigned))
