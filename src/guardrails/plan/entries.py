"""Whom the policy of a role, asset or key lets in, before an action and after it: who came in by what is gone, and who is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from guardrails.drift.sharing import kept_by
from guardrails.drift.tokens import meet
from guardrails.drift.trust import means
from guardrails.drift.world import World
from guardrails.model.changes import RewritePolicy
from guardrails.model.facts import Asset, Key, Principal
from guardrails.model.reference import ANYBODY, Ref, Reference
from guardrails.plan.stage import Stage
from guardrails.ports import Admitting, TrustSeen

__all__ = ["coming_by", "declared_for", "entries_at", "gone_of", "is_still", "kept_assets", "meets", "shut_out", "thing_of"]


def thing_of(world: World, ref: Ref) -> Asset | Key | None:
    """What has a policy of its own, and is no principal."""
    things: tuple[Asset | Key, ...] = (*world.facts(Asset, ref.system), *world.facts(Key, ref.system))
    return next((thing for thing in things if thing.ref == ref), None)


def kept_assets(world: World, thing: Asset | Key) -> tuple[Asset, ...]:
    """The assets for whose sake somebody may use it."""
    return (thing,) if isinstance(thing, Asset) else kept_by(world).get(thing.ref, ())


def coming_by(action: RewritePolicy, before: Stage, after: Stage) -> tuple[Ref, ...]:
    """Whoever of those who were seen might come in before by what is no entry any more."""
    meaning = before.meanings[action.holder.system]
    if not isinstance(meaning, Admitting):
        return ()
    gone = gone_of(action.holder, before, after)
    return tuple(dict.fromkeys(ref for entry in gone for ref in meaning.coming(action.holder, entry)))


def shut_out(action: RewritePolicy, before: Stage, after: Stage) -> Iterator[str]:
    """Who is declared to come in and would not any more; and that nobody would."""
    gone, left = gone_of(action.holder, before, after), entries_at(action.holder, after)
    said = tuple(declared_for(action.holder, before))
    for reference in dict.fromkeys(reference for references in said for reference in references):
        for entry in gone:
            if meets(before.world, reference, entry) and not is_still(before.world, reference, left):
                yield f"{reference.name or reference} is declared, and comes in by {entry.name}"
    if gone and not left and action.holder.kind == "role" and not (said and not any(said)):
        yield f"nobody could become {action.holder} any more, and that nobody may is not declared"


def gone_of(guarded: Ref, before: Stage, after: Stage) -> tuple[TrustSeen, ...]:
    """Entries that are no more, each as it stood, whatever its place is."""
    left = entries_at(guarded, after)
    return tuple(entry for entry in entries_at(guarded, before) if entry not in left)


def entries_at(guarded: Ref, stage: Stage) -> tuple[TrustSeen, ...]:
    """Every entry, without its place."""
    meaning, thing = stage.meanings[guarded.system], thing_of(stage.world, guarded)
    entries = meaning.trusts(guarded) if thing is None else meaning.shares(thing)
    # what stands before an entry may go, and it is the same all the same
    return tuple(replace(entry, pointer="") for entry in entries)


def declared_for(guarded: Ref, stage: Stage) -> Iterator[tuple[Reference, ...]]:
    """Whom each entry of the declaration lets in."""
    for principal in stage.facts(Principal, guarded.system):
        if principal.ref == guarded:
            yield from (cover.assumed_by for cover in stage.covers.of(principal) if cover.assumed_by is not None)
    if (thing := thing_of(stage.world, guarded)) is not None:
        assets = kept_assets(stage.world, thing)
        yield from (entry.shared_with for asset in assets for entry in stage.world.declared_for(asset.ref))


def is_still(world: World, reference: Reference, left: Iterable[TrustSeen]) -> bool:
    """Whether an entry means whom the declaration means, and asks nothing more; what a token must say is part of the meaning."""
    return any(means(world, reference, entry) and (entry.kind == "federated" or not entry.conditional) for entry in left)


def meets(world: World, reference: Reference, entry: TrustSeen) -> bool:
    """Whether somebody whom a reference means could come in by an entry; what is not known could."""
    if (
        entry.kind == "any"
        or (entry.is_any_service and reference.kind == "service")
        or reference == ANYBODY
        or means(world, reference, entry)
    ):
        return True
    if entry.kind == "federated":
        return meet((reference,), entry)
    if entry.kind != "aws" or reference.scope is None or reference.kind == "service":
        return False
    return entry.account in _accounts(world, reference) or not entry.account


def _accounts(world: World, reference: Reference) -> frozenset[str]:
    """The accounts in which somebody is whom a reference means; where nobody was seen, all of ours."""
    parts = reference.local.split(":")
    told = parts[4] if len(parts) > 5 else reference.local  # noqa: PLR2004  # the account is the fifth of six parts
    if told.isdecimal():
        return frozenset({told})
    seen = frozenset(principal.ref.realm for principal in world.seen(reference))
    return seen or world.ours
