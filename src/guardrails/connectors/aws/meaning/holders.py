"""What a principal brings to each of its requests, whatever it asks (IAM User Guide, global condition context keys)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from guardrails.iam.proof.statements import Statement
from guardrails.model.facts import Principal
from guardrails.sets import Context

__all__ = ["brought", "filled", "known_of", "seen_by"]

_TAG = "aws:principaltag/"
_CURRENT = re.compile(r'"Version":\s*"2012-10-17"')
"""Under any other version there are no variables."""

_VARIABLE = re.compile(r"\$\{\s*([A-Za-z0-9:/_.+=@-]+)\s*\}")
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
    if ref.kind == "user":
        known |= {"aws:userid": ref.id} | {f"{_TAG}{key.lower()}": value for key, value in principal.tags}
    return known


def filled(text: str, known: Context) -> str:
    """A document with what is known put in place of its variables; the others stay, and so does a value that would read as a pattern."""
    if "${" not in text or not _CURRENT.search(text):
        return text

    def value(found: re.Match[str]) -> str:
        state = known.get(found[1].lower())
        return json.dumps(state)[1:-1] if isinstance(state, str) and not set(state) & set("*?$") else found[0]

    return _VARIABLE.sub(value, text)


def known_of(principal: Principal | None, names: Iterable[str]) -> Context:
    """What it brings, where these keys are asked for: a user has no tag but its own."""
    known = brought(principal)
    if principal is None or principal.ref.kind != "user":
        return known
    return {**{name: None for name in names if name.startswith(_TAG)}, **known}


def seen_by(statement: Statement, principal: Principal | None) -> Statement:
    """A statement as it stands for the requests of one principal."""
    names = statement.context.names
    if not names:
        return statement
    if (principal is None or principal.ref.kind != "user") and any(name.startswith(_OPEN) for name in names):
        statement = replace(statement, exact=False)
    return replace(statement, context=statement.context.given(known_of(principal, names)))
