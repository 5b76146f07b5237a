"""An action that may end a finding, and what stands in its place where there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from guardrails.controls import CONTROLS
from guardrails.model.changes import Action, Held, Patch
from guardrails.model.findings import Finding

__all__ = ["Proposal", "held", "proposed"]

_REMEDIES = {control.code: control.remedy for control in CONTROLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action that may end a finding or a part of it.

    `breaks` is what somebody loses by it, for people.
    """

    finding: Finding
    action: Action
    breaks: tuple[str, ...]


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
