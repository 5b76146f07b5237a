"""Whether everything that some policies allow is allowed by others too: proved, or refuted by one request, or undecided and why.

The proof is a walk over all paths (`guardrails.vault.proof`). A refutation counts only when the evaluator, which shares no code with the
proof, says of that one request that the one side allows it and the other does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Literal

from guardrails.sets import BudgetExceededError
from guardrails.vault.acl import ROOT, Acl, acl
from guardrails.vault.decisions import Request, decided
from guardrails.vault.profiles import Profile
from guardrails.vault.proof.compare import Found, differences
from guardrails.vault.proof.valuations import Intricate, valuations
from guardrails.vault.rules import Policy, Rule
from guardrails.vault.templates import Known, Missing, Values, nothing_known

__all__ = ["TOO_INTRICATE", "Containment", "compared", "contained"]

TOO_INTRICATE = "the policies are too intricate for the budget of one question"
_MOST_TRIED = 200
"""Differences that are looked at for one that is certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """The answer.

    Attributes:
        verdict: `covered`: nothing is allowed beyond what is declared, proved for all requests. `not-covered`: `witness` is. `undecided`:
            neither could be shown, and `reasons` say what stands in the way.
        witness: A request that the actual policies allow and the declared ones do not, confirmed by the evaluator.
        values: For which values in templated paths, by expression; empty text for none.
        reasons: For a witness, the rules that allow it and what the declared policies say of it.
    """

    verdict: Literal["covered", "not-covered", "undecided"]
    witness: Request | None = None
    values: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()


def contained(
    actual: Iterable[Policy],
    declared: Iterable[Policy],
    profile: Profile,
    *,
    at: datetime | None = None,
    values: Values = nothing_known,
) -> Containment:
    """Whether whoever has the actual policies may do nothing that somebody with the declared ones may not.

    `values` are those of the one person whom both sides are about. Where one is not known, all count that make a difference.

    Raises:
        AuthorError: `root` stands beside others; or a rule ends at some moment, and `at` says none.
    """
    left, right = tuple(actual), tuple(declared)
    if _bare(left) == _bare(right):
        acl(left, profile, at=at)
        return Containment(verdict="covered")
    reasons: dict[str, None] = {}
    paths = [rule.path for policy in (*left, *right) for rule in policy.rules]
    try:
        unblocked = frozenset[str]().union(*(policy.unblocked for policy in (*left, *right)))
        for chosen in valuations(paths, values, replace(profile, blocked=profile.blocked - unblocked)):
            known = _with(values, chosen)
            found = compared(acl(left, profile, at=at, values=known), acl(right, profile, at=at, values=known))
            if found.verdict == "not-covered":
                told = tuple(sorted((name, value if isinstance(value, str) else "") for name, value in chosen.items()))
                return replace(found, values=told)
            reasons |= dict.fromkeys(found.reasons)
    except Intricate as why:
        reasons[str(why)] = None
    return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))


def _bare(policies: tuple[Policy, ...]) -> frozenset[tuple[bool, Rule, datetime | None, frozenset[str]]]:
    """What policies say, whatever they are called; of the same rules the same follows, whatever values are put into them."""
    rules = (
        (policy.name == ROOT, replace(rule, policy=""), policy.expires_at, policy.unblocked) for policy in policies for rule in policy.rules
    )
    return frozenset(
        [*rules, *((True, Rule(path="*", capabilities=frozenset()), None, frozenset()) for policy in policies if policy.name == ROOT)]
    )


def _with(values: Values, chosen: Mapping[str, Known]) -> Values:
    def known(expression: str) -> Known:
        found = values(expression)
        return chosen.get(expression, Missing.UNKNOWN) if found is Missing.UNKNOWN else found

    return known


def compared(one: Acl, other: Acl) -> Containment:
    """The same for two lists without rules that are `open`."""
    if one.refused:
        return Containment(verdict="covered")
    reasons: dict[str, None] = {}
    try:
        for found in islice(differences(one, other), _MOST_TRIED):
            if found.doubt:
                reasons[f"{found.operation} on {found.path}: {found.doubt}"] = None
            elif refuted := _refuted(found, one, other):
                return refuted
            else:
                reasons[f"{found.operation} on {found.path} could not be confirmed"] = None
    except BudgetExceededError:
        reasons[TOO_INTRICATE] = None
    return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))


def _refuted(found: Found, one: Acl, other: Acl) -> Containment | None:
    request = Request(
        operation=found.operation,
        path=found.path,
        parameters=dict(found.passes.parameters),
        wrap_seconds=found.passes.wrap_seconds,
    )
    mine, theirs = decided(one, request), decided(other, request)
    if mine.allowed is not True or (theirs.allowed is not False and not found.passes.needs_people):
        return None
    said = (found.passes.why,) if found.passes.why else theirs.because
    return Containment(
        verdict="not-covered", witness=request, reasons=(*(f"actual: {one}" for one in mine.because), *(f"declared: {one}" for one in said))
    )
