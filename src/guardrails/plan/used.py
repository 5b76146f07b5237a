"""Requests of the past against what a plan would make of the world: which of them would have been refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from guardrails.model.actions import Action, RewritePolicy, TakesAccess
from guardrails.model.facts import Asset, Key, Principal
from guardrails.model.findings import Finding
from guardrails.model.past import Log, Past
from guardrails.model.reference import Ref
from guardrails.model.words import Kind
from guardrails.plan.entries import coming_by, thing_of
from guardrails.plan.logins import Logins
from guardrails.plan.stage import Stage

__all__ = ["NOTHING", "Used"]

_ENDING = frozenset({Kind.LEAVER, Kind.VENDOR_LAPSED, Kind.EXCEPTION_EXPIRED})
"""Findings of somebody whose access has to end, used or not."""
_SHOWN = 3
_GUARDED: tuple[type[Principal | Asset | Key], ...] = (Principal, Asset, Key)


class Used:
    """What was used, by the logs that were given; `keeps` says whether it is kept until somebody declares it."""

    def __init__(self, logs: Iterable[Log], *, keeps: bool = True) -> None:
        self._past = {log.system: log.requests for log in logs}
        self._logins = Logins(self._past)
        self._keeps = keeps

    def told(self, action: Action, before: Stage, after: Stage) -> tuple[str, ...]:
        """What was let through and would not have been, for people: the last first."""
        lost = dict.fromkeys(self._refused(action, before, after), "") | dict(self._logins.refused(action, before, after))
        found = sorted(lost.items(), key=lambda one: one[0].last, reverse=True)
        more = (f"used: and {len(found) - _SHOWN} other requests",) if len(found) > _SHOWN else ()
        return (*(f"{_said(past)}{why}" for past, why in found[:_SHOWN]), *more)

    def is_kept(self, finding: Finding) -> bool:
        """Whether what was used must not be taken for the sake of a finding."""
        return self._keeps and finding.difference.kind not in _ENDING

    def _refused(self, action: Action, before: Stage, after: Stage) -> Iterator[Past]:
        if not self._past or not isinstance(action, TakesAccess):
            return
        affected = frozenset(before.affected(action))
        for past in self._by(affected):
            if _passes(past, before) and not _passes(past, after):
                yield past
        if isinstance(action, RewritePolicy) and before.guards(action):
            guarded = _resource(action.holder, before)
            coming = self._by(frozenset(coming_by(action, before, after)))
            yield from (past for past in coming if _is_on(past, guarded) and not _still_passes(past, action.holder, after))

    def _by(self, holders: frozenset[Ref]) -> Iterator[Past]:
        for system in sorted({ref.system for ref in holders}):
            yield from (past for past in self._past.get(system, ()) if not holders.isdisjoint(past.holders))


NOTHING = Used(())
"""No log was given."""


def _passes(past: Past, stage: Stage) -> bool:
    return any(stage.meanings[holder.system].replay(holder, past.request) for holder in past.holders)


def _still_passes(past: Past, guarded: Ref, after: Stage) -> bool:
    """Whether a request is surely let through by something else.

    Another entry of a trust policy may let them in: that is not asked. Nor is it across accounts, where the thing has to allow it as well.
    """
    if thing_of(after.world, guarded) is None or any(holder.realm != guarded.realm for holder in past.holders):
        return False
    return _passes(past, after)


def _resource(guarded: Ref, stage: Stage) -> str:
    seen = chain(*(stage.facts(form, guarded.system) for form in _GUARDED))
    return next((fact.resource for fact in seen if fact.ref == guarded), "")


def _is_on(past: Past, guarded: str) -> bool:
    """Whether it was on the thing itself, or on what is in it."""
    asked = past.request.resource
    return bool(guarded) and (asked == guarded or asked.startswith(f"{guarded}/"))


def _said(past: Past) -> str:
    asked, times = past.request, f"{past.times} times" if past.times > 1 else "once"
    whose = past.holders[0] if past.holders else f"{past.logins[0].name} by {past.logins[0].way.id}"
    if past.asked_by:
        return f"used: {past.asked_by} asked whether {whose} is in {asked.resource} {times}, last on {past.last:%Y-%m-%d %H:%M} UTC"
    return f"used: {whose} was let {asked.action} {asked.resource} {times}, last on {past.last:%Y-%m-%d %H:%M} UTC"
