"""Who may become a role, as its trust policy says."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement
from guardrails.ports import TrustSeen

__all__ = ["let_in", "trusts_of"]

_ACTIONS = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_ACCOUNT_DIGITS = 12
_KINDS = {"AWS": "aws", "Service": "service", "Federated": "federated", "any": "any"}


def trusts_of(found: Iterable[Statement]) -> tuple[TrustSeen, ...]:
    """Every principal that an Allow lets become the role, whatever else the statement asks; a Deny takes nothing away here."""
    return let_in(statement for statement in found if any(action in statement.actions for action in _ACTIONS))


def let_in(found: Iterable[Statement]) -> tuple[TrustSeen, ...]:
    """Every principal of every Allow; a Deny takes nothing away here."""
    return tuple(
        TrustSeen(
            kind="any" if name == "*" else _KINDS.get(kind, "any"),
            name=name,
            account=_account(name),
            external_id=_external_id(statement),
            pointer=statement.pointer,
            conditional=bool(statement.condition),
            subjects=_subjects(statement, name) if kind == "Federated" else None,
            reads_only=(statement.actions - _reads()).is_empty(),
        )
        for statement in found
        if statement.allow
        for kind, name in statement.principals
    )


@cache
def _reads() -> Actions:
    """What looks at the content of a bucket."""
    return Actions.of(("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"))


def _account(name: str) -> str:
    if len(name) == _ACCOUNT_DIGITS and name.isdigit():
        return name
    return name.split(":")[4] if name.startswith("arn:") and name.count(":") > 4 else ""  # noqa: PLR2004  # the account is the fifth part


def _subjects(statement: Statement, provider: str) -> tuple[str, ...] | None:
    """The values of the provider's `sub`, where a statement demands one; an IfExists form lets its absence pass."""
    key = f"{provider.rpartition('oidc-provider/')[2]}:sub".lower()
    found = [values for operator, name, values in statement.condition if operator in {"StringEquals", "StringLike"} and name == key]
    return tuple(sorted(value for values in found for value in values)) if found else None


def _external_id(statement: Statement) -> bool:
    """Demanded only by equality with values that are no pattern: an IfExists form lets its absence pass."""
    return any(operator == "StringEquals" and key == "sts:externalid" and values for operator, key, values in statement.condition)
