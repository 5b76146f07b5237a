"""A plan for people who have to read it at a glance, and as JSON. Whatever came from a system is shown in one line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from guardrails.model.changes import (
    Action,
    Change,
    DetachPolicy,
    Disable,
    Effect,
    Held,
    Irreversible,
    Plan,
    RemoveMember,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.coding import encoded
from guardrails.reports.safe import show

__all__ = ["plan_as_json", "plan_as_text"]

_EFFECTS = {Effect.NARROWS: "narrow", Effect.WIDENS: "widen", Effect.NEUTRAL: "neutral", Effect.UNPROVEN: "unproven"}
_NAME_WIDTH = 34


def plan_as_json(plan: Plan, digest: str) -> str:
    """The plan with its digest, laid out for people and programs; what is signed is the file itself."""
    return json.dumps({"digest": digest, "plan": encoded(plan)}, indent=2, sort_keys=True) + "\n"


def plan_as_text(plan: Plan, digest: str, needs: str = "") -> str:
    """One entry for each change and each finding that is held, then the numbers, then what has to be signed. `needs` says by whom."""
    lines = [line for change in plan.changes for line in _change(change)]
    lines += [line for held in plan.held for line in _held(held)]
    lines += [f"REFUSE {show(hazard.rule)}: {show(hazard.message)}\n       do: {show(hazard.allow)}" for hazard in plan.hazards]
    lines += _summary(plan)
    until = f"{plan.expires_at:%Y-%m-%d %H:%M} UTC"
    lines.append(f"plan sha256:{digest} for {plan.environment}, {needs + ', ' if needs else ''}expires {until}")
    return "\n".join(lines) + "\n"


def _verb(action: Action) -> str:
    match action:
        case Disable():
            return "REVOKE"
        case SetAddresses():
            return "CLOSE"
        case SetEncryption() | SetRotation():
            return "HARDEN"
        case RemoveMember() | DetachPolicy() | RewritePolicy():
            return "NARROW"


def _change(change: Change) -> Iterator[str]:
    effect = "" if change.effect is Effect.NARROWS else f" {_EFFECTS[change.effect]}"
    edits = "; ".join(edit.reads for edit in change.edits)
    yield f"{_verb(change.action):6} {show(str(change.ref)):{_NAME_WIDTH}} {show(edits)}  {change.control}  cas {change.cas.value}{effect}"
    yield f"       why: {show(change.why)}"
    for broken in change.breaks:
        yield f"       breaks: {show(broken)}"
    yield f"       proof: {show(change.proof)}"
    if isinstance(change.undo, Irreversible):
        yield f"       CANNOT BE TAKEN BACK: {show(change.undo.reason)}"
    elif change.undo.lasting:
        yield f"       stays lost: {show(change.undo.lasting)}"


def _held(held: Held) -> Iterator[str]:
    yield f"HOLD   {show(held.subject):{_NAME_WIDTH}} {show(held.reason)}  {held.control}"
    if held.remedy:
        yield f"       do: {show(held.remedy)}"


def _summary(plan: Plan) -> Iterator[str]:
    effects = Counter(change.effect for change in plan.changes)
    told = ", ".join(f"{effects[effect]} {word}" for effect, word in _EFFECTS.items() if effects[effect] or effect is Effect.NARROWS)
    people = len({change.subject for change in plan.changes})
    objects = len({change.ref for change in plan.changes})
    hazards = f"{len(plan.hazards)} hazards" if plan.hazards else "no hazard"
    numbers = f"changes {len(plan.changes)}/{plan.limits.changes} | of {objects} objects, taking from {people}"
    yield f"{told}, {len(plan.held)} held | {numbers} | {hazards}"
    for read in plan.reads:
        gaps = f", {read.gaps} gaps" if read.gaps else ""
        yield f"rests on {show(read.system)}: {read.facts} facts{gaps}, {show(read.source)}, {read.taken_at:%Y-%m-%d %H:%M} UTC"
