"""An observation as it would be once somebody's document is there. What a document says is read by the connector, not here."""

from __future__ import annotations

from dataclasses import replace

from guardrails.model.facts import Edge, Policy
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind

__all__ = ["changed", "with_own_policy", "with_text"]


def with_own_policy(observation: Observation, holder: Ref, name: str, text: str) -> Observation:
    """The holder with an inline policy of that name, in place of the one that it has by it."""
    own = Ref(system=holder.system, realm=holder.realm, kind="inline-policy", id=f"{holder.id}/{name}", name=f"{holder.name}/{name}")
    edge = Edge(kind=EdgeKind.IDENTITY_POLICY, source=holder, target=own, provenance=f"proposed {name}")
    had = [one for one in observation.edges if (one.kind, one.source, one.target) == (edge.kind, holder, own)]
    edges = observation.edges if had else (*observation.edges, edge)
    return with_text(replace(observation, edges=edges), own, text)


def with_text(observation: Observation, policy: Ref, text: str) -> Observation:
    """With what a policy would say, whoever holds it."""
    others = tuple(fact for fact in observation.facts if not (isinstance(fact, Policy) and fact.ref == policy))
    was = next((fact for fact in observation.facts if isinstance(fact, Policy) and fact.ref == policy), Policy(ref=policy, text=""))
    return replace(observation, facts=(*others, replace(was, text=text)))


def changed(before: Observation, after: Observation) -> frozenset[Ref]:
    """What is said otherwise: the objects of facts, and whose edges they are."""
    facts = set(before.facts) ^ set(after.facts)
    edges = set(before.edges) ^ set(after.edges)
    return frozenset({getattr(fact, "ref", None) or fact.asset for fact in facts} | {edge.source for edge in edges})  # type: ignore[union-attr]
