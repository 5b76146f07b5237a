"""Exceptions: grants, debts and known gaps, each for a time."""

from __future__ import annotations

from datetime import date
from typing import Any

from guardrails.model.exceptions import DebtException, Exceptional, GapException, GrantException
from guardrails.model.reference import Place
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes

__all__ = ["read_exception"]


def read_exception(name: str, node: Node, place: Place, notes: Notes) -> Exceptional | None:
    """One exception; `None` when it has mistakes that leave nothing to judge."""
    fields = Fields(node, notes, f"exceptions.{name}")
    until, since = fields.day("until", required=True), fields.day("from")
    shared = {"name": name, "approved": fields.text("approved", required=True), "risk_owner": fields.text("risk-owner", required=True)}
    for known in ("why", "ticket"):
        fields.text(known)
    kinds = [kind for kind in ("grant", "debt", "gap") if fields.node(kind) is not None]
    if len(kinds) != 1:
        notes.add(place, f"exceptions.{name} must be one of grant, debt and gap", "write {grant: ...}, {debt: ...} or {gap: ...}")
    fields.done()
    if until is None or len(kinds) != 1:
        return None
    inner = fields.fields(kinds[0])
    found = _excepted(inner, kinds[0], {**shared, "until": until, "place": place}, since)
    inner.done()
    return found


def _excepted(inner: Fields, kind: str, shared: dict[str, Any], since: date | None) -> Exceptional:
    if kind == "grant":
        return GrantException(to=inner.reference("to"), may=inner.texts("may", required=True), since=since, **shared)
    of = inner.reference("of")
    if kind == "gap":
        return GapException(of=of, what=inner.text("what", required=True), **shared)
    return DebtException(of=of, actions=inner.texts("actions", required=True), resources=inner.texts("resources", required=True), **shared)
