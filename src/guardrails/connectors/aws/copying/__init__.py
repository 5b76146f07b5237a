"""Copies of what AWS cannot encrypt where it is: database instances, and what a bucket held before its default was raised. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from guardrails.connectors.aws.copying.buckets import of_bucket
from guardrails.connectors.aws.copying.commands import in_account
from guardrails.connectors.aws.copying.evidence import Evidence
from guardrails.connectors.aws.copying.instances import Making, notes
from guardrails.connectors.aws.copying.keys import chosen, fits
from guardrails.connectors.aws.copying.marks import Mark
from guardrails.connectors.aws.copying.parts import Instance, Parts, instances, marks, parts
from guardrails.model.copies import CopyPlan, CopyStep
from guardrails.model.facts import Asset, Key
from guardrails.model.findings import Finding
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.plan.steps import is_over
from guardrails.ports import Demand, Demanded

__all__ = ["copies"]

_WHY = "what a database holds cannot be encrypted, or encrypted by another key, where it is"
_UNDECLARED = "neither it nor its copy has a class any more, so nobody can say when the copy is good enough"
_AT_THE_END = ("switch", "delete", "plain")
_BEGUN = "GR401"
"""The control that asks for copies; that of one whose finding is over."""


def copies(weak: Iterable[Finding], observation: Observation, demanded: Demanded, at: datetime) -> tuple[CopyPlan, ...]:
    """What findings ask to be copied, then what was begun for findings that are over."""
    asked = {one.difference.places[0]: one for one in weak if one.difference.places}
    buckets = {fact.ref: fact for fact in observation.facts if isinstance(fact, Asset) and fact.ref.kind == "bucket"}
    held = (of_bucket(buckets[ref], finding, demanded(buckets[ref])) for ref, finding in sorted(asked.items()) if ref in buckets)
    return (*held, *_Databases(observation, demanded, at).copies(asked))


@dataclass(frozen=True, slots=True)
class _Databases:
    """The databases of one observation, at one moment."""

    observation: Observation
    demanded: Demanded
    at: datetime

    def copies(self, asked: Mapping[Ref, Finding]) -> Iterator[CopyPlan]:
        found, begun, told = instances(self.observation), set[tuple[str, str, Mark]](), set[Ref]()
        for instance in found:
            # a copy that is weak is a step of its own copying that was not done
            if instance.ref in asked and not _is_part(found, instance):
                mark = marks(found, instance)
                begun.add((instance.ref.realm, instance.region, mark))
                told.add(instance.ref)
                yield self._copy(parts(found, self.observation, mark, instance), instance, asked[instance.ref])
        for instance in found:
            # what has to be copied again is told as that, and not as the copy that it once became
            if instance.mark and instance.ref not in told and (instance.ref.realm, instance.region, instance.mark) not in begun:
                begun.add((instance.ref.realm, instance.region, instance.mark))
                plan = self._copy(parts(found, self.observation, instance.mark, instance), instance, None)
                if not _is_ended(plan):
                    yield plan

    def _copy(self, found: Parts, instance: Instance, finding: Finding | None) -> CopyPlan:
        demand, of = self._strictest(found), found.source or instance
        why = _alone(of) or ("" if demand else _UNDECLARED)
        return CopyPlan(
            ref=of.ref,
            control=finding.control if finding else _BEGUN,
            finding=finding.id if finding else "",
            why=why or _WHY,
            place=f"account {of.ref.realm}, region {found.region}",
            first=in_account(of.ref.realm),
            notes=tuple(notes(of)),
            steps=() if why or demand is None else self._steps(found, demand),
            owner=(finding.difference.owner if finding else "") or (demand.owner if demand else ""),
        )

    def _strictest(self, found: Parts) -> Demand | None:
        """What is demanded of what has the name, which goes from the instance to its copy, and of both as they are called."""
        of = (*found.sources, *found.copies)
        arns = ((one, arn) for one in of for arn in (one.arn, f"{one.arn.rpartition(':')[0]}:{found.mark.name}"))
        seen = (Asset(ref=one.ref, resource=arn, region=one.region, tags=one.tags) for one, arn in arns)
        told = [demand for asset in seen if (demand := self.demanded(asset))]
        return max(told, key=lambda demand: demand.at_rest, default=None)

    def _steps(self, found: Parts, demand: Demand) -> tuple[CopyStep, ...]:
        keys = tuple(fact for fact in self.observation.facts if isinstance(fact, Key))
        evidence = Evidence(found, fits(demand, found.region, keys), demand.keep_days, self.at)
        return Making(found, chosen(demand, found.region, "rds"), evidence).steps()


def _is_ended(plan: CopyPlan) -> bool:
    """Whether the copy took the place of the old one and nothing is left of that. How it is encrypted since is no matter of this copy."""
    return bool(plan.steps) and is_over(step for step in plan.steps if step.id in _AT_THE_END)


def _is_part(found: tuple[Instance, ...], copy: Instance) -> bool:
    """Whether something is a copy of what is still there."""
    mark = copy.mark
    near = (one for one in found if (one.ref.realm, one.region) == (copy.ref.realm, copy.region) and one is not copy)
    return mark is not None and any(one.id == mark.id and one.name in {mark.name, mark.old} for one in near)


def _alone(of: Instance) -> str:
    """Why an instance is not copied by itself; empty when it is."""
    if cluster := of.fields.get("DBClusterIdentifier"):
        return f"it belongs to the cluster {cluster}, which is encrypted as a whole: clusters are not read, so copy the cluster by hand"
    if first := of.fields.get("ReadReplicaSourceDBInstanceIdentifier"):
        return f"it is a replica of {first}: copy that one, then make the replica anew of the copy"
    return ""
