"""How somebody whom a policy lets in and nobody declared is let in no more, and who else would be shut out by that.

A policy says whom it lets in by entries. One that goes must be nobody's who is declared, and the last one stays unless nobody is declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from guardrails.drift.covers import Covers
from guardrails.drift.sharing import judged_sharing, kept_by
from guardrails.drift.tokens import meet
from guardrails.drift.trust import judged_trust, means
from guardrails.drift.world import World
from guardrails.model.changes import Held, RewritePolicy
from guardrails.model.facts import Asset, Key, Policy, Principal
from guardrails.model.findings import Difference, Finding
from guardrails.model.reference import ANYBODY, Ref, Reference
from guardrails.model.words import PrincipalForm, Verdict
from guardrails.plan.proposal import Proposal, held
from guardrails.plan.stage import Stage
from guardrails.ports import Admitting, TrustSeen

__all__ = ["coming_by", "shut_out", "without_external_id", "without_strangers"]

_UNSAID = "who of ours comes in by it is not declared"
_EVERYBODY = "everybody comes in by it, also whoever is meant to"


def without_strangers(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """The policy of the role or asset, without the entries that the finding tells of."""
    guarded, meaning = finding.difference.places[0], world.meanings[finding.difference.system]
    entries = [seen for seen, difference in _judged(world, covers, guarded) if _is_of(difference, finding)]
    if not entries or not isinstance(meaning, Admitting):
        yield held(finding, "guardrails makes no change for this kind of finding", finding.difference.remedy)
        return
    if any(seen.kind == "any" for seen in entries) and not _said(world, covers, guarded):
        yield held(finding, f"{_EVERYBODY}, and {_UNSAID}", "declare whom it is for, or name them in the policy")
        return
    try:
        policy, text = meaning.refusing(guarded, entries)
    except ValueError as error:
        yield held(finding, str(error), finding.difference.remedy)
        return
    seen = next((fact.text for fact in world.facts(Policy, policy.system) if fact.ref == policy), "")
    lost = (*dict.fromkeys(_lost(guarded, entry) for entry in entries), *_used(world, guarded))
    yield Proposal(finding=finding, action=RewritePolicy(holder=guarded, policy=policy, text=text, seen=seen), breaks=lost)


def without_external_id(_world: World, _covers: Covers, finding: Finding) -> Iterator[Held]:
    """Which id it is only the vendor can say, and the declaration has no word for it."""
    yield held(finding, "which external id it is stands nowhere: a wrong one would shut the vendor out", finding.difference.remedy)


def _lost(guarded: Ref, entry: TrustSeen) -> str:
    if guarded.kind == "role":
        return f"{entry.name} can no longer become {guarded}; sessions that were begun before live until they end"
    return f"{entry.name} can no longer use {guarded}"


def _used(world: World, guarded: Ref) -> Iterator[str]:
    """By whom it was used is not told."""
    for principal in world.facts(Principal, guarded.system):
        if principal.ref == guarded:
            last = principal.last_used_at
            yield f"{guarded} was last used on {last:%Y-%m-%d}, by whomever" if last else f"no use of {guarded} is on record"


def _is_of(found: Difference, finding: Finding) -> bool:
    """Whether it is the difference of the finding, or another of the same entry's principal that is as certain."""
    told = finding.difference
    return (found.kind, found.facet, found.verdict) == (told.kind, told.facet, Verdict.VIOLATION)


def _judged(world: World, covers: Covers, guarded: Ref) -> Iterator[tuple[TrustSeen, Difference]]:
    for principal in world.facts(Principal, guarded.system):
        if principal.ref == guarded and principal.form is PrincipalForm.ROLE:
            yield from judged_trust(world, covers, principal)
    if (thing := _thing(world, guarded)) is not None:
        yield from judged_sharing(world, thing, _kept(world, thing))


def _thing(world: World, ref: Ref) -> Asset | Key | None:
    things: tuple[Asset | Key, ...] = (*world.facts(Asset, ref.system), *world.facts(Key, ref.system))
    return next((thing for thing in things if thing.ref == ref), None)


def _kept(world: World, thing: Asset | Key) -> tuple[Asset, ...]:
    return (thing,) if isinstance(thing, Asset) else kept_by(world).get(thing.ref, ())


def _said(world: World, covers: Covers, guarded: Ref) -> bool:
    """Whether it is declared who may become it; of assets it is never declared who of ours may use them."""
    found = (principal for principal in world.facts(Principal, guarded.system) if principal.ref == guarded)
    return any(cover.assumed_by is not None for principal in found for cover in covers.of(principal))


def coming_by(action: RewritePolicy, before: Stage, after: Stage) -> tuple[Ref, ...]:
    """Whoever of those who were seen might come in before by what is no entry any more."""
    meaning = before.meanings[action.holder.system]
    if not isinstance(meaning, Admitting):
        return ()
    gone = _gone(action.holder, before, after)
    return tuple(dict.fromkeys(ref for entry in gone for ref in meaning.coming(action.holder, entry)))


def shut_out(action: RewritePolicy, before: Stage, after: Stage) -> Iterator[str]:
    """Who is declared to come in and would not any more; and that nobody would."""
    gone, left = _gone(action.holder, before, after), _entries(action.holder, after)
    said = tuple(_declared(action.holder, before))
    for reference in dict.fromkeys(reference for references in said for reference in references):
        for entry in gone:
            if _meets(before.world, reference, entry) and not _is_still(before.world, reference, left):
                yield f"{reference.name or reference} is declared, and comes in by {entry.name}"
    if gone and not left and action.holder.kind == "role" and not (said and not any(said)):
        yield f"nobody could become {action.holder} any more, and that nobody may is not declared"


def _gone(guarded: Ref, before: Stage, after: Stage) -> tuple[TrustSeen, ...]:
    """Entries that are no more, each as it stood, whatever its place is."""
    left = _entries(guarded, after)
    return tuple(entry for entry in _entries(guarded, before) if entry not in left)


def _entries(guarded: Ref, stage: Stage) -> tuple[TrustSeen, ...]:
    meaning, thing = stage.meanings[guarded.system], _thing(stage.world, guarded)
    entries = meaning.trusts(guarded) if thing is None else meaning.shares(thing)
    # what stands before an entry may go, and it is the same all the same
    return tuple(replace(entry, pointer="") for entry in entries)


def _declared(guarded: Ref, stage: Stage) -> Iterator[tuple[Reference, ...]]:
    """Whom each entry of the declaration lets in."""
    for principal in stage.facts(Principal, guarded.system):
        if principal.ref == guarded:
            yield from (cover.assumed_by for cover in stage.covers.of(principal) if cover.assumed_by is not None)
    if (thing := _thing(stage.world, guarded)) is not None:
        assets = _kept(stage.world, thing)
        yield from (entry.shared_with for asset in assets for entry in stage.world.declared_for(asset.ref))


def _is_still(world: World, reference: Reference, left: Iterable[TrustSeen]) -> bool:
    """Whether an entry means whom the declaration means, and asks nothing more; what a token must say is part of the meaning."""
    return any(means(world, reference, entry) and (entry.kind == "federated" or not entry.conditional) for entry in left)


def _meets(world: World, reference: Reference, entry: TrustSeen) -> bool:
    """Whether somebody whom a reference means could come in by an entry; what is not known could."""
    if entry.kind == "any" or reference == ANYBODY or means(world, reference, entry):
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
