"""What a standing approval lets be changed without asking again. Whether it is signed is asked elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from guardrails.controls import CONTROLS
from guardrails.model.actions import involved
from guardrails.model.applying import Standing, word_of
from guardrails.model.changes import Change, Effect, Irreversible

__all__ = ["Consent", "anything", "beyond", "consent_of"]

_KINDS = {control.code: control.kind for control in CONTROLS}
Consent = Callable[[Change, int], str]
"""Why a change must not be made, where so many are planned already; empty when it may be."""


def anything(_change: Change, _made: int) -> str:
    """For a plan that members will sign."""
    return ""


def beyond(standing: Standing, change: Change) -> str:
    """Why a change needs signatures of its own; empty when it does not."""
    kind, word = _KINDS.get(change.control), word_of(type(change.action))
    systems = {change.ref.system, *(ref.system for ref in involved(change.action))}
    if kind not in standing.kinds:
        return f"{standing.approved} does not name {kind.value if kind else change.control}, so members have to sign"
    if word not in standing.changes:
        return f"{standing.approved} does not name {word}, so members have to sign"
    if not systems <= set(standing.systems):
        return f"{standing.approved} does not name {', '.join(sorted(systems - set(standing.systems)))}, so members have to sign"
    if change.effect is not Effect.NARROWS:
        return f"it is {change.effect.value}, and without members who sign only what is proven to narrow is changed"
    if isinstance(change.undo, Irreversible):
        return f"it cannot be taken back ({change.undo.reason}), so members have to sign"
    return ""


def consent_of(standing: Standing, left: int) -> Consent:
    """What may be planned when so many changes are left of this day."""

    def consent(change: Change, made: int) -> str:
        if made >= left:
            return f"{standing.approved} lets {standing.per_day} changes be made in a day, and {left} were left"
        return beyond(standing, change)

    return consent
