"""Where an entry comes from: `origin: adopted` with `review-by:` marks what says only what was found, until somebody has looked at it."""

from __future__ import annotations

from dataclasses import replace

from guardrails.model.declaration import Adopted
from guardrails.model.reference import Place
from guardrails.notation.document import Mapping, Node
from guardrails.notation.shape import Fields, Notes

__all__ = ["ADOPTABLE", "without_origin"]

ADOPTABLE = ("classes", "assets", "networks", "allowlists", "entitlements", "roles", "workloads")
"""The sections whose entries can be adopted."""

_ORIGIN, _REVIEW_BY = "origin", "review-by"


def without_origin(section: str, name: str, node: Node, place: Place, notes: Notes) -> tuple[Node, Adopted | None]:
    """The entry as its section reads it, and the mark when it carries one."""
    if not isinstance(node, Mapping) or not any(key.text in {_ORIGIN, _REVIEW_BY} for key, _ in node.entries):
        return node, None
    fields = Fields(node, notes, f"{section}.{name}")
    adopted = fields.choice(_ORIGIN, {"adopted": True}, default=False)
    day = fields.day(_REVIEW_BY, required=adopted)
    if day is not None and not adopted:
        notes.add(fields.entries[_REVIEW_BY][1].place, f"{fields.where}: {_REVIEW_BY} is for what was adopted", "add origin: adopted")
    plain = replace(node, entries=tuple(entry for entry in node.entries if entry[0].text not in {_ORIGIN, _REVIEW_BY}))
    return plain, Adopted(section=section, name=name, review_by=day, place=place) if adopted and day is not None else None
