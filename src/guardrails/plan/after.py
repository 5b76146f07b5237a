"""The world as it would be after an action, so that what an action does is judged by the same rules that judge what is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from guardrails.drift.world import World
from guardrails.model.changes import Action, DetachPolicy, Disable, RemoveMember, SetAddresses
from guardrails.model.facts import Credential, Edge, Exposure, Fact, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, State
from guardrails.ports import Meaning

__all__ = ["Meant", "after", "involved"]

Meant = Callable[[Observation], Meaning]
"""Gives what an observation means."""


def involved(action: Action) -> tuple[Ref, ...]:
    """Every object that an action is about."""
    match action:
        case RemoveMember():
            return action.member, action.group
        case Disable():
            return (action.ref,)
        case DetachPolicy():
            return action.holder, action.policy
        case SetAddresses():
            return action.target, action.rule


def after(world: World, action: Action, meant: Meant) -> World:
    """What is declared beside what would be seen."""
    system = involved(action)[0].system
    edited = _edited(world.observations[system], action)
    return world.seeing({**world.observations, system: edited}, {**world.meanings, system: meant(edited)})


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
