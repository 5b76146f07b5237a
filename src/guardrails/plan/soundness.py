"""Whether an action is one to make: it narrows, it makes no new finding, it takes nothing that is declared, and it helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guardrails.controls import judged
from guardrails.drift import differences
from guardrails.drift.covers import Covers
from guardrails.drift.world import World
from guardrails.model.changes import Action, DetachPolicy, Effect, RemoveMember
from guardrails.model.facts import Principal
from guardrails.model.findings import Finding
from guardrails.model.words import Kind, Verdict
from guardrails.plan.after import Meant, after, involved
from guardrails.plan.effect import below, effect
from guardrails.plan.proposals import Proposal

__all__ = ["Outcome", "Stage", "Unsound", "outcome"]


class Unsound(Exception):
    """An action that is not made, and why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A world with what is found in it, by id."""

    world: World
    findings: Mapping[str, Finding]

    @classmethod
    def of(cls, world: World) -> Stage:
        """Judge a world."""
        return cls(world, {finding.id: finding for finding in judged(differences(world))})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sound action leads to."""

    stage: Stage
    effect: Effect
    proof: str


def outcome(stage: Stage, proposal: Proposal, meant: Meant) -> Outcome:
    """What comes of an action.

    Raises:
        Unsound: It is not one to make.
    """
    action = proposal.action
    world = after(stage.world, action, meant)
    direction, proof = effect(action, stage.world, world)
    if direction not in {Effect.NARROWS, Effect.NEUTRAL}:
        raise Unsound(f"it is not proven to narrow: {proof}")
    found = Stage.of(world)
    for name, finding in found.findings.items():
        if name not in stage.findings:
            raise Unsound(f"it would make {finding.control}: {finding.difference.message}")
    for taken in _taken(action, stage.world, world):
        raise Unsound(taken)
    if not _helps(proposal.finding, stage, found):
        raise Unsound("what is too much would be allowed all the same")
    return Outcome(found, direction, proof)


def _helps(finding: Finding, before: Stage, found: Stage) -> bool:
    """Whether the finding is over, or the request that it shows is no longer allowed."""
    if finding.difference.kind is not Kind.ACCESS_EXCESS or finding.id not in found.findings:
        return True
    shown = before.findings[finding.id].difference
    place, witness = shown.places[0], shown.witness
    return witness is not None and not found.world.meanings[place.system].replay(place, witness)


def _taken(action: Action, before: World, after: World) -> Iterator[str]:
    """What somebody holds that is declared for them, and would not hold any more."""
    if not isinstance(action, RemoveMember | DetachPolicy):
        return
    covers, first = Covers(before), involved(action)[0]
    affected = frozenset(below(before, first))
    for principal in before.facts(Principal, first.system):
        person = covers.person_of(principal.ref)
        if principal.ref in affected and not (person is not None and person.has_left):
            yield from _lost(principal, covers, before, after)


def _lost(principal: Principal, covers: Covers, before: World, after: World) -> Iterator[str]:
    ref = principal.ref
    was, will = before.meanings[ref.system], after.meanings[ref.system]
    for name in sorted({*before.declaration.everyone, *(name for cover in covers.of(principal) for name in (*cover.may, *cover.must))}):
        clauses = before.bound((name,), ref)
        if clauses and was.shortfall(ref, clauses).verdict is Verdict.OK and will.shortfall(ref, clauses).verdict is not Verdict.OK:
            yield f"{ref} would lose {name}, which is declared for it"
