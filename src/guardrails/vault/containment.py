"""Whether everything that some policies allow is allowed by others too: proved, or refuted by one request, or undecided and why.

The proof is a walk over all paths (`guardrails.vault.proof`). A refutation counts only when the evaluator, which shares no code with the
proof, says of that one request that the one side allows it and the other does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Literal

from guardrails.sets import BudgetExceededError
from guardrails.vault.acl import LISTING, ROOT, Acl, acl, asked, deciding, matches
from guardrails.vault.decisions import Decision, Request, decided, judged
from guardrails.vault.permissions import merged
from guardrails.vault.profiles import Profile
from guardrails.vault.proof.compare import Ceiling, Clauses, Found, Listed, Spared, differences
from guardrails.vault.proof.valuations import Intricate, valuations
from guardrails.vault.rules import Policy, Rule
from guardrails.vault.templates import Known, Missing, Values, nothing_known

__all__ = ["TOO_INTRICATE", "Containment", "Declared", "contained", "outcomes"]

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
        is_limited: The declared policies give the operation there, and not with these parameters, this wrapping or nobody's approval.
    """

    verdict: Literal["covered", "not-covered", "undecided"]
    witness: Request | None = None
    values: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    is_limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is allowed: whatever any of it gives.

    Attributes:
        lists: Policies that are held together; each such list decides for itself.
        clauses: Paths with capabilities, each for itself and without limits.
        spared: Names of policies that give, at the very path that decides, just what is declared.
    """

    lists: tuple[tuple[Policy, ...], ...] = ()
    clauses: tuple[tuple[str, frozenset[str]], ...] = ()
    spared: frozenset[str] = frozenset()


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
    if left == right or (not _is_ordered(left) and _bare(left) == _bare(right)):
        acl(left, profile, at=at)
        return Containment(verdict="covered")
    reasons: dict[str, None] = {}
    for found in outcomes(left, Declared(lists=(right,)), profile, at=at, values=values):
        if found.verdict == "not-covered":
            return _for_everybody(found, (left, right), profile, at, values)
        reasons |= dict.fromkeys(found.reasons)
    return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))


def _for_everybody(
    found: Containment, sides: tuple[tuple[Policy, ...], ...], profile: Profile, at: datetime | None, values: Values
) -> Containment:
    """A refutation without values, where these make no difference to it."""
    assert found.witness is not None  # noqa: S101  # it is one
    mine, theirs = (decided(acl(side, profile, at=at, values=values), found.witness).allowed for side in sides)
    return replace(found, values=()) if mine is True and theirs is False else found


def outcomes(
    actual: tuple[Policy, ...], declared: Declared, profile: Profile, *, at: datetime | None = None, values: Values = nothing_known
) -> Iterator[Containment]:
    """The answer for each way to fill in the values that are not known and make a difference; one, when all are known.

    Raises:
        AuthorError: As for `contained`.
    """
    paths = [rule.path for policies in (actual, *declared.lists) for policy in policies for rule in policy.rules]
    unblocked = frozenset[str]().union(*(policy.unblocked for policies in (actual, *declared.lists) for policy in policies))
    engine = replace(profile, blocked=profile.blocked - unblocked)
    try:
        for chosen in valuations(paths, [*paths, *(path for path, _ in declared.clauses)], values, engine):
            known = _with(values, chosen)
            found = _compared(acl(actual, profile, at=at, values=known), _Ceilings(declared, profile, at, known))
            told = tuple(sorted((name, value if isinstance(value, str) else "") for name, value in chosen.items()))
            yield replace(found, values=told)
    except Intricate as why:
        yield Containment(verdict="undecided", reasons=(str(why),))


def _bare(policies: tuple[Policy, ...]) -> frozenset[tuple[bool, Rule, datetime | None, frozenset[str]]]:
    """What policies say, whatever they are called; of the same rules the same follows, whatever values are put into them."""
    rules = (
        (policy.name == ROOT, replace(rule, policy=""), policy.expires_at, policy.unblocked) for policy in policies for rule in policy.rules
    )
    return frozenset(
        [*rules, *((True, Rule(path="*", capabilities=frozenset()), None, frozenset()) for policy in policies if policy.name == ROOT)]
    )


def _is_ordered(policies: tuple[Policy, ...]) -> bool:
    """Whether it matters which rule of a path comes first."""
    return any(rule.control_group or rule.response_filter for policy in policies for rule in policy.rules)


def _with(values: Values, chosen: Mapping[str, Known]) -> Values:
    def known(expression: str) -> Known:
        found = values(expression)
        return chosen.get(expression, Missing.UNKNOWN) if found is Missing.UNKNOWN else found

    return known


class _Ceilings:
    """What is declared, for the prover and for one request."""

    def __init__(self, declared: Declared, profile: Profile, at: datetime | None, values: Values) -> None:
        self._declared = declared
        self._acls = [acl(policies, profile, at=at, values=values) for policies in declared.lists]
        self.ceilings: tuple[Ceiling, ...] = (
            *(Listed(one) for one in self._acls if not one.refused),
            *([Clauses(declared.clauses)] if declared.clauses else []),
            *([Spared(declared.spared)] if declared.spared else []),
        )

    def decided(self, request: Request, holder: Acl) -> Decision:
        """Whether any of it lets one request pass: by the evaluator, path by path."""
        path = asked(request.operation, request.path)
        both = {path, path.removesuffix("/")} if request.operation in LISTING else {path}
        for pattern, given in self._declared.clauses:
            if request.operation in given and any(matches(pattern, one) for one in both):
                return Decision(allowed=True, capabilities=given, because=(f"the clause {pattern}",))
        decides = deciding(holder, request.operation, path)
        rules = [rule for rule in decides.rules if rule.policy in self._declared.spared] if decides else []
        spared = judged(holder, request, path, merged(path, rules)) if rules else None
        found = [*([spared] if spared else []), *(decided(one, request) for one in self._acls)]
        nothing = Decision(allowed=False, capabilities=frozenset(), because=("nothing is declared there",))
        return next((one for one in found if one.allowed is not False), found[-1] if found else nothing)


def _compared(one: Acl, declared: _Ceilings) -> Containment:
    """The same for a list without rules that are `open`."""
    if one.refused:
        return Containment(verdict="covered")
    reasons: dict[str, None] = {}
    try:
        for found in islice(differences(one, declared.ceilings), _MOST_TRIED):
            if found.doubt:
                reasons[f"{found.operation} on {found.path}: {found.doubt}"] = None
            elif refuted := _refuted(found, one, declared):
                return refuted
            else:
                reasons[f"{found.operation} on {found.path} could not be confirmed"] = None
    except BudgetExceededError:
        reasons[TOO_INTRICATE] = None
    return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))


def _refuted(found: Found, one: Acl, declared: _Ceilings) -> Containment | None:
    request = Request(
        operation=found.operation,
        path=found.path,
        parameters=dict(found.passes.parameters),
        wrap_seconds=found.passes.wrap_seconds,
    )
    mine, theirs = decided(one, request), declared.decided(request, one)
    if mine.allowed is not True or (theirs.allowed is not False and not found.passes.needs_people):
        return None
    said = (found.passes.why,) if found.passes.why else theirs.because
    reasons = (*(f"actual: {one}" for one in mine.because), *(f"declared: {one}" for one in said))
    return Containment(verdict="not-covered", witness=request, reasons=reasons, is_limited=bool(found.passes.why))
