"""From differences to findings: one control per kind, each in a module of its own with the examples that prove it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from guardrails.controls import (
    access_escalation,
    access_excess,
    access_missing,
    access_next_login,
    account_of_nobody,
    address_unknown_to_inventory,
    asset_not_accepted,
    asset_shared,
    asset_undeclared,
    at_rest_weak,
    audit_weak,
    change_uncontrolled,
    class_overlap,
    credential_forbidden,
    credential_lives,
    credential_old,
    declared_absent,
    default_weak,
    evidence_gap,
    exception_expired,
    exception_not_approved,
    exposure_excess,
    exposure_missing,
    exposure_undeclared,
    issuing_open,
    key_leaves,
    key_not_rotated,
    key_shared,
    key_unusable,
    leaver,
    login_in_the_clear,
    login_open,
    network_expired,
    network_guard,
    policy_absent,
    policy_denies_nothing,
    policy_rule_dead,
    principal_undeclared,
    review_overdue,
    section_unevaluated,
    system_empty,
    token_endless,
    transit_weak,
    trust_excess,
    trust_without_external_id,
    vendor_lapsed,
)
from guardrails.controls.control import Control
from guardrails.model.findings import Difference, Finding
from guardrails.model.words import Verdict

__all__ = ["CONTROLS", "Control", "judged"]

CONTROLS = (
    access_excess.CONTROL,
    access_missing.CONTROL,
    principal_undeclared.CONTROL,
    trust_excess.CONTROL,
    trust_without_external_id.CONTROL,
    asset_shared.CONTROL,
    access_escalation.CONTROL,
    policy_denies_nothing.CONTROL,
    policy_rule_dead.CONTROL,
    login_open.CONTROL,
    policy_absent.CONTROL,
    access_next_login.CONTROL,
    leaver.CONTROL,
    account_of_nobody.CONTROL,
    credential_forbidden.CONTROL,
    credential_old.CONTROL,
    token_endless.CONTROL,
    credential_lives.CONTROL,
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
    login_in_the_clear.CONTROL,
    key_leaves.CONTROL,
    issuing_open.CONTROL,
    asset_undeclared.CONTROL,
    asset_not_accepted.CONTROL,
    exception_expired.CONTROL,
    exception_not_approved.CONTROL,
    vendor_lapsed.CONTROL,
    declared_absent.CONTROL,
    class_overlap.CONTROL,
    review_overdue.CONTROL,
    audit_weak.CONTROL,
    change_uncontrolled.CONTROL,
    evidence_gap.CONTROL,
    section_unevaluated.CONTROL,
    system_empty.CONTROL,
)
"""By code. A code is never reused."""

_CERTAINTY = (Verdict.VIOLATION, Verdict.UNDECIDED, Verdict.UNKNOWN, Verdict.OK)
"""What is certain of a cause is not taken back by what is not."""


def judged(found: Iterable[Difference]) -> tuple[Finding, ...]:
    """A finding for each cause, the most severe first; the same differences give the same findings in the same order."""
    controls = {control.kind: control for control in CONTROLS}
    alike: dict[str, list[Difference]] = {}
    for difference in found:
        alike.setdefault(_id(controls[difference.kind].code, difference), []).append(difference)
    findings = [_finding(name, controls[differences[0].kind], differences) for name, differences in alike.items()]
    return tuple(sorted(findings, key=lambda finding: (-finding.severity, finding.control, finding.difference.subject, finding.id)))


def _finding(name: str, control: Control, alike: list[Difference]) -> Finding:
    """Differences of one cause and facet are one finding: two roles may miss the same access, in one sentence each."""
    parts = sorted(alike, key=lambda difference: (_CERTAINTY.index(difference.verdict), difference.message))
    first = parts[0]
    united = replace(
        first,
        message="; ".join(dict.fromkeys([first.message, *sorted(difference.message for difference in alike)])),
        places=tuple(sorted({place for difference in alike for place in difference.places})) if len(alike) > 1 else first.places,
        known=all(difference.known for difference in alike),
    )
    return Finding(
        id=name, control=control.code, severity=control.severity, difference=united, parts=tuple(parts) if len(parts) > 1 else ()
    )


def _id(code: str, difference: Difference) -> str:
    """Stable from run to run: only ids that the system never changes go in, and no names or words."""
    parts = (code, difference.system, difference.realm, difference.cause, difference.facet)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
