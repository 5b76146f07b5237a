"""What an endpoint of NetBox answered, whole or not at all. Keys of tokens are dropped here, before anything else sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.model.words import GapReason

__all__ = ["ENDPOINTS", "Answers", "Failed", "Found", "Objects", "without_keys"]

Objects = Sequence[Mapping[str, Any]]

ENDPOINTS = {
    "vrfs": "ipam/vrfs",
    "prefixes": "ipam/prefixes",
    "ip-ranges": "ipam/ip-ranges",
    "ip-addresses": "ipam/ip-addresses",
    "users": "users/users",
    "tokens": "users/tokens",
}
"""What is read, by the last part of its path, which names it in exports and gaps as well."""

_OF_A_TOKEN = frozenset({"id", "user", "created", "expires", "last_used", "enabled", "write_enabled"})
"""All that is kept of a token. Its key, and its display, which holds parts of the key, are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Every object of an endpoint, read to the end."""

    objects: Objects
    pages: int = 1
    calls: int = 0
    counted: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No answer that could be relied on. `message` holds nothing of the answer and no secret."""

    reason: GapReason
    message: str
    remedy: str = ""
    rights: tuple[str, ...] = ()


Answers = Mapping[str, Found | Failed]
"""By endpoint; each one of `ENDPOINTS` is there."""


def without_keys(endpoint: str, objects: Objects) -> Objects:
    """The same without what could be a secret."""
    if endpoint != "tokens":
        return tuple(objects)
    return tuple({name: value for name, value in found.items() if name in _OF_A_TOKEN} for found in objects)
