"""What a change of policies does to one principal: both sides as accesses, each read so that a doubt never helps the proof.

Where only the principal's own policies differ, only they are compared: what limits both alike takes the same away from both. Where a policy
of an asset or key differs, or a grant, both sides are asked with it, whether it gives or takes away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from guardrails.connectors.aws.meaning.holdings import Holdings, Known
from guardrails.iam.proof.compare import Access, Found, beyond
from guardrails.iam.proof.concrete import concrete
from guardrails.iam.proof.requests import Point
from guardrails.iam.proof.statements import Statement
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.sets import BudgetExceededError, Context

__all__ = ["gained", "lost"]

_TOO_INTRICATE = Comparison(verdict=Verdict.UNDECIDED, reason="the policies are too intricate for the budget of one question")
_Told = Callable[[Ref, str, str, Context], Witness]
_Knowing = Callable[[Holdings], Known]
_Sides = Callable[[_Knowing], tuple[Access, Access]]


def gained(holder: Ref, now: Holdings, was: Holdings, told: _Told) -> Comparison:
    """Whether the holder may do nothing now that it might not do before."""

    def confirmed(point: Point) -> Witness | None:
        witness = told(holder, *concrete(point))
        return witness if now.allows(holder, witness) and not was.allows(holder, witness) else None

    return _compared(holder, (now, was), lambda known: _accesses(holder, now, was, known), confirmed)


def lost(holder: Ref, now: Holdings, was: Holdings, declared: Sequence[Statement], told: _Told) -> Comparison:
    """Whether the holder may still do all that it might do before of what is declared."""

    def sides(known: _Knowing) -> tuple[Access, Access]:
        will, held = _accesses(holder, now, was, known)
        return replace(held, branches=tuple((*layers, tuple(declared)) for layers in held.branches)), will

    def confirmed(point: Point) -> Witness | None:
        witness = told(holder, *concrete(point))
        return witness if was.allows(holder, witness) and not now.allows(holder, witness) else None

    return _compared(holder, (now, was), sides, confirmed) if declared else Comparison(verdict=Verdict.OK)


def _accesses(holder: Ref, now: Holdings, was: Holdings, knowing: _Knowing) -> tuple[Access, Access]:
    known, knew, things = knowing(now), knowing(was), now.otherwise(was)
    if not things and known == knew and _limits(holder, now, known) == _limits(holder, was, knew):
        return Access.of([now.own(holder, known)]), Access.of([was.own(holder, known)])
    # of a thing of which both say the same, what they say makes no difference
    return now.access(holder, known, things), was.access(holder, knew, things)


def _limits(holder: Ref, side: Holdings, known: Known) -> tuple[object, ...]:
    """All that has a say beside its own policies."""
    return side.is_limited(holder), side.limits(holder, known), side.given(holder, known), side.organisation.above(holder)


def _compared(holder: Ref, both: tuple[Holdings, Holdings], sides: _Sides, confirmed: Callable[[Point], Witness | None]) -> Comparison:
    """Whether the first side is within the other, for sessions as they are and, where it makes a difference, for any."""
    if hole := next(filter(None, (one.hole(holder) for one in both)), ""):
        return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
    try:
        found = _first(*sides(lambda side: side.known(holder)))
        if found is None and any(one.is_open(holder) for one in both):
            found = _first(*sides(lambda side: side.known(holder, tagged=False)))
    except BudgetExceededError:
        return _TOO_INTRICATE
    if found is None:
        return Comparison(verdict=Verdict.OK)
    if found.sure and (witness := confirmed(found.point)):
        return Comparison(verdict=Verdict.VIOLATION, witness=witness)
    action, resource, _ = concrete(found.point)
    return Comparison(verdict=Verdict.UNDECIDED, reason=f"it is not certain of {action} on {resource}")


def _first(one: Access, other: Access) -> Found | None:
    return next(beyond(one, other, ""), None)
