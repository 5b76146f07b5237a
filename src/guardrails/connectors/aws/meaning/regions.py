"""The regions for which requests are made, where the declaration says that all others are closed.

A request for a service without regions is made for the region that its only endpoint is in (IAM User Guide, "aws:RequestedRegion"; the
endpoints are those that AWS publishes with its SDKs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import domain
from guardrails.iam.proof.statements import Statement
from guardrails.sets import Contexts, Language, Pattern

__all__ = ["REGION", "made_for"]

REGION = "aws:requestedregion"

_GLOBAL = {
    "us-east-1": (
        "account", "billingconductor", "budgets", "ce", "chime", "cloudfront", "health", "iam", "importexport", "organizations", "route53",
        "savingsplans", "shield", "support", "tax", "waf",
    ),
    "us-west-2": ("globalaccelerator", "networkmanager"),
}  # fmt: skip


def made_for(found: Iterable[Statement], regions: Sequence[str]) -> Iterator[Statement]:
    """What is asked for in some regions, of statements that say nothing of regions themselves."""
    for statement in found:
        if REGION in statement.context.names:
            yield statement
            continue
        left = statement.actions
        for region, actions in _services():
            if not (here := statement.actions & actions).is_empty():
                yield _asked(statement, here, [region])
                left -= actions
        if not left.is_empty():
            yield _asked(statement, left, regions)


def _asked(statement: Statement, actions: Actions, regions: Sequence[str]) -> Statement:
    named = domain(REGION).one(Language.of(*map(Pattern.literal, regions)))
    return replace(statement, actions=actions, context=statement.context & Contexts.of({REGION: named}))


@cache
def _services() -> tuple[tuple[str, Actions], ...]:
    return tuple((region, Actions.of(f"{service}:*" for service in services)) for region, services in _GLOBAL.items())
