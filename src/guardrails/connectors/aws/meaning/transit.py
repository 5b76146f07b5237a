"""What a bucket policy demands of the way to the bucket, as evaluated requests: the weakest transport of a request that it does not deny.

A request without TLS has no version of it, and one with TLS has one of those that there are.
"""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.connectors.aws.meaning.buckets import Open, open_requests
from guardrails.iam.proof.access import space
from guardrails.iam.proof.conditions import Condition, contexts
from guardrails.iam.proof.requests import point_in
from guardrails.iam.proof.statements import Statement
from guardrails.model.findings import Witness
from guardrails.model.words import Transit
from guardrails.ports import TransitSeen
from guardrails.sets import BudgetExceededError, Context

__all__ = ["demanded"]

_TLS = ("Bool", "aws:securetransport", ("true",))
_WAYS: tuple[tuple[Transit, tuple[Condition, ...]], ...] = (
    (Transit.OPTIONAL, (("Bool", "aws:securetransport", ("false",)), ("Null", "s3:tlsversion", ("true",)))),
    (Transit.TLS, (_TLS, ("NumericEquals", "s3:tlsversion", ("1.0", "1.1")))),
    (Transit.TLS1_2, (_TLS, ("NumericEquals", "s3:tlsversion", ("1.2",)))),
)
"""The requests of each level that none of a higher level is like, the weakest first. Nothing is stronger than what is left."""


def demanded(found: Iterable[Statement], bucket: str) -> TransitSeen:
    """The weakest transport that the policy lets through."""
    try:
        return _demanded(tuple(open_requests(found, bucket)))
    except BudgetExceededError:
        doubt = "the policy is too intricate for the budget of one question"
        return TransitSeen(level=Transit.TLS1_3, at_worst=Transit.OPTIONAL, doubt=doubt)


def _demanded(ways: tuple[Open, ...]) -> TransitSeen:
    worst: Transit | None = None
    doubt = ""
    for level, block in _WAYS:
        asked = space().region(context=contexts(block)[0])
        for way in ways:
            if point := point_in(way.sure & asked, "*"):
                return TransitSeen(level=level, witness=_witness(way.who, *point), at_worst=worst, doubt=doubt)
        unsure = (way.possible & asked for way in ways if worst is None and way.possible != way.sure)
        if point := next(filter(None, (point_in(region, "*") for region in unsure)), None):
            worst = level
            doubt = f"something that is not understood or not known decides whether {point[0]} on {point[1]} is denied"
    return TransitSeen(level=Transit.TLS1_3, at_worst=worst, doubt=doubt)


def _witness(who: str, action: str, resource: str, context: Context) -> Witness:
    told = ((key, state) for key, state in sorted(context.items()) if state is not None)
    said = tuple((key, value) for key, state in told for value in ((state,) if isinstance(state, str) else state))
    return Witness(principal=who, action=action, resource=resource, context=said)
