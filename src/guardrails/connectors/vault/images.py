"""Objects of Vault as images, from the answers of the server: what a change may touch, and a digest of all the rest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from guardrails.model.changes import Image
from guardrails.model.reference import Ref

__all__ = ["body", "image", "path"]

_OLDER = {"policies": "token_policies", "bound_cidrs": "token_bound_cidrs", "bound_cidr_list": "secret_id_bound_cidrs"}
"""Names that servers give beside the newer ones, or alone."""

_LISTS = frozenset(
    {
        "policies",
        "token_policies",
        "allowed_policies",
        "token_bound_cidrs",
        "secret_id_bound_cidrs",
        "member_entity_ids",
        "member_group_ids",
    }
)
_TEXTS = frozenset({"name", "type", "id"})
_FLAGS = frozenset({"disabled"})
_IDENTITY = frozenset({"policies", "member_entity_ids", "member_group_ids", "name", "type", "id", "disabled", "metadata"})
"""Fields of entities and groups that say what they are. All else in them is times and what follows from other objects."""


def path(ref: Ref) -> str:
    """Where an object is read and written."""
    return f"identity/{ref.kind}/id/{ref.id}" if ref.kind in {"entity", "group"} else ref.id


def image(ref: Ref, answer: Mapping[str, Any]) -> Image:
    """An object as it was answered.

    Raises:
        ValueError: It is of a form that is not known, or another object.
    """
    of_identity = ref.kind in {"entity", "group"}
    if of_identity and answer.get("id") != ref.id:
        raise ValueError(f"{path(ref)} is not that {ref.kind}")
    found = {name: value for name, value in answer.items() if name in _IDENTITY} if of_identity else _newest(answer)
    fields: dict[str, tuple[str, ...]] = {}
    for name in sorted(found.keys() & (_LISTS | _TEXTS | _FLAGS)):
        fields[name] = _values(name, found.pop(name))
    # what is not touched is not told either, and still may not change
    others = json.dumps(found, sort_keys=True, separators=(",", ":"), default=str)
    return Image.of({**fields, "others": (hashlib.sha256(others.encode()).hexdigest(),)})


def _newest(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Without names that say again what a newer one says."""
    return {name: value for name, value in answer.items() if _OLDER.get(name) not in answer}


def _values(name: str, value: object) -> tuple[str, ...]:
    if name in _FLAGS:
        return ("true" if value is True else "false",)
    if name in _TEXTS:
        return (str(value),)
    listed = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise ValueError(f"{name} is not a list of texts")
    return tuple(item for item in listed if item)


def body(before: Image, after: Image) -> dict[str, Any]:
    """The fields that differ, as they are written; servers leave the others as they are."""
    names = {name for name, _ in (*before.fields, *after.fields)}
    changed = sorted(name for name in names if before.values(name) != after.values(name))
    return {name: after.values(name) == ("true",) if name in _FLAGS else list(after.values(name)) for name in changed}
