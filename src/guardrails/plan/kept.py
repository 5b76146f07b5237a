"""Who of ours keeps what the policy of an asset or key lets them do there, when somebody else is let in no more.

What a policy gives to everybody is used by many of whom it says nothing. Whoever is declared for it and has it by that alone is named in
the place of everybody; where that cannot be told, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.drift.world import World
from guardrails.model.changes import Held, RewritePolicy
from guardrails.model.facts import Gap, Principal
from guardrails.model.findings import Comparison
from guardrails.model.lists import several
from guardrails.model.reference import Ref, Reference
from guardrails.model.words import Kind, PrincipalForm, Verdict
from guardrails.plan.entries import coming_by, declared_for, entries_at, gone_of, is_still, meets
from guardrails.plan.proposal import Proposal, held
from guardrails.plan.stage import Stage
from guardrails.plan.unadmitted import Entries, entries_of, unadmitted
from guardrails.ports import Administering, Admitting, BoundClause

__all__ = ["keeping", "may_lose", "taken"]

_Name = tuple[str, str]
_BLIND = frozenset({"account", "iam", "identity", "organization", "system", "observation"})
"""Gaps under which somebody of ours may exist who was not seen."""


class _Untold(Exception):
    """It cannot be told whether somebody would lose what is declared."""


def keeping(stage: Stage, proposal: Proposal) -> Proposal | Held:
    """The same, with those named in the place of everybody who would lose by it what is declared for them; or why there is no such thing.

    Only of findings about assets and keys, whose policies give something by themselves.
    """
    finding = proposal.finding
    if finding.difference.kind is not Kind.ASSET_SHARED or not isinstance(proposal.action, RewritePolicy):
        return proposal
    world, guarded = stage.now(), proposal.action.holder
    entries = tuple(seen for seen in entries_of(world, stage.covers, finding) if not seen.by_grant)
    try:
        instead = _instead(stage, guarded, entries)
        action = unadmitted(world, guarded, entries, instead)
    except (_Untold, ValueError) as why:
        return held(finding, str(why), finding.difference.remedy)
    after = stage.after(action)
    if left := [seen for seen in entries_of(after.now(), stage.covers, finding) if not seen.by_grant]:
        return held(finding, f"{left[0].name} would still be let in by {left[0].pointer}", finding.difference.remedy)
    named = sorted({name for names in instead.values() for _, name in names})
    stays = (f"named in its place, for what is declared: {several(named, ' and ', most=len(named))}",) if named else ()
    return replace(proposal, action=action, breaks=(*proposal.breaks, *stays))


def _instead(stage: Stage, guarded: Ref, entries: Entries) -> dict[str, tuple[_Name, ...]]:
    """Who takes the place of everybody, one entry after the other: two may give the same to somebody.

    Raises:
        _Untold: That is not certain of somebody.
        ValueError: An entry cannot be cut.
    """
    found: dict[str, tuple[_Name, ...]] = {}
    now = stage
    for entry in entries:
        meaning = now.meanings[guarded.system]
        if not isinstance(meaning, Admitting) or entry.pointer in found or (emptied := meaning.emptied(guarded, entry)) is None:
            continue
        if gap := next(_hiding(stage.world, guarded.system), None):
            raise _Untold(f"whoever of {gap.realm or gap.system} uses it by that was not seen: {gap.message}")
        action = RewritePolicy(holder=guarded, policy=emptied[0], text=emptied[1])
        after = now.after(action)
        found[entry.pointer] = names = tuple(dict.fromkeys((*_named(action, now, after), *_outside(action, now, after))))
        if names and (then := meaning.emptied(guarded, entry, names)):
            after = now.after(RewritePolicy(holder=guarded, policy=then[0], text=then[1]))
        now = after
    return found


def _hiding(world: World, system: str) -> Iterator[Gap]:
    """Accounts of ours of which nobody was seen."""
    for gap in world.gaps():
        if gap.system == system and gap.subject is None and gap.what in _BLIND:
            yield gap


def _named(action: RewritePolicy, before: Stage, after: Stage) -> Iterator[_Name]:
    for principal, name, compared in _losers(action, before, after):
        if compared.verdict is not Verdict.VIOLATION:
            raise _Untold(f"whether {principal.ref} would lose {name}, which is declared for it, cannot be told: {compared.reason}")
        yield "aws", principal.resource


def _outside(action: RewritePolicy, before: Stage, after: Stage) -> Iterator[_Name]:
    """Outsiders with whom it is declared to be shared, and who are let in by nothing else."""
    left = entries_at(action.holder, after)
    gone = gone_of(action.holder, before, after)
    for reference in dict.fromkeys(one for listed in declared_for(action.holder, before) for one in listed):
        if any(meets(before.world, reference, entry) for entry in gone) and not is_still(before.world, reference, left):
            yield from _names_of(before.world, reference)


def _names_of(world: World, reference: Reference) -> tuple[_Name, ...]:
    if reference.kind == "service":
        return (("service", reference.name),)
    seen = tuple(("aws", principal.resource) for principal in world.seen(reference))
    is_name = reference.local.isdecimal() or reference.local.startswith("arn:")
    return seen or ((("aws", reference.local),) if is_name else ())


def taken(action: RewritePolicy, before: Stage, after: Stage) -> Iterator[str]:
    """What somebody of ours would lose, or may, that is declared for them."""
    for principal, name, compared in _losers(action, before, after):
        certain = compared.verdict is Verdict.VIOLATION
        asked = f" ({compared.witness.action} on {compared.witness.resource})" if compared.witness else f": {compared.reason}"
        yield f"{principal.ref} {'would' if certain else 'may'} lose {name}, which is declared for it{asked}"


def _losers(action: RewritePolicy, before: Stage, after: Stage) -> Iterator[tuple[Principal, str, Comparison]]:
    """Whoever of ours is not certain to keep all that is declared for them, with the entitlement; who has left may lose it."""
    coming = frozenset(coming_by(action, before, after))
    for principal in before.facts(Principal, action.holder.system):
        person = before.covers.person_of(principal.ref)
        if principal.ref not in coming or principal.form is PrincipalForm.GROUP or (person is not None and person.has_left):
            continue
        for name in before.declared(principal):
            compared = may_lose(action, before, after, principal.ref, before.world.bound((name,), principal.ref))
            if compared.verdict is not Verdict.OK:
                yield principal, name, compared


def may_lose(action: RewritePolicy, before: Stage, after: Stage, holder: Ref, declared: tuple[BoundClause, ...] | None) -> Comparison:
    """What becomes of what the policy lets the holder do; of everything with `None`."""
    was, will = before.meanings[holder.system], after.meanings[holder.system]
    if declared == ():
        return Comparison(verdict=Verdict.OK)
    if not isinstance(will, Administering):
        return Comparison(verdict=Verdict.UNKNOWN, reason=f"what policies of things in {holder.system} mean cannot be compared yet")
    return will.losing(holder, action.holder, was, declared)
