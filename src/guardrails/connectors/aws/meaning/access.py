"""What some policies allow together, as a region over actions and resources that is known between two bounds.

Anything that a statement says beyond actions and resources makes it inexact. On the upper bound an inexact Allow counts and an inexact Deny
does not; on the lower bound the other way round. What differs only between the bounds is undecided, never a violation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from guardrails.connectors.aws.meaning.actions import Actions
from guardrails.connectors.aws.meaning.catalogue import catalogue
from guardrails.connectors.aws.meaning.documents import Statement
from guardrails.sets import Language, Pattern, Region, Space

__all__ = ["Bounds", "bounds", "listed", "space", "unpublished"]


@cache
def space() -> Space:
    """Requests: an action on a resource."""
    return Space(("action", "resource"), (Actions.everything(), Language.everything()))


@cache
def unpublished() -> Region:
    """Every request for an action that the catalogue has not: on any ARN, or on `*`."""
    return space().region(
        action=Actions(catalogue().nothing(), Language.of(Pattern.glob("?*:?*"))),
        resource=Language.of(Pattern.literal("*"), Pattern.arn("arn:?*:?*:*:*:?*")),
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Everything in `lower` is surely allowed, nothing outside `upper` is."""

    lower: Region
    upper: Region

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(self.lower & other.lower, self.upper & other.upper)

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.lower | other.lower, self.upper | other.upper)


def bounds(found: Iterable[Statement]) -> Bounds:
    """Allowed less denied, in both readings."""
    regions: dict[tuple[bool, bool], list[Region]] = {}
    for statement in found:
        region = space().region(action=statement.actions, resource=statement.loose)
        regions.setdefault((statement.allow, statement.exact), []).append(region)
    allowed, denied = (space().union(regions.get((allow, True), [])) for allow in (True, False))
    perhaps_allowed, perhaps_denied = (space().union(regions.get((allow, False), [])) for allow in (True, False))
    return Bounds(allowed - (denied | perhaps_denied), (allowed | perhaps_allowed) - denied)


@lru_cache(maxsize=4096)
def listed(
    actions: tuple[str, ...],
    resources: frozenset[str],
    but_actions: tuple[str, ...] = (),
    but_resources: frozenset[str] = frozenset(),
) -> Region:
    """The region of some action patterns on some resource patterns, each less those that are left out."""
    return space().region(
        action=Actions.of(actions) - Actions.of(but_actions),
        resource=Language.of(*map(Pattern.arn, resources)) - Language.of(*map(Pattern.arn, but_resources)),
    )
