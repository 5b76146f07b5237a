"""Whether a finding about a thing stands for more than before, though it reads the same: whom a policy lets in, and what reaches a target.

A finding says one true sentence and shows one request; that a second principal may do more by the same statement, or a second port is
open, changes neither. Nor does it that an open login carries another policy, or lets in from more addresses.
"""

from __future__ import annotations

from collections.abc import Collection

from guardrails.drift.exposure import amiss
from guardrails.drift.world import World
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Kind, Verdict
from guardrails.ports import Guarding

__all__ = ["grown"]

_LET_IN = {Kind.ASSET_SHARED, Kind.TRUST_EXCESS, Kind.TRUST_WITHOUT_EXTERNAL_ID}
_REACHED = {Kind.EXPOSURE_EXCESS, Kind.EXPOSURE_UNDECLARED, Kind.EXPOSURE_MISSING}
_SET_UP = {Kind.LOGIN_OPEN, Kind.LOGIN_IN_THE_CLEAR, Kind.ISSUING_OPEN}
"""About how something is set up: the sentence names one setting, and others say how much comes in by it."""
_POLICIES = {EdgeKind.TRUST_POLICY, EdgeKind.RESOURCE_POLICY, EdgeKind.GRANT}
_UNTOLD = "it is there without the change too, and nothing proves that it stands for no more"


def grown(finding: Finding, before: World, after: World, changed: Collection[Ref]) -> tuple[str, bool] | None:
    """Why it may stand for more than before, and whether that is certain; `changed` is what its system says otherwise."""
    for place in finding.difference.places:
        if finding.difference.kind in _LET_IN:
            found = _opened(place, before, after, changed)
        elif finding.difference.kind in _REACHED:
            found = _reached(place, finding.difference.kind, before, after)
        elif finding.difference.kind in _SET_UP and any(_sets_up(ref, place) for ref in changed):
            found = _UNTOLD, False
        else:
            found = None
        if found:
            return found
    return None


def _opened(place: Ref, before: World, after: World, changed: Collection[Ref]) -> tuple[str, bool] | None:
    """By the policies of the thing itself; what a grant says otherwise is not compared."""
    hung = {
        edge
        for world in (before, after)
        for edge in world.observations[place.system].edges
        if edge.source == place and edge.kind in _POLICIES
    }
    if {place, *(edge.target for edge in hung)}.isdisjoint(changed):
        return None
    meaning = after.meanings[place.system]
    if not isinstance(meaning, Guarding) or any(edge.kind is EdgeKind.GRANT and edge.target in changed for edge in hung):
        return _UNTOLD, False
    compared = meaning.opened(place, before.meanings[place.system])
    return None if compared.verdict is Verdict.OK else (f"{_UNTOLD}: {compared.reason}", False)


def _sets_up(ref: Ref, place: Ref) -> bool:
    """Whether it is the thing itself, or what is set for all that is beside it: `auth/jwt/config` for `auth/jwt/role/ci`."""
    above = ref.id.rpartition("/")[0]
    return ref == place or (ref.realm == place.realm and ref.kind != place.kind and bool(above) and place.id.startswith(f"{above}/"))


def _reached(place: Ref, kind: Kind, before: World, after: World) -> tuple[str, bool] | None:
    (had, perhaps_had), (has, perhaps) = (amiss(world, place, kind) for world in (before, after))
    if point := (has - perhaps_had).witness():
        would = "no longer let" if kind is Kind.EXPOSURE_MISSING else "also let"
        return f"it is worse: {place} would {would} {point['address']} reach {point['port']}", True
    return (_UNTOLD, False) if (has - had).witness() or (perhaps - perhaps_had).witness() else None
