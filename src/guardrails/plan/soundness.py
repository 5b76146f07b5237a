"""Whether an action is one to make: it narrows, it takes nothing that is declared, and it helps. Told from those whom it touches alone.

That it makes no new finding anywhere is judged at the end, of all actions together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.drift.access import ceiling_of
from guardrails.model.actions import Action, Delete, RewritePolicy, TakesAccess, involved
from guardrails.model.changes import Effect
from guardrails.model.facts import Principal
from guardrails.model.findings import Comparison, Finding
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Verdict
from guardrails.plan.effect import effect
from guardrails.plan.entries import shut_out, thing_of
from guardrails.plan.kept import taken
from guardrails.plan.proposal import Proposal
from guardrails.plan.stage import Stage
from guardrails.ports import Narrowing

__all__ = ["InUse", "Outcome", "Unhelpful", "Unsound", "is_over", "outcome", "require_help"]


class Unsound(Exception):
    """An action that is not made, and why."""


class InUse(Unsound):
    """An action that takes what somebody used."""


class Unhelpful(Unsound):
    """An action that has nothing to do with what is too much."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sound action leads to."""

    stage: Stage
    effect: Effect
    proof: str


def outcome(stage: Stage, proposal: Proposal) -> Outcome:
    """What comes of an action.

    Raises:
        Unsound: It is not one to make.
    """
    after = stage.after(proposal.action)
    direction, proof = effect(proposal.action, stage, after)
    if direction not in {Effect.NARROWS, Effect.NEUTRAL}:
        raise Unsound(f"it is not proven to narrow: {proof}")
    for lost in _taken(proposal.action, stage, after):
        raise Unsound(lost)
    return Outcome(after, direction, proof)


def require_help(stage: Stage, proposal: Proposal, beyond: Stage) -> None:
    """Look first whether an action has to do with the finding at all: else why it cannot be done would be told for nothing.

    What is deleted has ended it already. `beyond` is the stage without what is kept, whose excess is known and told.

    Raises:
        Unhelpful: The request that shows what is too much would be allowed all the same.
    """
    if proposal.finding.difference.kind is Kind.ACCESS_EXCESS and not isinstance(proposal.action, Delete):
        holder = proposal.finding.difference.places[0]
        witness = _excess(holder, beyond).witness
        if witness is None or beyond.after(proposal.action).meanings[holder.system].replay(holder, witness):
            raise Unhelpful("what is too much would be allowed all the same")
        if beyond is not stage and not stage.meanings[holder.system].replay(holder, witness):
            raise Unhelpful("what would be too much without what is kept is not allowed with it")


def is_over(finding: Finding, stage: Stage) -> bool:
    """Whether nothing is left of what was too much; of other findings that is known at the end alone."""
    return finding.difference.kind is Kind.ACCESS_EXCESS and _excess(finding.difference.places[0], stage).verdict is Verdict.OK


def _excess(holder: Ref, stage: Stage) -> Comparison:
    found = next(principal for principal in stage.facts(Principal, holder.system) if principal.ref == holder)
    return stage.meanings[holder.system].excess(holder, ceiling_of(stage.world, found, stage.covers)(holder))


def _taken(action: Action, before: Stage, after: Stage) -> Iterator[str]:
    """What somebody holds that is declared for them, and would not hold any more."""
    if not isinstance(action, TakesAccess):
        return
    if isinstance(action, RewritePolicy) and before.guards(action):
        yield from shut_out(action, before, after)
        if thing_of(before.world, action.holder) is not None:
            yield from taken(action, before, after)
    affected = frozenset(before.affected(action))
    for principal in before.facts(Principal, involved(action)[0].system):
        if principal.ref in affected:
            person = before.covers.person_of(principal.ref)
            if person is None or not person.has_left:
                yield from _lost(principal, before, after)


def _lost(principal: Principal, before: Stage, after: Stage) -> Iterator[str]:
    """Also a part of what is declared and not held whole: who lacks something of it keeps the rest."""
    ref, world = principal.ref, before.world
    was, will = before.meanings[ref.system], after.meanings[ref.system]
    for name in before.declared(principal):
        clauses = world.bound((name,), ref)
        if clauses and (not isinstance(will, Narrowing) or will.lost(ref, was, clauses).verdict is not Verdict.OK):
            yield f"{ref} would lose {name}, or a part of it, which is declared for it"
