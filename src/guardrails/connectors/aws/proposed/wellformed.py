"""Whether a document that AWS has not taken yet has the form of a policy (IAM User Guide, "Grammar of the IAM JSON policy language")."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["is_policy"]

_PARTS = frozenset({"Version", "Id", "Statement"})
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_WHOM = ("Principal", "NotPrincipal")
_ELEMENTS = frozenset({"Sid", "Effect", "Condition", *_LISTS, *_WHOM})


def is_policy(found: object) -> bool:
    """Whether each part of it is of a kind that a policy has there."""
    statements = found.get("Statement") if isinstance(found, Mapping) else None
    listed = statements if isinstance(statements, list) else [statements]
    is_known = isinstance(found, Mapping) and found.keys() <= _PARTS
    return is_known and bool(listed) and all(isinstance(one, Mapping) and _is_statement(one) for one in listed)


def _is_statement(one: Mapping[str, object]) -> bool:
    return (
        one.keys() <= _ELEMENTS
        and one.get("Effect") in ("Allow", "Deny")
        and isinstance(one.get("Sid", ""), str)
        and all(_is_texts(one[name]) for name in _LISTS if name in one)
        and all(_is_whom(one[name]) for name in _WHOM if name in one)
        and _is_condition(one.get("Condition", {}))
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _is_whom(value: object) -> bool:
    return value == "*" or (isinstance(value, Mapping) and all(_is_texts(one) for one in value.values()))


def _is_condition(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(keys, Mapping) and all(map(_is_values, keys.values())) for keys in value.values())


def _is_values(value: object) -> bool:
    listed = value if isinstance(value, list) else [value]
    return all(isinstance(one, str | bool | int | float) for one in listed)
