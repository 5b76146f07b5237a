"""Assets and keys whose own policy lets in everybody, or an account that is not ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from guardrails.drift.assets import governing, key_of, keys_of
from guardrails.drift.trust import facet_of, means, narrowing
from guardrails.drift.world import World
from guardrails.model.declaration import DeclaredAsset, DeclaredClass
from guardrails.model.facts import Asset, Key, Protection
from guardrails.model.findings import Difference
from guardrails.model.reference import NOWHERE, Ref
from guardrails.model.words import Kind, Verdict
from guardrails.ports import TrustSeen

__all__ = ["judged_sharing", "kept_by", "sharing", "strangers"]


def sharing(world: World) -> Iterator[Difference]:
    """Judge the policy of every asset and key; what the provider's services and our own accounts are given is judged at the principals."""
    kept = kept_by(world)
    things: tuple[Asset | Key, ...] = (*world.facts(Asset), *world.facts(Key))
    for thing in things:
        assets = (thing,) if isinstance(thing, Asset) else kept.get(thing.ref, ())
        yield from (difference for _, difference in judged_sharing(world, thing, assets))


def judged_sharing(world: World, thing: Asset | Key, assets: Iterable[Asset]) -> Iterator[tuple[TrustSeen, Difference]]:
    """What is wrong with whom the policy of one asset lets in, or of a key that keeps some, each beside the entry that it is told of."""
    for seen in strangers(world, thing):
        if not (seen.reads_only and _is_public(world, assets)) and not _is_declared(world, assets, seen):
            governed = next(filter(None, (governing(world, asset) for asset in assets)), None)
            found = _difference(thing, seen, governed[0] if governed else None)
            if seen.kind == "aws" and thing.ref.system in world.unlisted:
                message = f"{found.message}; it may be an account of ours, which were not all seen"
                found = replace(found, message=message, verdict=Verdict.UNKNOWN)
            yield seen, found


def strangers(world: World, thing: Asset | Key) -> Iterator[TrustSeen]:
    """Everybody whom the own policy of an asset or key lets in and who is not of an account of ours."""
    for seen in world.meanings[thing.ref.system].shares(thing):
        if seen.kind == "any" or seen.is_deputy or (seen.kind == "aws" and seen.account not in world.ours):
            yield seen


def kept_by(world: World) -> dict[Ref, tuple[Asset, ...]]:
    """The assets that each key protects: whoever may have those may use it."""
    names = {fact.asset: fact.key for fact in world.facts(Protection) if fact.key}
    keys, found = keys_of(world), dict[Ref, tuple[Asset, ...]]()
    for asset in world.facts(Asset):
        if key := key_of(asset, names.get(asset.ref, ""), keys):
            found[key.ref] = (*found.get(key.ref, ()), asset)
    return found


def _is_declared(world: World, assets: Iterable[Asset], seen: TrustSeen) -> bool:
    """Whether an entry of one of the assets says so; that nobody accepted the entry is told by itself."""
    declared = (entry for asset in assets for entry in world.declared_for(asset.ref))
    return any(means(world, reference, seen) for entry in declared for reference in entry.shared_with)


def _is_public(world: World, assets: Iterable[Asset]) -> bool:
    """Whether a class that demands nothing governs them, by an entry that was accepted: then everybody may read them."""
    governed = [governing(world, asset) for asset in assets]
    return bool(governed) and all(found is not None and _demands_nothing(world, *found) for found in governed)


def _demands_nothing(world: World, declared: DeclaredAsset, required: DeclaredClass) -> bool:
    demands_nothing = required == DeclaredClass(name=required.name, rank=required.rank, place=required.place)
    return demands_nothing and not world.refusal(declared.accepted, f"asset:{declared.name}")


def _difference(thing: Asset | Key, seen: TrustSeen, declared: DeclaredAsset | None) -> Difference:
    whom = "everybody" if seen.kind == "any" else seen.shown
    by = " by its access control list" if seen.by_list else ""
    under = " under conditions that are not evaluated" if seen.conditional else ""
    # whether its resources are ours alone that may use it by the service hangs on the service
    is_unsure = seen.conditional or (seen.is_deputy and not seen.is_any_service)
    return Difference(
        kind=Kind.ASSET_SHARED,
        system=thing.ref.system,
        realm=thing.ref.realm,
        cause=thing.ref.id,
        facet=f"list {facet_of(seen)}" if seen.by_list else facet_of(seen),
        subject=str(thing.ref),
        message=f"{thing.ref} lets in {whom}{by}{under}",
        verdict=Verdict.UNDECIDED if is_unsure else Verdict.VIOLATION,
        places=(thing.ref,),
        owner=declared.owner if declared else "",
        managed_by=thing.managed_by,
        declared_at=declared.place if declared else NOWHERE,
        actual=seen.pointer,
        remedy=narrowing(seen),
    )
