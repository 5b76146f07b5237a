"""What an action does to what may be done, proven on what is seen before it and after it."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.model.changes import Action, DetachPolicy, Disable, Effect, RemoveMember, SetAddresses
from guardrails.model.facts import Exposure
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.plan.stage import Stage
from guardrails.ports import Narrowing
from guardrails.sets import Addresses

__all__ = ["effect"]


def effect(action: Action, before: Stage, after: Stage) -> tuple[Effect, str]:
    """The effect, and what proves it or why nothing does."""
    match action:
        case Disable():
            return Effect.NARROWS, "who is disabled may do nothing"
        case SetAddresses():
            return _of_addresses(action, before)
        case RemoveMember():
            return _of_access(before.below(action.member), before, after)
        case DetachPolicy():
            return _of_access(before.below(action.holder), before, after)


def _of_addresses(action: SetAddresses, before: Stage) -> tuple[Effect, str]:
    was = [rule for rule in before.facts(Exposure, action.rule.system) if rule.ref == action.rule]
    if not was or was[0].through is not None:
        return Effect.UNPROVEN, "the rule was not seen as addresses"
    old, new = Addresses.parse(was[0].addresses), Addresses.parse(action.addresses)
    if not (new - old).is_empty():
        return Effect.WIDENS, f"{', '.join((new - old).cidrs()[:3])} would be let in and is not now"
    if (old - new).is_empty():
        return Effect.NEUTRAL, "it lets in the same addresses"
    return Effect.NARROWS, f"no address is let in that is not now, and {', '.join((old - new).cidrs()[:3])} no longer"


def _of_access(holders: tuple[Ref, ...], before: Stage, after: Stage) -> tuple[Effect, str]:
    for holder, problem in _gains(holders, before, after):
        return (Effect.WIDENS if problem[0] is Verdict.VIOLATION else Effect.UNPROVEN), f"{holder}: {problem[1]}"
    loses = any(_gains(holders, after, before))
    who = f"{len(holders)} principals" if len(holders) > 1 else str(holders[0])
    return (Effect.NARROWS if loses else Effect.NEUTRAL), f"{who} may do nothing afterwards that is not allowed now"


def _gains(holders: tuple[Ref, ...], before: Stage, after: Stage) -> Iterator[tuple[Ref, tuple[Verdict, str]]]:
    """Whoever may do more afterwards, or for whom that is not certain."""
    for holder in holders:
        was, will = before.meanings[holder.system], after.meanings[holder.system]
        if not isinstance(will, Narrowing):
            yield holder, (Verdict.UNKNOWN, f"what changes in {holder.system} mean cannot be proven yet")
            continue
        compared = will.gained(holder, was)
        if compared.verdict is not Verdict.OK:
            witness = f"{compared.witness.action} on {compared.witness.resource}" if compared.witness else ""
            yield holder, (compared.verdict, compared.reason or f"{witness} is not allowed now and would be")
