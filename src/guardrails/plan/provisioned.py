"""Roles that one permission set makes in many accounts: what is changed of the set is changed in each, and held to the rules in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.drift.world import World
from guardrails.model.actions import DetachPolicy, RewritePolicy
from guardrails.model.facts import Policy, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.plan.proposal import Proposal
from guardrails.plan.soundness import Unsound, outcome
from guardrails.plan.stage import Stage
from guardrails.plan.underneath import gaps_under
from guardrails.ports import Provisioning, Writer

__all__ = ["PERMISSION_SET", "of_the_set"]

PERMISSION_SET = "permission-set"
OfSet = DetachPolicy | RewritePolicy


def of_the_set(world: World, stage: Stage, proposal: Proposal, writer: Writer) -> str:
    """What should be changed of the set whose role in one account gives too much, in the system's words; empty where it has none.

    Raises:
        Unsound: In another account somebody would lose what is declared, or the set is not the same there.
    """
    action = proposal.action
    if not isinstance(action, OfSet) or action.holder.kind != PERMISSION_SET or not isinstance(writer, Provisioning):
        return ""
    system = action.holder.system
    made = sorted(
        (fact.ref for fact in stage.facts(Principal, system) if (fact.ref.kind, fact.ref.name) == (PERMISSION_SET, action.holder.name)),
        key=lambda ref: ref.realm,
    )
    unseen = []
    for ref in made:
        there = action if ref == action.holder else _there(world, action, ref)
        try:
            stage = outcome(stage, replace(proposal, action=there)).stage
        except Unsound as why:
            raise Unsound(f"the permission set {ref.name} is in {ref.realm} too: {why}") from None
        unseen += [f"{ref.realm}: {gap.message}" for gap in gaps_under(world, there)]
    sets = {edge.provenance for edge in world.assigned if edge.target in made}
    return writer.provisioning(action, sets.pop() if len(sets) == 1 else "", tuple(ref.realm for ref in made), tuple(dict.fromkeys(unseen)))


def _there(world: World, action: OfSet, ref: Ref) -> OfSet:
    """The same action on the role of another account."""
    policy = next(_policies(world, action, ref), None)
    if policy is None:
        raise Unsound(f"the role that the permission set {ref.name} has in {ref.realm} does not have the same policies: provision it first")
    found = replace(action, holder=ref, policy=policy)
    if action.seen and action.seen != next((fact.text for fact in world.facts(Policy, ref.system) if fact.ref == policy), ""):
        raise Unsound(f"the permission set {ref.name} says something else in {ref.realm}: provision it first")
    return found


def _policies(world: World, action: OfSet, ref: Ref) -> Iterator[Ref]:
    own = action.policy.id.removeprefix(f"{action.holder.id}/")
    is_part = own != action.policy.id
    for edge in world.observations[ref.system].edges:
        if edge.kind is EdgeKind.IDENTITY_POLICY and edge.source == ref:
            same = edge.target.id == (f"{ref.id}/{own}" if is_part else action.policy.id.replace(action.holder.realm, ref.realm))
            if same or (not is_part and edge.target.id == action.policy.id):
                yield edge.target
