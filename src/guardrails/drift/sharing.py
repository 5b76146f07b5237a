"""Assets whose own policy lets in everybody, or an account that is not ours."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.assets import governing
from guardrails.drift.trust import means
from guardrails.drift.world import World
from guardrails.model.declaration import DeclaredAsset, DeclaredClass
from guardrails.model.facts import Asset
from guardrails.model.findings import Difference
from guardrails.model.reference import NOWHERE
from guardrails.model.words import Kind, Verdict
from guardrails.ports import TrustSeen

__all__ = ["sharing", "strangers"]


def sharing(world: World) -> Iterator[Difference]:
    """Judge the policy of every asset; what the provider's services and our own accounts are given is judged at the principals."""
    for asset in world.facts(Asset):
        for seen in strangers(world, asset):
            if not (seen.reads_only and _is_public(world, asset)) and not _is_declared(world, asset, seen):
                yield _difference(asset, seen, found[0] if (found := governing(world, asset)) else None)


def strangers(world: World, asset: Asset) -> Iterator[TrustSeen]:
    """Everybody whom the asset's own policy lets in and who is not of an account of ours."""
    for seen in world.meanings[asset.ref.system].shares(asset):
        if seen.kind == "any" or (seen.kind == "aws" and seen.account not in world.ours):
            yield seen


def _is_declared(world: World, asset: Asset, seen: TrustSeen) -> bool:
    """Whether an entry of the asset says so; that nobody accepted the entry is told by itself."""
    return any(means(world, reference, seen) for declared in world.declared_for(asset.ref) for reference in declared.shared_with)


def _is_public(world: World, asset: Asset) -> bool:
    """Whether a class that demands nothing governs it, by an entry that was accepted: then everybody may read it."""
    found = governing(world, asset)
    if found is None:
        return False
    declared, required = found
    demands_nothing = required == DeclaredClass(name=required.name, rank=required.rank, place=required.place)
    return demands_nothing and not world.refusal(declared.accepted, f"asset:{declared.name}")


def _difference(asset: Asset, seen: TrustSeen, declared: DeclaredAsset | None) -> Difference:
    whom = "everybody" if seen.kind == "any" else seen.name
    under = " under conditions that are not evaluated" if seen.conditional else ""
    return Difference(
        kind=Kind.ASSET_SHARED,
        system=asset.ref.system,
        realm=asset.ref.realm,
        cause=asset.ref.id,
        facet=seen.name,
        subject=str(asset.ref),
        message=f"{asset.ref} lets in {whom}{under}",
        verdict=Verdict.UNDECIDED if seen.conditional else Verdict.VIOLATION,
        places=(asset.ref,),
        owner=declared.owner if declared else "",
        managed_by=asset.managed_by,
        declared_at=declared.place if declared else NOWHERE,
        actual=seen.pointer,
    )
