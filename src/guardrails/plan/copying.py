"""What has to be copied to be encrypted as its class demands: what is demanded is said here, the steps by whoever knows the system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, partial

from guardrails.drift.assets import highest, key_of, keys_of
from guardrails.drift.world import World
from guardrails.model.copies import CopyPlan
from guardrails.model.declaration import DeclaredAsset, DeclaredClass
from guardrails.model.facts import Asset, Key, Protection
from guardrails.model.findings import Finding, Selection
from guardrails.model.words import AtRest, Custody, Kind, State, Verdict
from guardrails.plan.managed import Managed, managed_by
from guardrails.plan.stronger import siblings
from guardrails.ports import Copying, Demand

__all__ = ["CONTROL", "copies", "demand"]

CONTROL = "GR401"
"""What a copy that was begun is for, also when its finding is over."""

_LEVELS = {
    Custody.SERVICE_MANAGED: AtRest.SERVICE_KEY,
    Custody.CUSTOMER: AtRest.CUSTOMER_KEY,
    Custody.CUSTOMER_HSM: AtRest.CUSTOMER_HSM,
}


def copies(world: World, findings: Iterable[Finding], copying: Mapping[str, Copying], selection: Selection) -> tuple[CopyPlan, ...]:
    """The copies that findings ask for, and those that were begun; of the systems and controls that the plan is about."""
    weak = [one for one in findings if one.difference.kind is Kind.AT_REST_WEAK and one.difference.verdict is Verdict.VIOLATION]
    demanded = cache(partial(demand, world))
    found = [
        copy
        for system, connector in sorted(copying.items())
        for copy in connector.copies(
            [one for one in weak if one.difference.system == system], world.observations[system], demanded, world.moment
        )
    ]
    managed = managed_by(world)
    return tuple(
        _noted(copy, managed(copy.ref))
        for copy in found
        if selection.names(copy.control, copy.ref.system, world.sets.get((copy.ref.system, copy.ref.realm), ()))
    )


def _noted(copy: CopyPlan, managed: Managed | None) -> CopyPlan:
    if managed is None:
        return copy
    where = f" ({managed.where})" if managed.where else ""
    note = f"it is managed by {managed.by.name}{where}: whatever a step changes is to be changed there too, or it is undone"
    return replace(copy, notes=(note, *copy.notes))


def demand(world: World, asset: Asset) -> Demand | None:
    """What the class of an asset demands; `None` where it has none, so that nobody can say when a copy is good enough."""
    found = highest(world, world.declared_as(asset))
    if found is None:
        return None
    declared, required = found
    fitting = _fitting(world, asset, declared, required)
    together = (
        siblings(world, declared.name, asset.ref, required.at_rest) & set(fitting) if required.at_rest >= AtRest.CUSTOMER_KEY else set()
    )
    return Demand(
        at_rest=required.at_rest,
        key=next(iter(together)) if len(together) == 1 else None,
        fitting=fitting,
        keep_days=world.declaration.applying.quarantine_days,
        owner=declared.owner,
    )


def _fitting(world: World, asset: Asset, declared: DeclaredAsset, required: DeclaredClass) -> tuple[Key, ...]:
    taken = _of_others(world, declared) if required.own_key else set()
    return tuple(
        key
        for key in world.facts(Key, asset.ref.system)
        if key.ref.realm == asset.ref.realm and key.state is State.ACTIVE and key not in taken and _level(key) >= required.at_rest
    )


def _level(key: Key) -> AtRest:
    return _LEVELS.get(key.custody, AtRest.NONE) if isinstance(key.custody, Custody) else AtRest.NONE


def _of_others(world: World, mine: DeclaredAsset) -> set[Key]:
    """The keys of what is declared as something else: where each must have its own, none of them would do."""
    keys, names = keys_of(world), {fact.asset: fact.key for fact in world.facts(Protection)}
    others = (asset for one in world.declaration.assets if one.name != mine.name for asset in world.matched(one.name))
    return {key for asset in others if (key := key_of(asset, names.get(asset.ref, ""), keys))}
