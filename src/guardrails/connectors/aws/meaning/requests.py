"""Finds a request in a region that AWS could really be asked: a catalogued action on a resource of its own form, when there is one."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.connectors.aws.meaning.access import DOMAIN, SPACE
from guardrails.connectors.aws.meaning.catalogue import formats, matching, named
from guardrails.sets import Language, Pattern, Region

__all__ = ["request_in"]

_TELLING = ("s3:getobject", "kms:decrypt", "secretsmanager:getsecretvalue", "iam:passrole", "sts:assumerole", "s3:deleteobject")
"""Tried first, because people know at once what they mean."""


def request_in(region: Region, account: str) -> tuple[str, str] | None:
    """An action and a resource of the region, or `None` when no request can be in it.

    For a catalogued action only resources of its own forms count; actions outside the catalogue are an open world, where any ARN does.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    inside = region & DOMAIN
    rest = inside
    for action in _candidates(inside):
        literal = Language.of(Pattern.literal(action))
        here = inside & SPACE.region(action=literal)
        for form in formats(action, account):
            point = (here & SPACE.region(resource=form)).witness()
            if point is not None:
                return named(action), point["resource"]
        rest &= SPACE.region(action=~literal)
    point = rest.witness()
    return (named(point["action"]), point["resource"]) if point else None


def _candidates(region: Region) -> Iterator[str]:
    # only actions whose own emptiness is in question: those that some box of the region names
    seen = set()
    for box, _ in region.cubes:
        actions: Language = box[0]
        found = matching(actions)
        for action in [*(a for a in _TELLING if a in actions), *found]:
            if action not in seen:
                seen.add(action)
                yield action
