"""From differences to findings: one control per kind, with code, severity, clause and remedy. A code is never reused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from guardrails.controls.table import CONTROLS, ControlText
from guardrails.model.findings import Difference, Finding

__all__ = ["CONTROLS", "ControlText", "judged"]


def judged(found: Iterable[Difference]) -> tuple[Finding, ...]:
    """A finding for each difference, the most severe first; the same differences give the same findings in the same order."""
    controls = {control.kind: control for control in CONTROLS}
    findings = [
        Finding(id=_id(controls[d.kind].code, d), control=controls[d.kind].code, severity=controls[d.kind].severity, difference=d)
        for d in found
    ]
    return tuple(sorted(findings, key=lambda finding: (-finding.severity, finding.control, finding.difference.subject, finding.id)))


def _id(code: str, difference: Difference) -> str:
    """Stable from run to run: only ids that the system never changes go in, and no names or words."""
    parts = (code, difference.system, difference.realm, difference.cause, difference.facet)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
