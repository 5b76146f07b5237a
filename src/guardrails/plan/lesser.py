"""How somebody who may do more than is declared may do less: the remedies, and the order in which they are tried.

Whether a remedy has to do with what is too much, and takes nothing that is declared, is judged where it is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from guardrails.drift.access import ceiling_of
from guardrails.drift.covers import Covers
from guardrails.drift.world import World
from guardrails.model.actions import AddDenial, DetachPolicy, RemoveMember, ReplaceMembership, ReplacePolicy, Replaces, RewritePolicy
from guardrails.model.changes import Held
from guardrails.model.facts import Policy, Principal
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.plan.proposal import Proposal, held
from guardrails.ports import BoundClause, Meaning, Overriding, Owning

__all__ = ["AROUND", "DECLARED", "DENIED", "lesser_access", "out_of_groups"]

DECLARED, DENIED = "guardrails-declared", "guardrails-denied"
"""What the policies of a holder's own are called, with a number behind where there is one of that name."""
AROUND = Replaces | AddDenial
"""What leaves the policy as it is that gives too much: not made where whoever manages that policy can do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A finding of somebody who may do too much."""

    world: World
    covers: Covers
    finding: Finding

    @property
    def holder(self) -> Ref:
        return self.finding.difference.places[0]

    def policies(self) -> list[Ref]:
        """Those of the holder itself; which of them gives too much shows when it is tried."""
        return _targets(self.world, EdgeKind.IDENTITY_POLICY, self.holder)

    def would_do(self, policy: Ref) -> str:
        """What a policy would say that gives just what is declared; empty where nobody could write it."""
        told = {one.policy: one.kept or one.document for one in self.finding.difference.details.narrowed if not one.note}
        return told.get(str(policy), "")

    def taken(self, *more: str) -> tuple[str, ...]:
        """What the holder loses, and when that was last used; as many parts as there are, or what stands in their place."""
        details, witness = self.finding.difference.details, self.finding.difference.witness
        parts = more or tuple(f"{self.holder} loses {part}" for part in details.excess)
        if not parts and witness:
            parts = (f"{self.holder} loses what is not declared for it, such as {witness.action} on {witness.resource}",)
        return (*parts, *([f"its use: {details.used}"] if details.used else []))

    def seen(self, policy: Ref) -> str:
        """What a policy says, as it was seen; nothing when it was not."""
        return next((fact.text for fact in self.world.facts(Policy, policy.system) if fact.ref == policy), "")

    def together(self, group: Ref) -> str:
        """What all policies of a group say, for people."""
        return "\n".join(self.seen(policy) for policy in _targets(self.world, EdgeKind.IDENTITY_POLICY, group))

    def own(self, name: str) -> Ref | None:
        """A policy of the holder's own that there is not yet; `None` where it can have none."""
        return self.meaning.own_policy(self.holder, name) if isinstance(self.meaning, Owning) else None

    def stands_alone(self, policy: Ref) -> bool:
        """Whether it is somebody's own, and an object all the same."""
        return isinstance(self.meaning, Owning) and self.meaning.stands_alone(policy)

    @property
    def meaning(self) -> Meaning:
        return self.world.meanings[self.holder.system]

    def ceiling(self) -> Sequence[BoundClause]:
        """What is declared for the holder."""
        found = next(principal for principal in self.world.facts(Principal, self.holder.system) if principal.ref == self.holder)
        return ceiling_of(self.world, found, self.covers)(self.holder)


def lesser_access(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """What could be done, the smallest edit first."""
    case = _Case(world=world, covers=covers, finding=finding)
    for remedy in _IN_ORDER:
        yield from remedy(case)


def _rewritten(case: _Case) -> Iterator[Proposal]:
    """A policy keeps what is declared, for everybody who has it."""
    for policy in case.policies():
        if text := case.would_do(policy):
            action = RewritePolicy(holder=case.holder, policy=policy, text=text, seen=case.seen(policy))
            yield Proposal(finding=case.finding, action=action, breaks=case.taken())


def _taken_off(case: _Case) -> Iterator[Proposal]:
    """The holder has a policy no more."""
    for policy in case.policies():
        breaks = case.taken(f"{case.holder} loses what {policy} gives")
        yield Proposal(finding=case.finding, action=_without(case, policy), breaks=breaks)


def _without(case: _Case, policy: Ref) -> DetachPolicy | RewritePolicy:
    """What is one's own is not left behind: it goes for everybody who has it, which is asked of each of them."""
    if case.stands_alone(policy):
        return RewritePolicy(holder=case.holder, policy=policy, text="", seen=case.seen(policy))
    is_part = policy.id.startswith(f"{case.holder.id}/")
    return DetachPolicy(holder=case.holder, policy=policy, seen=case.seen(policy) if is_part else "")


def _out(case: _Case) -> Iterator[Proposal]:
    """The holder leaves a group."""
    yield from out_of_groups(case.world, case.finding, case.holder)


def _replaced(case: _Case) -> Iterator[Proposal]:
    """One of the holder's own with what is declared takes the place of a policy that stays as it is for others."""
    own = case.own(DECLARED)
    for policy in case.policies():
        if own and (text := case.would_do(policy)) and not policy.id.startswith(f"{case.holder.id}/"):
            action = ReplacePolicy(holder=case.holder, policy=policy, seen=case.seen(policy), own=own, text=text)
            yield Proposal(finding=case.finding, action=action, breaks=case.taken())


def _replaced_by_own(case: _Case) -> Iterator[Proposal | Held]:
    """One of the holder's own with what is declared takes the place of a group that others need."""
    own = case.own(DECLARED)
    for group in _groups(case.world, case.holder):
        if own is None or not isinstance(case.meaning, Overriding):
            return
        try:
            text = case.meaning.kept(case.holder, group, case.ceiling())
        except ValueError as error:
            yield held(case.finding, str(error), case.finding.difference.remedy)
            continue
        action = ReplaceMembership(holder=case.holder, group=group, seen=case.together(group), own=own, text=text)
        yield Proposal(finding=case.finding, action=action, breaks=case.taken())


def _denied(case: _Case) -> Iterator[Proposal | Held]:
    """Everything stays that gives too much, and one of the holder's own denies what is not declared."""
    own = case.own(DENIED)
    if own is None or not isinstance(case.meaning, Overriding):
        return
    try:
        text = case.meaning.denial(case.holder, case.ceiling())
    except ValueError as error:
        yield held(case.finding, str(error), case.finding.difference.remedy)
        return
    yield Proposal(finding=case.finding, action=AddDenial(holder=case.holder, policy=own, text=text), breaks=case.taken())


_IN_ORDER: tuple[Callable[[_Case], Iterator[Proposal | Held]], ...] = (
    _rewritten,
    _taken_off,
    _out,
    _replaced,
    _replaced_by_own,
    _denied,
)
"""The smallest first: what is written already says less, then it goes, then something new comes in its place, then beside it."""


def out_of_groups(world: World, finding: Finding, member: Ref) -> Iterator[Proposal]:
    """Somebody leaves every group that lists them."""
    for group in _groups(world, member):
        lost = (f"{member} loses what {group} gives",)
        yield Proposal(finding=finding, action=RemoveMember(group=group, member=member), breaks=lost)


def _groups(world: World, member: Ref) -> list[Ref]:
    return sorted(_targets(world, EdgeKind.MEMBER, member), key=lambda group: (str(group), group.id))


def _targets(world: World, kind: EdgeKind, source: Ref) -> list[Ref]:
    edges = world.observations[source.system].edges
    return sorted({edge.target for edge in edges if edge.kind is kind and edge.source == source})
