"""Finds a request in a region that AWS could really be asked: a catalogued action on a resource of its own form, when there is one."""

from __future__ import annotations

from typing import Any

from guardrails.iam.catalogue import forms, named, shapes
from guardrails.iam.proof.access import space, unpublished
from guardrails.iam.proof.actions import Actions
from guardrails.sets import Context, Language, Region

__all__ = ["request_in"]


def request_in(region: Region, account: str) -> tuple[str, str, Context] | None:
    """An action, a resource and a context of the region, or `None` when no request can be in it.

    For a catalogued action only resources of its own forms count, those of the account first; actions outside the catalogue are an open
    world, where any ARN does.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    # most have no point at all, possible or not
    cubes = [cube for each in region.cubes if not (cube := Region(region.space, (each,))).is_empty()]
    for cube in cubes:
        if point := _published(cube, account):
            return named(point["action"]), point["resource"], point["context"]
    for cube in cubes:
        if point := (cube & unpublished()).witness():
            return point["action"], point["resource"], point["context"]
    return None


def _published(cube: Region, account: str) -> dict[str, Any] | None:
    ((box, _),) = cube.cubes
    for listed, shape in shapes(box[0].listed):
        actions = Actions(listed, Language.nothing())
        for where in (account, "*"):
            point = (cube & space().region(action=actions, resource=forms(shape, where))).witness()
            if point:
                return point
    return None
