"""Whether statements speak of one request and allow it, plainly, statement by statement."""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.iam.keys import key_type
from guardrails.iam.proof.statements import Statement
from guardrails.model.findings import Witness
from guardrails.sets import Context

__all__ = ["allows", "context_of", "speaks_of"]


def allows(layer: Iterable[Statement], witness: Witness) -> bool:
    """Denied wins, then allowed, else denied; what is not understood denies."""
    allowed = False
    for statement in layer:
        if speaks_of(statement, witness):
            if not statement.allow:
                return False
            allowed |= statement.exact
    return allowed


def speaks_of(statement: Statement, witness: Witness) -> bool:
    """Whether a statement, in its widest reading, is about the request."""
    return witness.action.lower() in statement.actions and witness.resource in statement.loose and context_of(witness) in statement.context


def context_of(witness: Witness) -> Context:
    """The context of a witness; what is a list by its type stays one."""
    found: dict[str, list[str]] = {}
    for key, value in witness.context:
        found.setdefault(key.lower(), []).append(value)
    return {key: tuple(values) if len(values) > 1 or key_type(key).is_list else values[0] for key, values in found.items()}
