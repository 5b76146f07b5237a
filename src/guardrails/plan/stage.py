"""What would be seen after an action, and what it would mean: so that an action is judged by the same rules that judge what is.

A stage is made of observations alone. The world in which everything is judged anew is made once, at the end, for it costs as much as a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from guardrails.drift.covers import Covers
from guardrails.drift.people import below
from guardrails.drift.world import World
from guardrails.model.actions import (
    Action,
    AddDenial,
    Delete,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    Replaces,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
    involved,
)
from guardrails.model.facts import (
    AddressList,
    Asset,
    Credential,
    DefaultEncryption,
    Edge,
    Exposure,
    Fact,
    Key,
    Policy,
    Principal,
    Protection,
)
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, State
from guardrails.ports import Issued, Issuing, Meaning

__all__ = ["Meant", "Stage"]

_F = TypeVar("_F", bound=Fact)
Meant = Callable[[Observation], Meaning]
"""Gives what an observation means."""
_OF_PRINCIPALS = frozenset({EdgeKind.IDENTITY_POLICY, EdgeKind.BOUNDARY})


@dataclass(frozen=True, slots=True)
class Stage:
    """Observations with their meanings, beside the world as it was seen, which says what is declared and for whom."""

    world: World
    covers: Covers
    meant: Meant
    observations: Mapping[str, Observation]
    meanings: Mapping[str, Meaning]

    @classmethod
    def of(cls, world: World, meant: Meant) -> Stage:
        """What was seen, before any action."""
        return cls(world, Covers(world), meant, world.observations, world.meanings)

    def after(self, action: Action) -> Stage:
        """What would be seen then."""
        system = involved(action)[0].system
        edited = _edited(self.observations[system], action)
        # who is disabled, what is out of use, an address and how often a key is rotated do not change what policies and memberships mean
        same = isinstance(action, Disable | Delete | SetAddresses | SetRotation)
        meaning = self.meanings[system] if same else self.meant(edited)
        return replace(self, observations={**self.observations, system: edited}, meanings={**self.meanings, system: meaning})

    def whole(self) -> World:
        """The world that would be judged then."""
        meanings = {name: self.meant(seen) for name, seen in self.observations.items() if seen is not self.world.observations[name]}
        return self.world.seeing(self.observations, {**self.world.meanings, **meanings})

    def now(self) -> World:
        """What is declared beside what would be seen by now, with the meanings at hand."""
        return self.world.seeing(self.observations, self.meanings) if self.observations is not self.world.observations else self.world

    def guards(self, action: RewritePolicy) -> bool:
        """Whether the policy says whom its holder lets in, and not what its holders may do."""
        system = action.holder.system
        if any(fact.ref == action.holder for fact in self.facts(Asset, system)):
            return True
        if any(fact.ref == action.holder for fact in self.facts(Key, system)):
            return True
        edges = self.observations[system].edges
        return any((edge.kind, edge.source, edge.target) == (EdgeKind.TRUST_POLICY, action.holder, action.policy) for edge in edges)

    def facts(self, form: type[_F], system: str) -> Iterator[_F]:
        """The facts of one form in a system."""
        return (fact for fact in self.observations[system].facts if isinstance(fact, form))

    def declared(self, principal: Principal) -> tuple[str, ...]:
        """The entitlements that somebody may or must hold, those of everybody among them."""
        covers = self.covers.of(principal)
        return tuple(sorted({*self.world.declaration.everyone, *(name for cover in covers for name in (*cover.may, *cover.must))}))

    def members(self, group: Ref) -> frozenset[Ref]:
        """Who is directly in a group."""
        edges = self.observations[group.system].edges
        return frozenset(edge.source for edge in edges if edge.kind is EdgeKind.MEMBER and edge.target == group)

    def below(self, ref: Ref) -> tuple[Ref, ...]:
        """An object and everything that is in it, directly or through groups: whoever gains or loses by what happens to it."""
        return below(self.observations[ref.system].edges, ref)

    def affected(self, action: Action) -> tuple[Ref, ...]:
        """Whoever may do something else afterwards: whoever loses by it, or has the policy that is rewritten; with what is out for them."""
        if isinstance(action, Revoke):
            return self._ending(action)
        first = involved(action)[0]
        policy = action.policy if isinstance(action, RewritePolicy) else None
        edges = self.observations[first.system].edges
        having = (edge.source for edge in edges if edge.target == policy and edge.kind in _OF_PRINCIPALS)
        holders = dict.fromkeys(ref for holder in (having if policy else (first,)) for ref in self.below(holder))
        out = (one.ref for one in self._issued(first.system) if one.holder in holders or policy in one.policies)
        return tuple(dict.fromkeys((*holders, *out)))

    def _ending(self, action: Revoke) -> tuple[Ref, ...]:
        """The credentials that may end, and as whom each acts."""
        ending = (action.ref, *action.ends)
        holders = (one.holder for one in self._issued(action.ref.system) if one.ref in ending and one.holder is not None)
        return tuple(dict.fromkeys((*ending, *holders)))

    def _issued(self, system: str) -> tuple[Issued, ...]:
        meaning = self.meanings[system]
        return meaning.issued() if isinstance(meaning, Issuing) else ()


def _edited(observation: Observation, action: Action) -> Observation:
    match action:
        case RemoveMember():
            return _without(observation, EdgeKind.MEMBER, action.member, action.group)
        case DetachPolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
            return _with_others(observation, action)
        case RewritePolicy():
            return _rewritten(observation, action)
        case Delete() if action.parts:
            return observation  # what goes of it counted for nothing
        case Revoke() | Delete():
            return replace(observation, facts=tuple(fact for fact in observation.facts if getattr(fact, "ref", None) != action.ref))
        case _:
            return replace(observation, facts=tuple(_set(fact, action) for fact in observation.facts))


def _with_others(observation: Observation, action: DetachPolicy | Replaces | AddDenial) -> Observation:
    """What its holder has by policies and groups is something else; a policy that comes is one that was not there."""
    left, kind = observation, EdgeKind.IDENTITY_POLICY
    match action:
        case DetachPolicy() | ReplacePolicy():
            left = _without(observation, kind, action.holder, action.policy)
        case ReplaceMembership():
            left = _without(observation, EdgeKind.MEMBER, action.holder, action.group)
        case AddDenial():
            pass
    match action:
        case DetachPolicy():
            return left
        case ReplacePolicy(own=own) | ReplaceMembership(own=own) | AddDenial(policy=own):
            return _with(left, kind, action.holder, Policy(ref=own, text=action.text))


def _without(observation: Observation, kind: EdgeKind, source: Ref, target: Ref) -> Observation:
    def stays(edge: Edge) -> bool:
        return (edge.kind, edge.source, edge.target) != (kind, source, target)

    return replace(observation, edges=tuple(filter(stays, observation.edges)))


def _rewritten(observation: Observation, action: RewritePolicy) -> Observation:
    """A policy that was not there guards its holder from then on, and one without a text is gone."""
    if not action.text:
        return _ended(observation, action.policy)
    new = Policy(ref=action.policy, text=action.text)
    if any(isinstance(fact, Policy) and fact.ref == action.policy for fact in observation.facts):
        facts = (
            replace(fact, text=action.text) if isinstance(fact, Policy) and fact.ref == new.ref else fact for fact in observation.facts
        )
        return replace(observation, facts=tuple(facts))
    return _with(observation, EdgeKind.RESOURCE_POLICY, action.holder, new)


def _ended(observation: Observation, policy: Ref) -> Observation:
    """Nobody has it. What somebody listed stays among what is seen: its name goes from there too, and is not one that lacks its policy."""
    is_listed = any(edge.kind is EdgeKind.IDENTITY_POLICY and edge.target == policy for edge in observation.edges)
    left = tuple(fact for fact in observation.facts if is_listed or not isinstance(fact, Policy) or fact.ref != policy)
    return replace(observation, facts=left, edges=tuple(edge for edge in observation.edges if edge.target != policy))


def _with(observation: Observation, kind: EdgeKind, holder: Ref, policy: Policy) -> Observation:
    edge = Edge(kind=kind, source=holder, target=policy.ref, provenance=holder.id)
    return replace(observation, facts=(*observation.facts, policy), edges=(*observation.edges, edge))


def _set(fact: Fact, action: Disable | SetAddresses | SetEncryption | SetRotation) -> Fact:
    match action, fact:
        case Disable(), Principal() | Credential() if fact.ref == action.ref:
            return replace(fact, state=State.DISABLED)
        case SetAddresses(), Exposure() | AddressList() if fact.ref == action.rule:
            return replace(fact, addresses=action.addresses)
        case SetEncryption(), Protection() if fact.asset == action.target:
            return replace(fact, at_rest=action.at_rest, key=action.key)
        case SetEncryption(), DefaultEncryption() if fact.ref == action.target:
            return replace(fact, at_rest=action.at_rest, key=action.key)
        case SetRotation(), Key() if fact.ref == action.key:
            return replace(fact, rotation_days=action.days)
        case _:
            return fact
