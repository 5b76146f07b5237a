"""Finds a request in a region that AWS could really be asked: a catalogued action on a resource of its own form, when there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

from guardrails.iam.catalogue import firsts, forms, named, shapes
from guardrails.iam.proof.access import space, unpublished
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.readings import Rule
from guardrails.iam.proof.variables import letters_of
from guardrails.sets import Context, Language, Region

__all__ = ["Point", "point_in", "point_of"]

Point = tuple[str, str, Context]
"""An action, a resource and a context. The context can name claims (see `conditions`), the resource can hold letters (see `variables`)."""


def point_of(rule: Rule, bits: int, account: str) -> Point | None:
    """A point of a rule with one of some published actions, on a resource of its own forms, those of the account first."""
    for action, shape in firsts(bits):
        if found := _on_form(rule, shape, account):
            return named(action), *found
    return None


@lru_cache(maxsize=65536)
def _on_form(rule: Rule, shape: tuple[str, ...], account: str) -> tuple[str, Context] | None:
    context = rule.contexts.witness()
    if context is None:
        return None
    found = (_formed(rule.resources, (form,) if form else (), *where).witness() for where, form in _ways(shape, account))
    resource = next((resource for resource in found if resource is not None), None)
    return None if resource is None else (resource, context)


def _ways(shape: tuple[str, ...], account: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Accounts, partitions and forms, one after the other, the plainest first: that is what people think of."""
    return product(dict.fromkeys(((account, "aws"), ("*", "aws"), ("*", "aws*"))), sorted(shape, key=len) or ("",))


def _told(point: Mapping[str, Any]) -> Point:
    return named(point["action"]), point["resource"], point["context"]


def point_in(region: Region, account: str) -> Point | None:
    """A point of the region, or `None` when no request can be in it.

    For a catalogued action only resources of its own forms count, those of the account first; actions outside the catalogue are an open
    world, where any ARN does.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    # most have no point at all, possible or not
    points = ((cube, point) for cube in region.cubes if (point := Region(region.space, (cube,)).witness()))
    if (first := next(points, None)) is None:
        return None
    if _is_first(*first, account):
        return _told(first[1])
    left = Region(region.space, (first[0], *(cube for cube, _ in points)))
    for cube in left.cubes:
        if point := _published(Region(region.space, (cube,)), account):
            return _told(point)
    letters = "".join(sorted({letter for (box, _) in left.cubes for letter in letters_of(box[1])}))
    point = (left & unpublished(letters)).witness()
    return _told(point) if point else None


def _is_first(cube: Any, point: Mapping[str, Any], account: str) -> bool:  # noqa: ANN401  # a cube of any dimensions
    """Whether a point is what would be found first among the possible ones: the shortest that it is also is the shortest there."""
    (actions, resources, _), _ = cube
    listed, shape = next(shapes(actions.listed), (actions.listed, ()))
    form = sorted(shape, key=len)[:1]
    return point["action"] in listed and point["resource"] in forms(tuple(form), account, "aws", letters_of(resources))


def _published(cube: Region, account: str) -> dict[str, Any] | None:
    ((box, minus),) = cube.cubes
    for listed, shape in shapes(box[0].listed):
        for where, form in _ways(shape, account):
            resources = _formed(box[1], (form,) if form else (), *where)
            if not resources.is_empty() and (
                point := Region(space(), (((Actions(listed, Language.nothing()), resources, box[2]), minus),)).witness()
            ):
                return point
    return None


@lru_cache(maxsize=65536)
def _formed(resources: Language, shape: tuple[str, ...], account: str, partition: str) -> Language:
    """The resources that are of one of the forms."""
    return resources & forms(shape, account, partition, letters_of(resources))
