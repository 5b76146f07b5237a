"""What a bucket policy demands of the way to the bucket, as evaluated requests and not as text.

A plain request must be denied to everybody, for every action and for the bucket and all it holds; a Deny for one user, one action or one
prefix demands nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.iam.proof.access import space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement
from guardrails.model.words import Transit
from guardrails.sets import BudgetExceededError, Language, Pattern, Region

__all__ = ["demanded"]

_Condition = tuple[str, str, tuple[str, ...]]

_PLAIN: frozenset[_Condition] = frozenset(
    {("Bool", "aws:securetransport", ("false",)), ("BoolIfExists", "aws:securetransport", ("false",))}
)


def demanded(found: Iterable[Statement], bucket: str) -> Transit:
    """The weakest transport that the policy lets through."""
    everybody = [s for s in found if not s.allow and {name for _, name in s.principals} == {"*"}]
    if not _denies_all(everybody, bucket, _PLAIN):
        return Transit.OPTIONAL
    for version, level in (("1.3", Transit.TLS1_3), ("1.2", Transit.TLS1_2)):
        older: frozenset[_Condition] = frozenset(
            {("NumericLessThan", "s3:tlsversion", (version,)), ("NumericLessThanIfExists", "s3:tlsversion", (version,))}
        )
        if _denies_all(everybody, bucket, older):
            return level
    return Transit.TLS


def _denies_all(found: Iterable[Statement], bucket: str, conditions: frozenset[_Condition]) -> bool:
    denied = space().nothing()
    for statement in found:
        if not statement.condition or (len(statement.condition) == 1 and statement.condition[0] in conditions):
            denied |= space().region(action=statement.actions, resource=statement.loose)
    try:
        return denied.covers(_requests(bucket))
    except BudgetExceededError:
        return False  # what is not proved to be denied counts as let through


def _requests(bucket: str) -> Region:
    return space().region(action=Actions.of(["s3:*"]), resource=Language.of(Pattern.literal(bucket), Pattern.glob(f"{bucket}/?*")))
