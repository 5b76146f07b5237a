"""Remarks on the policies of a namespace: on each by itself, and on denies that other policies of the same holders take away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Verdict
from guardrails.ports import Remark
from guardrails.sets import BudgetExceededError
from guardrails.vault.acl import ROOT, acl
from guardrails.vault.hygiene import remarks, unreached
from guardrails.vault.rules import Policy

__all__ = ["remarked"]

_KINDS = {
    "unreached-deny": Kind.POLICY_DENIES_NOTHING,
    "fails-open": Kind.POLICY_DENIES_NOTHING,
    "unreached": Kind.POLICY_RULE_DEAD,
    "literal": Kind.POLICY_RULE_DEAD,
    "never": Kind.POLICY_RULE_DEAD,
    "undecided": Kind.POLICY_DENIES_NOTHING,
}


def remarked(held: Holdings, at: datetime) -> Iterator[Remark]:
    """Everything worth a remark; of engines that may differ the first speaks."""
    engine = held.engines[0]
    told: set[tuple[Ref, str]] = set()
    for ref, policy in held.all_policies():
        for one in remarks([policy], engine, at=at):
            told.add((ref, one.path))
            yield Remark(
                ref=ref,
                kind=_KINDS[one.kind],
                facet=f"{one.kind} {one.path}",
                message=f"{ref}: path {one.path}: {one.says}" if one.kind == "undecided" else f"{ref}: path {one.path} {one.says}",
                actual=f"policy {policy.name} path {one.path}",
                verdict=Verdict.UNDECIDED if one.kind == "undecided" else Verdict.VIOLATION,
            )
    for realm, names in sorted(held.combinations(), key=lambda pair: (pair[0], sorted(pair[1]))):
        for name, path in _taken_away(held.policies(realm, names), held, at):
            whose = held.ref_of(realm, name)
            if whose is not None and (whose, path) not in told:
                told.add((whose, path))
                others = ", ".join(sorted(names - {name}))
                yield Remark(
                    ref=whose,
                    kind=Kind.POLICY_DENIES_NOTHING,
                    facet=f"shadowed {path}",
                    message=f"{whose}: path {path} denies nothing to whoever holds {others} as well: another rule always decides",
                    actual=f"policy {name} path {path}",
                )


def _taken_away(policies: tuple[Policy, ...], held: Holdings, at: datetime) -> Iterator[tuple[str, str]]:
    """Denies that decide nothing where these are held together."""
    if len(policies) < 2 or not any(rule.is_deny for policy in policies for rule in policy.rules):  # noqa: PLR2004  # with another
        return
    try:
        lost = unreached(acl(policies, held.engines[0], at=at))
    except BudgetExceededError:
        return  # what is allowed is told as undecided then, by who holds it
    yield from ((rule.policy, rule.path) for one in lost for rule in one.rules if rule.is_deny and rule.policy != ROOT)
