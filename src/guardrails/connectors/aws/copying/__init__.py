"""Copies of what AWS cannot encrypt where it is: database instances, and what a bucket held before its default was raised. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guardrails.connectors.aws.copying.buckets import of_bucket
from guardrails.connectors.aws.copying.commands import in_account
from guardrails.connectors.aws.copying.evidence import Evidence
from guardrails.connectors.aws.copying.instances import Making, notes
from guardrails.connectors.aws.copying.keys import chosen, fits
from guardrails.connectors.aws.copying.marks import Mark
from guardrails.connectors.aws.copying.parts import Instance, Parts, instances, marks, parts
from guardrails.model.copies import CopyPlan, CopyStep
from guardrails.model.facts import Asset
from guardrails.model.findings import Finding
from guardrails.model.observation import Observation
from guardrails.plan.steps import is_over
from guardrails.ports import Demand, Demanded

__all__ = ["copies"]

_WHY = "what a database holds cannot be encrypted, or encrypted by another key, where it is"
_UNDECLARED = "neither it nor its copy has a class any more, so nobody can say when the copy is good enough"
_BEGUN = "GR401"
"""The control that asks for copies; that of one whose finding is over."""


def copies(weak: Iterable[Finding], observation: Observation, demanded: Demanded, at: datetime) -> tuple[CopyPlan, ...]:
    """What findings ask to be copied, then what was begun for findings that are over."""
    found, asked = instances(observation), {one.difference.places[0]: one for one in weak if one.difference.places}
    buckets = {fact.ref: fact for fact in observation.facts if isinstance(fact, Asset) and fact.ref.kind == "bucket"}
    plans = [of_bucket(buckets[ref], finding, demanded(buckets[ref])) for ref, finding in sorted(asked.items()) if ref in buckets]
    begun: set[tuple[str, str, Mark]] = set()
    for instance in found:
        # a copy that is weak is a step of its own copying that was not done
        if instance.ref in asked and (instance.mark is None or not _is_open(found, instance)):
            mark = marks(found, instance)
            begun.add((instance.ref.realm, instance.region, mark))
            plans.append(_of_instance(parts(observation, mark, instance), instance, asked[instance.ref], demanded, at))
    for instance in found:
        if instance.mark and (instance.ref.realm, instance.region, instance.mark) not in begun:
            begun.add((instance.ref.realm, instance.region, instance.mark))
            plan = _of_instance(parts(observation, instance.mark, instance), instance, None, demanded, at)
            plans += [] if plan.steps and is_over(plan.steps) else [plan]
    return tuple(plans)


def _is_open(found: tuple[Instance, ...], copy: Instance) -> bool:
    """Whether what something is a copy of is still there."""
    mark = copy.mark
    near = (one for one in found if (one.ref.realm, one.region) == (copy.ref.realm, copy.region) and one is not copy)
    return mark is not None and any(one.id == mark.id and one.name in {mark.name, mark.old} for one in near)


def _of_instance(found: Parts, instance: Instance, finding: Finding | None, demanded: Demanded, at: datetime) -> CopyPlan:
    demand, of = _strictest(found, demanded), found.source or instance
    why = _alone(of) or ("" if demand else _UNDECLARED)
    return CopyPlan(
        ref=of.ref,
        control=finding.control if finding else _BEGUN,
        finding=finding.id if finding else "",
        why=why or _WHY,
        place=f"account {of.ref.realm}, region {found.region}",
        first=in_account(of.ref.realm),
        notes=tuple(notes(of)),
        steps=() if why or demand is None else _steps(found, demand, at),
        owner=(finding.difference.owner if finding else "") or (demand.owner if demand else ""),
    )


def _alone(of: Instance) -> str:
    """Why an instance is not copied by itself; empty when it is."""
    if cluster := of.fields.get("DBClusterIdentifier"):
        return f"it belongs to the cluster {cluster}, which is encrypted as a whole: clusters are not read, so copy the cluster by hand"
    if first := of.fields.get("ReadReplicaSourceDBInstanceIdentifier"):
        return f"it is a replica of {first}: copy that one, then make the replica anew of the copy"
    return ""


def _strictest(found: Parts, demanded: Demanded) -> Demand | None:
    """What is demanded of whatever has the name in question, which goes from the instance to its copy, and of both as they are called."""
    of = (*found.sources, *found.copies)
    arns = ((one, arn) for one in of for arn in (one.arn, f"{one.arn.rpartition(':')[0]}:{found.mark.name}"))
    seen = (Asset(ref=one.ref, resource=arn, region=one.region, tags=one.tags) for one, arn in arns)
    told = [demand for asset in seen if (demand := demanded(asset))]
    return max(told, key=lambda demand: demand.at_rest, default=None)


def _steps(found: Parts, demand: Demand, at: datetime) -> tuple[CopyStep, ...]:
    evidence = Evidence(found, fits(demand, found.region), demand.keep_days, at)
    return Making(found, chosen(demand, found.region, "rds"), evidence).steps()
