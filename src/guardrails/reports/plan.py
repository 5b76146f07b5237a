"""A plan for people who have to read it at a glance, and as JSON. Whatever came from a system is shown in one line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from itertools import islice

from guardrails.model.actions import (
    Action,
    AddDenial,
    Delete,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    Replaces,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.changes import Change, Edit, Effect, Held, Irreversible, Patch, Plan
from guardrails.model.coding import encoded
from guardrails.model.copies import CopyPlan, CopyStep, Progress
from guardrails.reports.safe import show

__all__ = ["plan_as_json", "plan_as_text"]

_EFFECTS = {Effect.NARROWS: "narrow", Effect.WIDENS: "widen", Effect.NEUTRAL: "neutral", Effect.UNPROVEN: "unproven"}
_NAME_WIDTH = 34
_LONG, _SHOWN = 80, 300
"""Values above the one are shown by themselves, in at most so many characters."""
_PROGRESS = {Progress.DONE: "done", Progress.NEXT: "NEXT", Progress.LATER: "later", Progress.UNKNOWN: "CANNOT TELL"}
_HEADERS = 2
"""Lines of a difference before its first part."""


def plan_as_json(plan: Plan, digest: str) -> str:
    """The plan with its digest, laid out for people and programs; what is signed is the file itself."""
    return json.dumps({"digest": digest, "plan": encoded(plan)}, indent=2, sort_keys=True) + "\n"


def plan_as_text(plan: Plan, digest: str, needs: str = "") -> str:
    """One entry for each change and each finding that is held, then the numbers, then what has to be signed. `needs` says by whom."""
    lines = [line for change in plan.changes for line in _change(change)]
    lines += [line for held in plan.held for line in _held(held)]
    lines += [line for copy in plan.copies for line in _copy(copy)]
    lines += [f"REFUSE {show(hazard.rule)}: {show(hazard.message)}\n       do: {show(hazard.allow)}" for hazard in plan.hazards]
    lines += _summary(plan)
    until = f"{plan.expires_at:%Y-%m-%d %H:%M} UTC"
    lines.append(f"plan sha256:{digest} for {plan.environment}, {needs + ', ' if needs else ''}expires {until}")
    return "\n".join(lines) + "\n"


def _verb(action: Action) -> str:
    match action:
        case Disable():
            return "REVOKE"
        case Revoke():
            return "END"
        case Delete():
            return "DELETE"
        case SetAddresses():
            return "CLOSE"
        case SetEncryption() | SetRotation():
            return "HARDEN"
        case RemoveMember() | DetachPolicy() | RewritePolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
            return "NARROW"


def _change(change: Change) -> Iterator[str]:
    effect = "" if change.effect is Effect.NARROWS else f" {_EFFECTS[change.effect]}"
    edits = "; ".join(edit.reads if _is_short(edit) else f"{edit.field}, see below" for edit in change.edits)
    yield f"{_verb(change.action):6} {show(str(change.ref)):{_NAME_WIDTH}} {show(edits)}  {change.control}  cas {change.cas.value}{effect}"
    for line in _documents(change):
        yield f"       {show(line)}"
    yield f"       why: {show(change.why)}"
    for broken in change.breaks:
        yield f"       breaks: {show(broken)}"
    yield f"       proof: {show(change.proof)}"
    if isinstance(change.undo, Irreversible):
        yield f"       CANNOT BE TAKEN BACK: {show(change.undo.reason)}"
    elif change.undo.lasting:
        yield f"       stays lost: {show(change.undo.lasting)}"


def _is_short(edit: Edit) -> bool:
    return all(len(value) <= _LONG and "\n" not in value for value in (*edit.removes, *edit.adds))


def _documents(change: Change) -> Iterator[str]:
    """What long values say; of what goes from its holder alone what that says too, for the edit has no more than its name."""
    if isinstance(change.action, Replaces):
        yield from _long(change.action.seen.splitlines(), [change.action.text])
        return
    for edit in change.edits:
        if not _is_short(edit):
            yield from _long(edit.removes, edit.adds)


def _long(removes: Iterable[str], adds: Iterable[str]) -> Iterator[str]:
    """Of documents the statements or grants that go and come, of other texts the lines; the whole of them stands in the file."""
    gone, come = ([part for value in values for part in _parts(value)] for values in (removes, adds))
    for line in islice(unified_diff(gone, come, lineterm="", n=0), _HEADERS, None):
        if not line.startswith("@@"):
            yield f"{line[0]} {_cut(line[1:])}"


def _parts(value: str) -> list[str]:
    try:
        document = json.loads(value)
    except ValueError:
        return value.splitlines()
    if isinstance(document, dict) and isinstance(text := document.get("policy"), str):
        return text.splitlines()
    listed = document.get("Statement") or document.get("Grants") if isinstance(document, dict) else None
    parts = listed if isinstance(listed, list) else [listed] if listed else [document]
    return [json.dumps(part, separators=(", ", ": "), ensure_ascii=False) for part in parts]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"


def _held(held: Held) -> Iterator[str]:
    yield f"HOLD   {show(held.subject):{_NAME_WIDTH}} {show(held.reason)}  {held.control}"
    if held.remedy:
        yield f"       do: {show(held.remedy)}{show(f' ({held.owner})' if held.owner else '')}"
    if held.proposal:
        first, *others = held.proposal.split("\n")
        yield f"       propose: {show(first)}"
        yield from (f"                {_cut(show(line)) if line[:2] in {'- ', '+ '} else show(line)}" for line in others)
    for patch in held.patches:
        yield from _patch(patch)


def _patch(patch: Patch) -> Iterator[str]:
    """The diff line by line, as `git apply` would take it but for letters that no terminal should get."""
    if not patch.diff:
        yield f"       no patch: {show(': '.join(filter(None, (patch.place, patch.note))))}"
        return
    yield f"       patch: {show(patch.place)}"
    for line in patch.diff.removesuffix("\n").split("\n"):
        yield f"         {show(line.replace(chr(9), '    '))}".rstrip()
    if patch.note:
        yield f"       but: {show(patch.note)}"


def _copy(copy: CopyPlan) -> Iterator[str]:
    """The step to go on with in full, the others in a line; all of each stands in the file."""
    yield f"COPY   {show(str(copy.ref)):{_NAME_WIDTH}} {show(_standing(copy))}  {copy.control}"
    yield f"       why: {show(copy.why)}{show(f' ({copy.owner})' if copy.owner else '')}"
    if copy.steps:
        yield f"       where: {show(copy.place)}; first of all: {show(copy.first)}"
    for note in copy.notes:
        yield f"       note: {show(note)}"
    in_full = copy.next or next((step for step in copy.steps if step.progress is Progress.UNKNOWN), None)
    for number, step in enumerate(copy.steps, 1):
        found = f" ({step.found})" if step.found else ""
        yield f"       {number:2}. {_PROGRESS[step.progress]:11} {show(step.id)}: {show(step.does)}{show(found)}"
        if step is in_full:
            yield from (f"           {word}: {show(text)}" for word, text in _told(step) if text)


def _standing(copy: CopyPlan) -> str:
    if not copy.steps:
        return "is not copied by itself"
    done = sum(step.progress is Progress.DONE for step in copy.steps)
    going = f"next is {copy.next.id}" if copy.next else "cannot tell which step is next"
    return f"is copied by hand: {done} of {len(copy.steps)} steps are done, {going}"


def _told(step: CopyStep) -> Iterator[tuple[str, str]]:
    yield "run", step.command
    yield "ONLY AFTER", step.only_after
    yield "needs", step.needs
    yield "interrupts", step.interrupts
    yield "seen by", step.seen_by
    yield "back", step.undo


def _summary(plan: Plan) -> Iterator[str]:
    effects = Counter(change.effect for change in plan.changes)
    told = ", ".join(f"{effects[effect]} {word}" for effect, word in _EFFECTS.items() if effects[effect] or effect is Effect.NARROWS)
    lost = sum(isinstance(change.undo, Irreversible) for change in plan.changes)
    told += f", {lost} CANNOT BE TAKEN BACK" if lost else ""
    people = len({change.subject for change in plan.changes})
    objects = len({change.ref for change in plan.changes})
    hazards = f"{len(plan.hazards)} hazards" if plan.hazards else "no hazard"
    numbers = f"changes {len(plan.changes)}/{plan.limits.changes} | of {objects} objects, taking from {people}"
    copied = f", {len(plan.copies)} to copy by hand" if plan.copies else ""
    yield f"{told}, {len(plan.held)} held{copied} | {numbers} | {hazards}"
    for read in plan.reads:
        gaps = f", {read.gaps} gaps" if read.gaps else ""
        yield f"rests on {show(read.system)}: {read.facts} facts{gaps}, {show(read.source)}, {read.taken_at:%Y-%m-%d %H:%M} UTC"
