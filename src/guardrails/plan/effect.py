"""What an action does to what may be done, proven on what is seen before it and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from guardrails.model.actions import (
    Action,
    AddDenial,
    Delete,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.changes import Effect
from guardrails.model.facts import AddressList, DefaultEncryption, Exposure, Key, NotSeen, Protection
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, Verdict
from guardrails.plan.stage import Stage
from guardrails.ports import Guarding, Narrowing
from guardrails.sets import Addresses

__all__ = ["effect"]


_OUT_OF_USE: Mapping[type[Action], str] = MappingProxyType(
    {
        Disable: "who is disabled may do nothing",
        Revoke: "by what has ended nothing can be done",
        Delete: "it is out of use, and what is gone cannot be put back in use",
    }
)


def effect(action: Action, before: Stage, after: Stage) -> tuple[Effect, str]:
    """The effect, and what proves it or why nothing does."""
    match action:
        case Disable() | Revoke() | Delete():
            return Effect.NARROWS, _OUT_OF_USE[type(action)]
        case SetAddresses():
            return _of_addresses(action, before)
        case RemoveMember() | DetachPolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
            return _of_access(before.affected(action), before, after)
        case RewritePolicy():
            return _of_policy(action, before, after)
        case SetEncryption():
            return _of_encryption(action.target, before, after)
        case SetRotation():
            return _of_rotation(action, before)


def _of_addresses(action: SetAddresses, before: Stage) -> tuple[Effect, str]:
    system = action.rule.system
    rules = (rule.addresses for rule in before.facts(Exposure, system) if rule.ref == action.rule and rule.through is None)
    lists = (found.addresses for found in before.facts(AddressList, system) if found.ref == action.rule)
    listed = next(chain(rules, lists), None)
    if listed is None:
        return Effect.UNPROVEN, "the rule was not seen as addresses"
    old, new = Addresses.parse(listed), Addresses.parse(action.addresses)
    if not (new - old).is_empty():
        return Effect.WIDENS, f"{', '.join((new - old).cidrs()[:3])} would be let in and is not now"
    if (old - new).is_empty():
        return Effect.NEUTRAL, "it lets in the same addresses"
    return Effect.NARROWS, f"no address is let in that is not now, and {', '.join((old - new).cidrs()[:3])} no longer"


def _of_access(holders: tuple[Ref, ...], before: Stage, after: Stage) -> tuple[Effect, str]:
    for holder, problem in _gains(holders, before, after):
        return (Effect.WIDENS if problem[0] is Verdict.VIOLATION else Effect.UNPROVEN), f"{holder}: {problem[1]}"
    loses = any(_gains(holders, after, before))
    who = f"each of the {len(holders)} that it touches" if len(holders) != 1 else str(holders[0])
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


def _of_policy(action: RewritePolicy, before: Stage, after: Stage) -> tuple[Effect, str]:
    """Of a policy that guards something it is asked whom that lets in, of any other what its holders may do."""
    system = action.holder.system
    if not before.guards(action):
        return _of_access(before.affected(action), before, after)
    was, will = before.meanings[system], after.meanings[system]
    if not isinstance(will, Guarding):
        return Effect.UNPROVEN, f"what policies of {system} mean cannot be proven yet"
    compared = will.opened(action.holder, was)
    if compared.verdict is not Verdict.OK:
        return Effect.UNPROVEN, compared.reason
    return Effect.NARROWS, f"the policy of {action.holder} allows nobody anything that it does not allow now, and denies no less"


def _of_encryption(target: Ref, before: Stage, after: Stage) -> tuple[Effect, str]:
    old, new = _level(target, before), _level(target, after)
    if old is None or new is None:
        return Effect.UNPROVEN, f"how {target} is encrypted was not seen"
    if new < old:
        return Effect.WIDENS, f"it would be {new.label} and is {old.label} now"
    if new == old:
        return Effect.NEUTRAL, f"it is {old.label} already"
    return Effect.NARROWS, f"it was {old.label} and becomes {new.label}, which is stronger; nobody may do more"


def _level(target: Ref, stage: Stage) -> AtRest | None:
    protections = (fact.at_rest for fact in stage.facts(Protection, target.system) if fact.asset == target)
    defaults = (fact.at_rest for fact in stage.facts(DefaultEncryption, target.system) if fact.ref == target)
    level = next(chain(protections, defaults), None)
    return None if isinstance(level, NotSeen) else level


def _of_rotation(action: SetRotation, before: Stage) -> tuple[Effect, str]:
    key = next((fact for fact in before.facts(Key, action.key.system) if fact.ref == action.key), None)
    if key is None or isinstance(key.rotation_days, NotSeen):
        return Effect.UNPROVEN, f"how often {action.key} is rotated was not seen"
    if action.days <= 0 or 0 < key.rotation_days < action.days:
        return Effect.WIDENS, f"it would be rotated less often than every {key.rotation_days} days"
    return Effect.NEUTRAL, f"it is rotated every {action.days} days and no longer less often; nobody may do more"
