"""What an endpoint of NetBox answered, whole or not at all. What could be a secret is dropped here, before anything else sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.model.words import GapReason

__all__ = ["ENDPOINTS", "Answers", "Failed", "Found", "Objects", "without_secrets"]

Objects = Sequence[Mapping[str, Any]]

ENDPOINTS = {
    "vrfs": "ipam/vrfs",
    "prefixes": "ipam/prefixes",
    "ip-ranges": "ipam/ip-ranges",
    "ip-addresses": "ipam/ip-addresses",
    "users": "users/users",
    "tokens": "users/tokens",
    "devices": "dcim/devices",
    "virtual-machines": "virtualization/virtual-machines",
}
"""What is read, by the last part of its path, which names it in exports and gaps as well."""

_OF_A_TOKEN = frozenset({"id", "user", "created", "expires", "last_used", "enabled", "write_enabled"})
"""All that is kept of a token. Its key, and its display, which holds parts of the key, are not."""

_OF_A_DEVICE = frozenset(
    {"id", "display", "status", "role", "device_type", "platform", "tenant", "site", "cluster", "serial", "tags", "owner", "custom_fields"}
)
"""All that is kept of a device or virtual machine; contexts and comments hold what people put there, passwords as well."""

_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|community", re.IGNORECASE)
"""In the name of a custom field."""

_WITH_PASSWORD = re.compile(r"://[^/]*@")
_LONGEST_TEXT = 200


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


def without_secrets(endpoint: str, objects: Objects) -> Objects:
    """The same without what could be a secret."""
    match endpoint:
        case "tokens":
            return tuple(_kept(found, _OF_A_TOKEN) for found in objects)
        case "devices" | "virtual-machines":
            return tuple(_kept(found, _OF_A_DEVICE) | _custom_fields(found) for found in objects)
        case _:
            return tuple(objects)


def _kept(found: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name in names}


def _custom_fields(found: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields that are yes or no, a number, a date, one or more choices, or a text of 200 characters at most.

    Those with a name like password, secret, token, key, credential or community are left out, and so are addresses with a password in
    them, objects and JSON.
    """
    fields = found.get("custom_fields")
    if not isinstance(fields, dict):  # what it is in place of fields goes no further either
        return {"custom_fields": None} if "custom_fields" in found else {}
    return {"custom_fields": {name: value for name, value in fields.items() if not _SECRET.search(name) and _is_plain(value)}}


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) and _is_plain(item) for item in value)
    if isinstance(value, str):
        return len(value) <= _LONGEST_TEXT and not _WITH_PASSWORD.search(value)
    return isinstance(value, bool | int | float)
