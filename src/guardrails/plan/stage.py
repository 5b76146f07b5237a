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
from guardrails.model.changes import Action, DetachPolicy, Disable, RemoveMember, SetAddresses
from guardrails.model.facts import Credential, Edge, Exposure, Fact, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, State
from guardrails.ports import Meaning

__all__ = ["Meant", "Stage", "involved"]

_F = TypeVar("_F", bound=Fact)
Meant = Callable[[Observation], Meaning]
"""Gives what an observation means."""


def involved(action: Action) -> tuple[Ref, ...]:
    """Every object that an action is about; who loses by it is the first."""
    match action:
        case RemoveMember():
            return action.member, action.group
        case Disable():
            return (action.ref,)
        case DetachPolicy():
            return action.holder, action.policy
        case SetAddresses():
            return action.target, action.rule


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
        # neither who is disabled nor an address changes what policies and memberships mean
        same = isinstance(action, Disable | SetAddresses)
        meaning = self.meanings[system] if same else self.meant(edited)
        return replace(self, observations={**self.observations, system: edited}, meanings={**self.meanings, system: meaning})

    def whole(self) -> World:
        """The world that would be judged then."""
        meanings = {name: self.meant(seen) for name, seen in self.observations.items() if seen is not self.world.observations[name]}
        return self.world.seeing(self.observations, {**self.world.meanings, **meanings})

    def facts(self, form: type[_F], system: str) -> Iterator[_F]:
        """The facts of one form in a system."""
        return (fact for fact in self.observations[system].facts if isinstance(fact, form))

    def members(self, group: Ref) -> frozenset[Ref]:
        """Who is directly in a group."""
        edges = self.observations[group.system].edges
        return frozenset(edge.source for edge in edges if edge.kind is EdgeKind.MEMBER and edge.target == group)

    def below(self, ref: Ref) -> tuple[Ref, ...]:
        """An object and everything that is in it, directly or through groups: whoever gains or loses by what happens to it."""
        return below(self.observations[ref.system].edges, ref)


def _edited(observation: Observation, action: Action) -> Observation:
    match action:
        case RemoveMember():
            return _without(observation, EdgeKind.MEMBER, action.member, action.group)
        case DetachPolicy():
            return _without(observation, EdgeKind.IDENTITY_POLICY, action.holder, action.policy)
        case Disable():
            return replace(observation, facts=tuple(_disabled(fact, action.ref) for fact in observation.facts))
        case SetAddresses():
            return replace(observation, facts=tuple(_set(fact, action) for fact in observation.facts))


def _without(observation: Observation, kind: EdgeKind, source: Ref, target: Ref) -> Observation:
    def stays(edge: Edge) -> bool:
        return (edge.kind, edge.source, edge.target) != (kind, source, target)

    return replace(observation, edges=tuple(filter(stays, observation.edges)))


def _disabled(fact: Fact, ref: Ref) -> Fact:
    if isinstance(fact, Principal | Credential) and fact.ref == ref:
        return replace(fact, state=State.DISABLED)
    return fact


def _set(fact: Fact, action: SetAddresses) -> Fact:
    if isinstance(fact, Exposure) and fact.ref == action.rule:
        return replace(fact, addresses=action.addresses)
    return fact
