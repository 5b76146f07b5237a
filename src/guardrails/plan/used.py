"""Requests of the past against what a plan would make of the world: which of them would have been refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrails.model.actions import Action, DetachPolicy, RemoveMember, RewritePolicy
from guardrails.model.findings import Finding
from guardrails.model.past import Log, Past
from guardrails.model.words import Kind
from guardrails.plan.stage import Stage

__all__ = ["NOTHING", "Used"]

_ENDING = frozenset({Kind.LEAVER, Kind.VENDOR_LAPSED, Kind.EXCEPTION_EXPIRED})
"""Findings of somebody whose access has to end, used or not."""
_SHOWN = 3


class Used:
    """What was used, by the logs that were given; `keeps` says whether it is kept until somebody declares it."""

    def __init__(self, logs: Iterable[Log], *, keeps: bool = True) -> None:
        self._past = {log.system: log.requests for log in logs}
        self._keeps = keeps

    def told(self, action: Action, before: Stage, after: Stage) -> tuple[str, ...]:
        """What was let through and would not have been, for people: the last first."""
        found = sorted(self._refused(action, before, after), key=lambda past: past.last, reverse=True)
        more = (f"used: and {len(found) - _SHOWN} other requests",) if len(found) > _SHOWN else ()
        return (*map(_said, found[:_SHOWN]), *more)

    def is_kept(self, finding: Finding) -> bool:
        """Whether what was used must not be taken for the sake of a finding."""
        return self._keeps and finding.difference.kind not in _ENDING

    def _refused(self, action: Action, before: Stage, after: Stage) -> Iterator[Past]:
        if not self._past or not isinstance(action, RemoveMember | DetachPolicy | RewritePolicy):
            return
        affected = frozenset(before.affected(action))
        for system in {ref.system for ref in affected}:
            for past in self._past.get(system, ()):
                if not affected.isdisjoint(past.holders) and _passes(past, before, system) and not _passes(past, after, system):
                    yield past


NOTHING = Used(())
"""No log was given."""


def _passes(past: Past, stage: Stage, system: str) -> bool:
    return any(stage.meanings[system].replay(holder, past.request) for holder in past.holders)


def _said(past: Past) -> str:
    asked, times = past.request, f"{past.times} times" if past.times > 1 else "once"
    return f"used: {past.holders[0]} was let {asked.action} {asked.resource} {times}, last on {past.last:%Y-%m-%d %H:%M} UTC"
