"""Whom a role lets in by name: the one value that its provider has to show, where that is also the name that the server then knows. Pure.

Only the claim by which somebody is known counts, and only where it is bound to one value, letter by letter. A role that lets in several, or
whoever fits a pattern, is nobody's in particular.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["the_only_one"]

_BY_CLAIMS = frozenset({"jwt", "oidc"})
_SUBJECT, _LITERAL = "sub", {"", "string"}


def the_only_one(method: str, entry: Mapping[str, Any]) -> str:
    """The name of the alias of whoever may log in by a role; empty where that may be several."""
    claim = entry.get("user_claim")
    if method not in _BY_CLAIMS or not claim or entry.get("user_claim_json_pointer"):
        return ""
    subject, bound = entry.get("bound_subject"), entry.get("bound_claims")
    if claim == _SUBJECT and isinstance(subject, str) and subject:
        return subject
    value = bound.get(claim) if isinstance(bound, Mapping) and entry.get("bound_claims_type", "") in _LITERAL else None
    values = value if isinstance(value, list) else [value]
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""
