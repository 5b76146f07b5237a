"""What some policies allow together, as a region over actions, resources and contexts that is known between two bounds.

Whatever of a statement is not understood makes it inexact. On the upper bound an inexact Allow counts and an inexact Deny does not; on the
lower bound the other way round. What differs only between the bounds is undecided, never a violation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from guardrails.iam.catalogue import catalogue, named_by
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement
from guardrails.sets import Contexts, Language, Pattern, Region, Space

__all__ = ["Bounds", "bounds", "region", "space", "unpublished"]


@cache
def space() -> Space:
    """Requests: an action on a resource in a context."""
    return Space(("action", "resource", "context"), (Actions.everything(), Language.everything(), Contexts.everything()))


@cache
def unpublished(letters: str = "") -> Region:
    """Every request for an action that the catalogue has not: on any ARN, or on `*`; a name can be one of the letters."""
    return space().region(
        action=Actions(catalogue().nothing(), Language.of(Pattern.glob("?*:?*"))),
        resource=Language.of(Pattern.literal("*"), *map(Pattern.arn, named_by(letters, "arn:?*:?*:*:*:?*"))),
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Everything in `lower` is surely allowed, nothing outside `upper` is.

    What is outside `ever` is not allowed whatever else the context is, beside the keys that were named; without any, in no context at all.
    """

    lower: Region
    upper: Region
    ever: Region

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(self.lower & other.lower, self.upper & other.upper, self.ever & other.ever)

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.lower | other.lower, self.upper | other.upper, self.ever | other.ever)


def region(statement: Statement) -> Region:
    """The requests that a statement speaks of, in its widest reading."""
    return space().region(action=statement.actions, resource=statement.loose, context=statement.context)


def bounds(found: Iterable[Statement], named: frozenset[str] = frozenset()) -> Bounds:
    """Allowed less denied, in all readings; `named` are the keys of the context that `ever` speaks of."""
    regions: dict[tuple[bool, bool], list[Region]] = {}
    somehow, always = [], []
    for statement in (each for one in found for each in one.in_all_effects()):
        regions.setdefault((statement.allow, statement.exact), []).append(region(statement))
        if not statement.context.is_empty():
            whatever = space().region(action=statement.actions, resource=statement.loose, context=statement.context.only(named))
            if statement.allow:
                somehow.append(whatever)
            elif statement.exact and statement.context.names <= named:
                always.append(whatever)
    allowed, denied = (space().union(regions.get((allow, True), [])) for allow in (True, False))
    perhaps_allowed, perhaps_denied = (space().union(regions.get((allow, False), [])) for allow in (True, False))
    ever = space().union(somehow) - space().union(always)
    return Bounds(allowed - (denied | perhaps_denied), (allowed | perhaps_allowed) - denied, ever)
