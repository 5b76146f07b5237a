"""Two parts of the section `apply`: what may be changed without asking again, and what is not ours to change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from guardrails.model.applying import ACTIONS, Manager, Standing
from guardrails.model.reference import Place
from guardrails.model.words import Kind
from guardrails.notation.document import Node, Scalar, integer
from guardrails.notation.shape import Fields, Notes, reference

__all__ = ["read_managers", "read_standing"]

_KINDS = {kind.value: kind for kind in Kind}
_REMEDIES = ("proposal", "permission-set")


def read_standing(node: Node, place: Place, notes: Notes) -> Standing:
    """The whole of it, or mistakes: what is left out is never permission."""
    fields = Fields(node, notes, "apply.standing")
    found = Standing(
        approved=fields.text("approved", required=True),
        kinds=fields.some("kinds", _KINDS.get, "a kind of finding such as leaver", required=True),
        changes=fields.some("changes", lambda text: text if text in ACTIONS else None, f"one of {', '.join(ACTIONS)}") or ACTIONS,
        systems=fields.some("systems", str, "a system", required=True),
        per_day=_per_day(fields.fields("per-day", required=True)),
        until=fields.day("until", required=True) or date.min,
        place=place,
    )
    fields.done()
    return found


def _per_day(fields: Fields) -> int:
    node = fields.node("changes", required=True)
    number = integer(node) if isinstance(node, Scalar) else None
    if node is not None and (number is None or number < 1):
        fields.notes.add(node.place, f"{fields.where}.changes must be a number from 1", "write per-day: {changes: 40}")
    fields.done()
    return number or 0


def read_managers(fields: Fields) -> Iterator[Manager]:
    """One for each name."""
    for name, node, place in fields.each():
        one = Fields(node, fields.notes, f"{fields.where}.{name}")
        one.choice("remedy", {word: word for word in _REMEDIES}, default=_REMEDIES[0])
        tag = one.text("tag")
        key, _, value = tag.partition("=")
        if tag and not key:
            one.notes.add(place, f"{one.where}.tag {tag} names no key", 'write "KEY=VALUE", or KEY alone for any value')
        objects = one.some("objects", reference, "a reference such as aws@prod:role/ci")
        yield Manager(name=name, tag=(key, value) if tag else None, objects=objects, told_by=one.texts("told-by"), place=place)
        one.done()
