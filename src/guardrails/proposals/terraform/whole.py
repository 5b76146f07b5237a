"""A whole plan out of what connectors make of their resources of it, and what is to be told of it beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from guardrails.model.observation import Observation
from guardrails.proposals.concern import is_of_concern
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform.plan import Action, Plan, Resource
from guardrails.proposals.values import Value

__all__ = ["Part", "concerns", "managed", "not_understood", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one connector makes of a plan.

    Attributes:
        prefix: How the types of its resources begin.
        understood: The types that it understands.
        edited: Its observations as they would be.
        untold: What of its resources nobody can judge.
        assumed: What was taken for granted.
        evaluated: How many of its resources were put into an observation.
        ignored: How many of its resources are about nothing that is judged.
        is_strict: Whether each of its types counts that is not understood, whatever its name says.
    """

    prefix: str
    understood: frozenset[str]
    edited: tuple[Observation, ...]
    untold: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    evaluated: int = 0
    ignored: int = 0
    is_strict: bool = False


def managed(plan: Plan, prefix: str) -> list[Resource]:
    """The resources whose types begin so, without those that only read."""
    return [one for one in plan.resources if not one.is_data and one.type.startswith(prefix)]


def not_understood(resource: Resource) -> str:
    """Why a resource counts that no connector understands."""
    return f"{resource.type} speaks of access, exposure or encryption, and is not understood"


def concerns(resource: Resource) -> bool:
    """Whether something that nobody understands could be about what is judged."""
    return is_of_concern(resource.type, {*_names(resource.before), *_names(resource.after)})


def whole(plan: Plan, parts: Iterable[Part]) -> Outcome:
    """All that is to be known of a plan."""
    found = tuple(parts)
    prefixes, understood = tuple(one.prefix for one in found), frozenset[str]().union(*(one.understood for one in found))
    changing = [one for one in managed(plan, "") if one.action is not Action.NOTHING]
    others = [one for one in changing if not one.type.startswith(prefixes)]
    concerning = [one for one in others if concerns(one)]
    evaluated = sum(one.evaluated for one in found)
    untold = (
        *(why for one in found for why in one.untold),
        *(f"{one.address}: {not_understood(one)}" for one in concerning),
        *_about(plan, understood, tuple(one.prefix for one in found if one.is_strict), evaluated),
    )
    mine = [one for one in managed(plan, "") if one.type in understood]
    return Outcome(
        edited=tuple(observation for one in found for observation in one.edited),
        untold=tuple(dict.fromkeys(untold)),
        assumed=tuple(text for one in found for text in one.assumed),
        notes=tuple(_notes(plan, mine)),
        evaluated=evaluated,
        ignored=len(others) - len(concerning) + sum(one.ignored for one in found),
    )


def _about(plan: Plan, understood: frozenset[str], strict: tuple[str, ...], evaluated: int) -> Iterator[str]:
    for kind, address in plan.deferred:
        if kind in understood or is_of_concern(kind, ()) or kind.startswith(strict):
            yield f"{address}: Terraform defers it to a later plan, so nothing is known of it"
    if plan.has_failed:
        yield "Terraform could not make the plan to its end"
    for one in plan.resources:
        if one.runs_programs:
            yield f"{one.address}: it runs provisioners, and what they do is in no plan"
    for address in plan.invoked:
        yield f"{address}: it is an action, and what it does is in no plan"
    if not evaluated:
        yield "no resource of the plan was evaluated, and nothing evaluated never passes"


def _notes(plan: Plan, mine: list[Resource]) -> Iterator[str]:
    counts = Counter(one.action.value for one in mine)
    yield f"Terraform {plan.version or 'of an unknown version'}: " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))
    if plan.drifted:
        yield f"{plan.drifted} resources were changed outside of Terraform; what was observed counts"
    if not plan.is_complete:
        yield "Terraform says that another plan is needed after this one"
    yield from (f"{one.address}: it stays as it is, and Terraform knows it no longer" for one in mine if one.action is Action.FORGET)


def _names(value: Value) -> Iterator[str]:
    """The names of attributes at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _names(inner)
