"""Policies of a holder's own: what they are called, and whose one is. Pure.

Servers keep a policy beside whoever has it. Its name says whose it is, and it is there only as long as its holder lists that name: so it is
read and written as a part of its holder, and none can be left behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from guardrails.model.reference import Ref

__all__ = ["OWN", "number_of", "own_last", "own_name", "place", "whose"]

OWN = "policy/"
"""How the field of an image begins that holds what such a policy says."""

_IDENTITIES = frozenset({"entity", "group"})
_LOGINS = frozenset({"role", "user", "ldap-group"})
_SEGMENT = "[a-z0-9_@-][a-z0-9_@.-]*"
_PLACE = re.compile(f"(?:entity|group|auth)(?:/{_SEGMENT})+")
"""Names of policies have small letters only, so that two logins could mean the same; and a comma or a star would mean something else."""
_NAME = re.compile(f"guardrails-[a-z]+(?:-(?P<number>[0-9]+))?/(?P<place>{_PLACE.pattern})")


def place(holder: Ref) -> str:
    """Whose a policy is, as names say it; empty for who can have none."""
    found = f"{holder.kind}/{holder.id}" if holder.kind in _IDENTITIES else holder.id if holder.kind in _LOGINS else ""
    return found if _PLACE.fullmatch(found) and not found.endswith("/config") else ""


def own_name(holder: Ref, word: str, number: int) -> str:
    """Such as `guardrails-declared/entity/8f3c...`; from the second on with the number behind the word."""
    return f"{word}{f'-{number}' if number > 1 else ''}/{place(holder)}"


def whose(name: str) -> str:
    """The place of the holder, from the name of a policy; empty when it is nobody's own."""
    found = _NAME.fullmatch(name)
    return found["place"] if found else ""


def number_of(name: str) -> int:
    """Of several of one holder; 0 when it is nobody's own."""
    found = _NAME.fullmatch(name)
    return int(found["number"] or 1) if found else 0


def own_last(holder: Ref, names: Iterable[str]) -> tuple[str, ...]:
    """Names of policies in the order that they came in: servers sort them, and those of the holder's own come behind all others."""
    mine = place(holder)
    return tuple(sorted(names, key=lambda name: number_of(name) if mine and whose(name) == mine else 0))
