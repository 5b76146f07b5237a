"""The parts that objects of NetBox have in common. What is not of the form that it must have is an error of Python's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardrails.model.facts import Pairs
from guardrails.model.reference import Ref

__all__ = ["REALM", "Object", "choice", "owner", "pairs", "reference", "tags", "text"]

REALM = "netbox"
"""One NetBox is one realm; its ids are the same live and exported."""

Object = Mapping[str, Any]


def reference(system: str, kind: str, found: Object, name: str) -> Ref:
    """An object, by its own id."""
    return Ref(system=system, realm=REALM, kind=kind, id=f"{kind}/{found['id']}", name=name)


def text(value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def choice(value: Object | None) -> str:
    """The slug of an object, or the value of a choice."""
    if value is None:
        return ""
    return text(value["slug"] if "slug" in value else value["value"])


def tags(found: Object) -> dict[str, str]:
    """Its tags, as attributes."""
    return {f"tag/{text(tag['slug'])}": "yes" for tag in found["tags"]}


def owner(found: Object) -> str:
    """Its owner, which NetBox knows since 4.5."""
    named = found.get("owner")
    return text(named["name"]) if named else ""


def pairs(named: Mapping[str, str]) -> Pairs:
    """Attributes, without those that are empty."""
    return tuple(sorted((name, value) for name, value in named.items() if value))
