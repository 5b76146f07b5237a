"""Whether a finding that is there before and after is worse after.

One finding can stand for much: its sentence may stay while what it is about grows.

That it is no worse is proven, or it is told that nothing proves it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property

from guardrails.drift.access import ceiling_of
from guardrails.drift.covers import Covers
from guardrails.drift.world import World
from guardrails.model.facts import Principal
from guardrails.model.findings import Finding
from guardrails.model.reference import NOWHERE, Place, Ref
from guardrails.model.words import EdgeKind, Kind, Verdict
from guardrails.ports import Narrowing
from guardrails.proposals.documents import changed
from guardrails.proposals.grown import grown

__all__ = ["Sides", "Worse", "worse"]

_GROWS = {Kind.ACCESS_EXCESS, Kind.PRINCIPAL_UNDECLARED, Kind.ACCOUNT_OF_NOBODY, Kind.LEAVER}
"""About all that somebody may do, which can become more."""
_SHRINKS = {Kind.ACCESS_MISSING}
"""About what somebody cannot do, which can become less."""
_LEADS_ON = {Kind.ACCESS_ESCALATION}
"""Hangs on what others may do as well."""
_UNTOLD = "it is there without the change too, and nothing proves that it is no worse"
_FORWARD = {EdgeKind.MEMBER, EdgeKind.IDENTITY_POLICY, EdgeKind.BOUNDARY}
"""What is at the source depends on the target, and not the other way round."""
_ON_ALL = {EdgeKind.RESOURCE_POLICY, EdgeKind.GRANT, EdgeKind.SERVICE_CONTROL, EdgeKind.RESOURCE_CONTROL}
"""What hangs there says by itself whom it gives something or takes something from: that can be anybody."""


@dataclass(frozen=True, slots=True)
class Worse:
    """Why a finding counts as worse, and whether that is certain."""

    why: str
    is_sure: bool


class Sides:
    """The two worlds, and what is worked out of them once for all findings."""

    def __init__(self, before: World, after: World) -> None:
        self.before = before
        self.after = after
        self._ahead: dict[str, dict[Ref, set[Ref]]] = {}
        self._changed: dict[str, frozenset[Ref]] = {}
        self._on_all: dict[str, bool] = {}

    @cached_property
    def covers(self) -> tuple[Covers, Covers]:
        """Who stands for whom, in each."""
        return Covers(self.before), Covers(self.after)

    def changed(self, system: str) -> frozenset[Ref]:
        """What one system says otherwise; nothing where it is asked in one world only, for then its findings are new or ended."""
        if system not in self._changed:
            was, will = self.before.observations.get(system), self.after.observations.get(system)
            self._changed[system] = changed(was, will) if was is not None and will is not None and was is not will else frozenset()
        return self._changed[system]

    def ahead(self, system: str) -> dict[Ref, set[Ref]]:
        """Where edges lead to from each object, in either world."""
        if system not in self._ahead:
            found = self._ahead.setdefault(system, {})
            for edge in (*self.before.observations[system].edges, *self.after.observations[system].edges):
                found.setdefault(edge.source, set()).add(edge.target)
                if edge.kind not in _FORWARD:
                    found.setdefault(edge.target, set()).add(edge.source)
        return self._ahead[system]

    def bears_on(self, holder: Ref) -> bool:
        """Whether something that changes can bear on somebody."""
        otherwise, ahead = self.changed(holder.system), self.ahead(holder.system) if holder.system in self.before.observations else {}
        found, queue = {holder}, [holder]
        while queue and not found & otherwise:
            new = ahead.get(queue.pop(), set()) - found
            found |= new
            queue += new
        return bool(found & otherwise) or self._bears_on_all(holder.system)

    def _bears_on_all(self, system: str) -> bool:
        if system not in self._on_all:
            edges = (edge for side in (self.before, self.after) if system in side.observations for edge in side.observations[system].edges)
            on_all = (ref for edge in edges if edge.kind in _ON_ALL for ref in (edge.source, edge.target))
            self._on_all[system] = not self.changed(system).isdisjoint(on_all)
        return self._on_all[system]


def worse(was: Finding, finding: Finding, sides: Sides) -> Worse | None:
    """Nothing where it is proven that it is no worse."""
    kind = finding.difference.kind
    if kind not in _GROWS | _SHRINKS | _LEADS_ON:
        return _of_thing(was, finding, sides)
    if sides.before is not sides.after and not _same_demands(finding, sides) and not _same_parts(was, finding):
        return Worse(_UNTOLD, is_sure=False)
    for holder in finding.difference.places:
        if kind in _LEADS_ON and sides.changed(holder.system):
            return Worse(_UNTOLD, is_sure=False)
        if sides.bears_on(holder) and (found := _gains(holder, sides, lost=kind in _SHRINKS)) and not _same_parts(was, finding):
            return found
    return None


def _of_thing(was: Finding, finding: Finding, sides: Sides) -> Worse | None:
    """Of a finding that is not about what somebody may do."""
    if _said(was) != _said(finding):
        return Worse("it is there without the change too, and reads otherwise", is_sure=False)
    if sides.before is sides.after:
        return None
    if finding.difference.kind is Kind.ACCESS_NEXT_LOGIN and any(sides.changed(place.system) for place in finding.difference.places):
        return Worse(_UNTOLD, is_sure=False)  # it shows the first of what somebody would hold, and hangs on groups and policies alike
    more = grown(finding, sides.before, sides.after, sides.changed(finding.difference.system))
    return Worse(*more) if more else None


def _gains(holder: Ref, sides: Sides, *, lost: bool) -> Worse | None:
    """Whether the holder may do afterwards what it may not before, or the other way round."""
    poorer, richer = (sides.after, sides.before) if lost else (sides.before, sides.after)
    meaning = richer.meanings[holder.system]
    if not isinstance(meaning, Narrowing):
        return Worse(_UNTOLD, is_sure=False)
    compared = meaning.gained(holder, poorer.meanings[holder.system])
    if compared.verdict is Verdict.OK:
        return None
    if compared.verdict is not Verdict.VIOLATION or compared.witness is None:
        return Worse(f"{_UNTOLD}: {compared.reason}" if compared.reason else _UNTOLD, is_sure=False)
    request = f"{compared.witness.action} {compared.witness.resource}"
    if lost:
        return Worse(f"{holder} could no longer {request}, and it is not told whether that is demanded", is_sure=False)
    return Worse(f"it is worse: {holder} could also {request}", is_sure=True)


def _same_parts(was: Finding, finding: Finding) -> bool:
    """Whether what is too much was told in whole parts before, and no other is there. Conditions are words, and prove nothing."""
    parts, had = finding.difference.details.excess, was.difference.details.excess
    return bool(parts) and all(part in had and part.whole and not part.conditions for part in parts)


def _same_demands(finding: Finding, sides: Sides) -> bool:
    """Whether what the finding is held against is as before; that is nothing where all that somebody holds is too much.

    It hangs on observations too: a group of a directory can give a role.
    """
    found = finding.difference
    match found.kind:
        case Kind.PRINCIPAL_UNDECLARED | Kind.ACCOUNT_OF_NOBODY | Kind.LEAVER:
            return True
        case Kind.ACCESS_ESCALATION if sides.before.declaration is not sides.after.declaration:
            return False
        case Kind.ACCESS_EXCESS | Kind.ACCESS_ESCALATION:
            was, will = (
                _ceilings(found.places, world, covers) for world, covers in zip((sides.before, sides.after), sides.covers, strict=True)
            )
            return was == will
        case _:
            floors = [[world.bound((found.facet,), ref) for ref in found.places] for world in (sides.before, sides.after)]
            same = sides.before.declaration is sides.after.declaration
            return same or (all(floors[0]) and _unplaced(floors[0]) == _unplaced(floors[1]))


def _ceilings(places: tuple[Ref, ...], world: World, covers: Covers) -> list[object]:
    known = [principal for principal in world.facts(Principal, places[0].system) if principal.ref in places] if places else []
    return [_unplaced(ceiling_of(world, principal, covers)(principal.ref)) for principal in known]


def _said(finding: Finding) -> Finding:
    """Without where it is declared: lines move."""
    return replace(finding, difference=replace(finding.difference, declared_at=NOWHERE))


def _unplaced(value: object) -> object:
    if isinstance(value, Place):
        return None
    if isinstance(value, tuple | list):
        return tuple(_unplaced(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(_unplaced(getattr(value, one.name)) for one in fields(value)))
    return value
