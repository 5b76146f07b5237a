"""What a principal brings to each of its requests, whatever it asks (IAM User Guide, global condition context keys)."""

from __future__ import annotations

from dataclasses import replace

from guardrails.iam.proof.statements import Statement
from guardrails.model.facts import Principal
from guardrails.sets import Context

__all__ = ["brought", "is_open", "is_usual", "seen_by", "usual"]

_TAG = "aws:principaltag/"
_OPEN = ("aws:userid", _TAG)
"""A session of a role has a name of its own in its id, and may have been given tags."""


def brought(principal: Principal | None) -> Context:
    """The keys that a principal's own requests have always the same."""
    if principal is None:
        return {}
    ref = principal.ref
    known: dict[str, str | None] = {
        "aws:principalarn": principal.resource,
        "aws:principalaccount": ref.realm,
        "aws:principalservicename": None,
        "aws:principalisawsservice": "false",
        "aws:username": ref.name if ref.kind == "user" else None,
        "aws:principaltype": "User" if ref.kind == "user" else "AssumedRole",
    }
    return known | ({"aws:userid": ref.id} if ref.kind == "user" else {})


def usual(principal: Principal | None) -> Context:
    """Its tags: always those of a user; those of a role unless a session is given others."""
    return {f"{_TAG}{key.lower()}": value for key, value in principal.tags} if principal else {}


def seen_by(statement: Statement, known: Context, tags: Context | None) -> Statement:
    """A statement as it stands for the requests of one principal; without `tags`, whatever tags its session has."""
    names = statement.context.names
    if not names:
        return statement
    if tags is not None:
        known = {**{name: None for name in names if name.startswith(_TAG)}, **tags, **known}
    context = statement.context.given(known)
    return statement if context is statement.context else replace(statement, context=context)


def is_open(statement: Statement) -> bool:
    """Whether something of it hangs on how a session of a role is named or tagged."""
    return any(name.startswith(_OPEN) for name in statement.context.names) or "${aws:principaltag/" in statement.text.lower()


def is_usual(context: Context, principal: Principal | None) -> bool:
    """Whether a context asks for nothing of how a session is named or tagged that the principal does not bring by itself."""
    tags = usual(principal)
    return (
        principal is None
        or principal.ref.kind == "user"
        or all(tags.get(name) == state for name, state in context.items() if name.startswith(_OPEN))
    )
