"""An action that may end a finding, and what stands in its place where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from guardrails.controls import CONTROLS
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
    TakesAccess,
    involved,
)
from guardrails.model.changes import Held, Patch
from guardrails.model.findings import Difference, Finding
from guardrails.model.reference import Ref

__all__ = ["Proposal", "as_proposed", "by_place", "held", "in_words", "proposed"]

_REMEDIES = {control.code: control.remedy for control in CONTROLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action that may end a finding or a part of it.

    `breaks` is what somebody loses by it, for people.
    """

    finding: Finding
    action: Action
    breaks: tuple[str, ...]


def by_place(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each finding; one of several holders as it is of each of them, with the verdict and the details of its own."""
    for finding in findings:
        found: dict[tuple[Ref, ...], Difference] = {}
        for part in finding.parts:
            found.setdefault(part.places[:1], part)
        yield from (replace(finding, difference=part, parts=()) for part in found.values()) if len(found) > 1 else (finding,)


def held(finding: Finding, reason: str, remedy: str = "", subject: str = "") -> Held:
    """A finding that gets no change."""
    found = finding.difference
    return Held(
        control=finding.control,
        finding=finding.id,
        subject=subject or found.subject,
        reason=reason,
        remedy=remedy or found.remedy or _REMEDIES.get(finding.control, ""),
        owner=found.owner,
    )


def proposed(finding: Finding, action: str, manager: str, proposal: str, patches: tuple[Patch, ...] = ()) -> Held:
    """A finding that something else has to end."""
    reason = f"{action}: it is managed by {manager}, which would undo the change"
    return replace(held(finding, reason, f"change it in {manager}"), proposal=proposal, patches=patches)


def as_proposed(action: Action) -> str:
    """An action for somebody else to make: of a policy that comes all that it says."""
    text = f": {action.text}" if isinstance(action, Replaces | AddDenial) else ""
    return f"{in_words(action)}{text}"


def in_words(action: Action) -> str:
    """What an action is called where it is told why it is not made."""
    match action:
        case RemoveMember() | DetachPolicy() | RewritePolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
            return _access_in_words(action)
        case Disable() | Delete():
            return str(action.ref)
        case Revoke():
            return f"{action.ref} ({action.ref.id})"
        case _:
            return str(involved(action)[0])


def _access_in_words(action: TakesAccess) -> str:
    match action:
        case RemoveMember():
            return f"{action.member} out of {action.group}"
        case DetachPolicy():
            return f"{action.policy} off {action.holder}"
        case RewritePolicy():
            return f"{action.policy} rewritten"
        case ReplacePolicy():
            return f"{action.own} in the place of {action.policy}"
        case ReplaceMembership():
            return f"{action.own} in the place of {action.group}"
        case AddDenial():
            return f"{action.policy} beside what is there"
