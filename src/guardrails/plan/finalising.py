"""What guardrails itself put out of use, and what of it may be deleted once its quarantine is over. Journals are read elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guardrails.controls import judged
from guardrails.drift import differences
from guardrails.drift.world import World
from guardrails.model.changes import GONE, Change, Delete, Disable, Held, Image, RewritePolicy
from guardrails.model.facts import Credential, Fact, Principal
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import State, Verdict
from guardrails.plan.proposal import Proposal
from guardrails.plan.stage import Stage
from guardrails.ports import Deleting, Writer

__all__ = ["Due", "Left", "deletion", "deletions", "disabled_by", "is_gone", "quarantined", "undated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A change that was made and never taken back, as the journal of its plan tells.

    Attributes:
        change: As it was signed.
        before: The image that it was made on.
        since: When it was made; `None` where the journal does not tell.
        plan: The digest of its plan.
    """

    change: Change
    before: Image
    since: datetime | None
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that can be deleted, with the change that put it out of use."""

    action: Delete
    left: Left


def deletions(lefts: Iterable[Left], writers: Mapping[str, Writer]) -> tuple[Due, ...]:
    """What can be deleted of what was left: one thing is deleted once, and what was put out of use again counts from then."""
    found: dict[Ref, list[tuple[datetime, Left, tuple[str, ...]]]] = {}
    for left, parts in _deletable(lefts, writers):
        if left.since is not None:
            found.setdefault(left.change.ref, []).append((left.since, left, parts))
    return tuple(due for _, mine in sorted(found.items()) for due in _dues(sorted(mine, key=lambda one: one[0])))


def _dues(mine: list[tuple[datetime, Left, tuple[str, ...]]]) -> Iterator[Due]:
    """Of one object, in the order in which it was changed: the last change says how it was left, the last for each part since when."""
    last = mine[-1][1].change.after
    newest = {part: (since, left) for since, left, parts in mine for part in parts or ("",)}
    for part, (since, left) in sorted(newest.items()):
        action = left.change.action
        holder = action.holder if isinstance(action, Disable | RewritePolicy) else None
        parts = (part,) if part else ()
        deleted = Delete(ref=left.change.ref, holder=holder, parts=parts, left=last, since=since, plan=left.plan)
        yield Due(action=deleted, left=left)


def undated(lefts: Iterable[Left], writers: Mapping[str, Writer]) -> Iterator[Held]:
    """What could be deleted if it were known since when it is out of use."""
    for left, _ in _deletable(lefts, writers):
        if left.since is None:
            yield _held(left, "the journal of its plan does not tell when it was put out of use", "delete it by hand")


def _deletable(lefts: Iterable[Left], writers: Mapping[str, Writer]) -> Iterator[tuple[Left, tuple[str, ...]]]:
    for left in lefts:
        writer = writers.get(left.change.ref.system)
        if not isinstance(writer, Deleting):
            continue
        parts = writer.deletes(left.change.action, left.before)
        if parts is not None:
            yield left, parts


def quarantined(due: Due, days: int, now: datetime) -> Held | None:
    """Why it is too early; `None` when it is not."""
    until = due.action.since + timedelta(days=days)
    if now >= until:
        return None
    why = f"it is in quarantine until {until:%Y-%m-%d %H:%M} UTC: plan sha256:{due.action.plan[:12]} put it out of use"
    return _held(due.left, why, "plan again then, or have it taken back: guardrails rollback")


def is_gone(due: Due, image: Image | str) -> bool:
    """Whether nothing is left of it."""
    if isinstance(image, str) or image == GONE:
        return image == GONE
    held_now = {value for _, values in image.fields for value in values}
    return bool(due.action.parts) and held_now.isdisjoint(due.action.parts)


def disabled_by(lefts: Iterable[Left]) -> frozenset[Ref]:
    """Whom and what the changes disabled."""
    return frozenset(left.change.action.ref for left in lefts if isinstance(left.change.action, Disable))


def deletion(due: Due, stage: Stage, ours: frozenset[Ref]) -> Proposal | Held:
    """The deletion, when what it was put out of use for would be so again if it were in use; whose it is too, if that is one of `ours`."""
    action, left = due.action, due.left
    if isinstance(left.change.action, Disable) and not _is_seen(left.change.action.ref, stage):
        return _held(
            left, "it was not seen, so whether what it was put out of use for is still so cannot be told", "look at it, then plan again"
        )
    finding = _again(left.change, stage, ours)
    if finding is None:
        why = f"what it was put out of use for is no longer so: {left.change.why}"
        return _held(left, why, "take it back (guardrails rollback), or delete it by hand")
    said = f"out of use since {action.since:%Y-%m-%d %H:%M} UTC by plan sha256:{action.plan[:12]}: {finding.difference.message}"
    told = replace(finding, difference=replace(finding.difference, message=said, subject=str(action.ref)))
    return Proposal(finding=told, action=action, breaks=(_lost(action),))


def _lost(action: Delete) -> str:
    what = f"{', '.join(part.partition(' ')[0] for part in action.parts)} of {action.ref}" if action.parts else f"{action.ref}"
    return f"{what} can never be put in use again"


def _is_seen(ref: Ref, stage: Stage) -> bool:
    return any(getattr(fact, "ref", None) == ref for fact in stage.observations[ref.system].facts)


def _again(change: Change, stage: Stage, ours: frozenset[Ref]) -> Finding | None:
    """The finding for which a change was made, if it would be one of this world had the change not been made."""
    found = {finding.id: finding for finding in judged(differences(_unmade(change, stage, ours)))}.get(change.finding)
    return found if found is not None and found.difference.verdict is Verdict.VIOLATION else None


def _unmade(change: Change, stage: Stage, ours: frozenset[Ref]) -> World:
    match change.action:
        case RewritePolicy() as action:
            return stage.after(replace(action, text=action.seen)).whole()
        case Disable() as action:
            system, refs = action.ref.system, {action.ref, *({action.holder} & ours)}
            seen = stage.observations[system]
            facts = tuple(_active(fact) if getattr(fact, "ref", None) in refs else fact for fact in seen.facts)
            return replace(stage, observations={**stage.observations, system: replace(seen, facts=facts)}).whole()
        case _:
            return stage.whole()


def _active(fact: Fact) -> Fact:
    return replace(fact, state=State.ACTIVE) if isinstance(fact, Principal | Credential) else fact


def _held(left: Left, reason: str, remedy: str) -> Held:
    change = left.change
    return Held(control=change.control, finding=change.finding, subject=str(change.ref), reason=reason, remedy=remedy)
