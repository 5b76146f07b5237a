"""How somebody whom a policy lets in and nobody declared is let in no more, and who else would be shut out by that.

A policy says whom it lets in by entries. One that goes must be nobody's who is declared, and the last one stays unless nobody is declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from guardrails.drift.covers import Covers
from guardrails.drift.sharing import judged_sharing
from guardrails.drift.trust import judged_trust
from guardrails.drift.world import World
from guardrails.model.changes import Held, RewritePolicy
from guardrails.model.facts import Policy, Principal
from guardrails.model.findings import Difference, Finding
from guardrails.model.lists import several
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm, Verdict
from guardrails.plan.entries import kept_assets, thing_of
from guardrails.plan.proposal import Proposal, held
from guardrails.ports import Admitting, Meaning, TrustSeen
from guardrails.ports.meanings import NOBODY

__all__ = ["Entries", "entries_of", "unadmitted", "without_external_id", "without_strangers"]

Entries = tuple[TrustSeen, ...]
_UNSAID = "who of ours comes in by it is not declared"
_SERVICES = "services come in by it that act for us as well, and which is told nowhere"
_EVERYBODY = "everybody comes in by it, also whoever is meant to"


def without_strangers(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """The policy of the role or asset, without the entries that the finding tells of; a grant is none of them."""
    guarded, meaning = finding.difference.places[0], world.meanings[finding.difference.system]
    found = entries_of(world, covers, finding)
    entries = tuple(seen for seen in found if not seen.by_grant)
    yield from (_granted(finding, seen) for seen in found if seen.by_grant)
    if not isinstance(meaning, Admitting):
        yield held(finding, "guardrails makes no change for this kind of finding", finding.difference.remedy)
        return
    if any(seen.is_deputy for seen in entries):
        yield held(finding, _SERVICES, finding.difference.remedy)
        return
    if guarded.kind == "role" and any(seen.kind == "any" for seen in entries) and not _said(world, covers, guarded):
        yield held(finding, f"{_EVERYBODY}, and {_UNSAID}", "declare whom it is for, or name them in the policy")
        return
    if entries:
        yield _without(world, finding, entries)


def _without(world: World, finding: Finding, entries: Entries) -> Proposal | Held:
    guarded, meaning = finding.difference.places[0], world.meanings[finding.difference.system]
    try:
        action = unadmitted(world, guarded, entries)
    except ValueError as error:
        # who is named in the place of everybody may be what is left
        emptied = _emptied(meaning, guarded, entries)
        if emptied is None:
            return held(finding, str(error), finding.difference.remedy)
        action = RewritePolicy(holder=guarded, policy=emptied[0], text=emptied[1])
    lost = (*dict.fromkeys(_lost(guarded, entry) for entry in entries), *_used(world, guarded), *_stays(world, guarded))
    return Proposal(finding=finding, action=action, breaks=lost)


def _emptied(meaning: Meaning, guarded: Ref, entries: Entries) -> tuple[Ref, str] | None:
    if not isinstance(meaning, Admitting) or guarded.kind == "role":
        return None
    with suppress(ValueError):
        return next(filter(None, (meaning.emptied(guarded, entry) for entry in entries)), None)
    return None


def unadmitted(world: World, guarded: Ref, entries: Entries, instead: Mapping[str, Sequence[tuple[str, str]]] = NOBODY) -> RewritePolicy:
    """The policy without some entries; `instead` as for the port.

    Raises:
        ValueError: It cannot be said so, and why.
    """
    meaning = world.meanings[guarded.system]
    if not isinstance(meaning, Admitting):
        raise ValueError("whom its policy lets in cannot be changed")  # noqa: TRY004  # as for what cannot be said
    policy, text = meaning.refusing(guarded, entries, instead)
    seen = next((fact.text for fact in world.facts(Policy, policy.system) if fact.ref == policy), "")
    return RewritePolicy(holder=guarded, policy=policy, text=text, seen=seen)


def _granted(finding: Finding, seen: TrustSeen) -> Held:
    why = f"{seen.name} comes in by a grant ({seen.pointer}), which is no part of the policy and cannot be given again as it was"
    return held(finding, why, "look who uses it, and revoke the grant by hand")


def entries_of(world: World, covers: Covers, finding: Finding) -> Entries:
    """The entries that the finding tells of, in their order; those of grants are among them."""
    guarded = finding.difference.places[0]
    return tuple(seen for seen, difference in _judged(world, covers, guarded) if _is_of(difference, finding))


def without_external_id(_world: World, _covers: Covers, finding: Finding) -> Iterator[Held]:
    """Which id it is only the vendor can say, and the declaration has no word for it."""
    yield held(finding, "which external id it is stands nowhere: a wrong one would shut the vendor out", finding.difference.remedy)


def _lost(guarded: Ref, entry: TrustSeen) -> str:
    if guarded.kind == "role":
        return f"{entry.name} can no longer become {guarded}; sessions that were begun before live until they end"
    if entry.kind == "any":
        return f"nobody outside can use {guarded} any more, signed or not, nor whoever of ours is neither declared nor let in otherwise"
    return f"{entry.name} can no longer use {guarded}"


def _stays(world: World, guarded: Ref) -> Iterator[str]:
    """What a grant of a key gives, whoever is named in its policy."""
    meaning = world.meanings[guarded.system]
    thing = thing_of(world, guarded)
    names = {seen.name for seen in meaning.shares(thing) if seen.by_grant} if thing is not None else set()
    if names:
        yield f"grants of {guarded} are no part of its policy, and stay: {several(sorted(names), ' and ')}"


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
    if (thing := thing_of(world, guarded)) is not None:
        yield from judged_sharing(world, thing, kept_assets(world, thing))


def _said(world: World, covers: Covers, guarded: Ref) -> bool:
    """Whether it is declared who may become it; of assets it is never declared who of ours may use them."""
    found = (principal for principal in world.facts(Principal, guarded.system) if principal.ref == guarded)
    return any(cover.assumed_by is not None for principal in found for cover in covers.of(principal))
