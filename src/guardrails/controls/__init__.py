"""From differences to findings: one control per kind, each in a module of its own with the examples that prove it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from guardrails.controls import (
    access_excess,
    access_missing,
    account_of_nobody,
    address_unknown_to_inventory,
    asset_not_accepted,
    asset_shared,
    asset_undeclared,
    at_rest_weak,
    class_overlap,
    credential_forbidden,
    credential_old,
    declared_absent,
    default_weak,
    evidence_gap,
    exception_expired,
    exception_not_approved,
    exposure_excess,
    exposure_missing,
    exposure_undeclared,
    key_not_rotated,
    key_shared,
    key_unusable,
    leaver,
    network_expired,
    network_guard,
    principal_undeclared,
    section_unevaluated,
    system_empty,
    transit_weak,
    trust_excess,
    trust_without_external_id,
    vendor_lapsed,
)
from guardrails.controls.control import Control
from guardrails.model.findings import Difference, Finding

__all__ = ["CONTROLS", "Control", "judged"]

CONTROLS = (
    access_excess.CONTROL,
    access_missing.CONTROL,
    principal_undeclared.CONTROL,
    trust_excess.CONTROL,
    trust_without_external_id.CONTROL,
    asset_shared.CONTROL,
    leaver.CONTROL,
    account_of_nobody.CONTROL,
    credential_forbidden.CONTROL,
    credential_old.CONTROL,
    exposure_excess.CONTROL,
    exposure_missing.CONTROL,
    exposure_undeclared.CONTROL,
    network_expired.CONTROL,
    address_unknown_to_inventory.CONTROL,
    network_guard.CONTROL,
    at_rest_weak.CONTROL,
    key_not_rotated.CONTROL,
    transit_weak.CONTROL,
    key_unusable.CONTROL,
    key_shared.CONTROL,
    default_weak.CONTROL,
    asset_undeclared.CONTROL,
    asset_not_accepted.CONTROL,
    exception_expired.CONTROL,
    exception_not_approved.CONTROL,
    vendor_lapsed.CONTROL,
    declared_absent.CONTROL,
    class_overlap.CONTROL,
    evidence_gap.CONTROL,
    section_unevaluated.CONTROL,
    system_empty.CONTROL,
)
"""By code. A code is never reused."""


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
