"""Compliance findings of the Open Cybersecurity Schema Framework (class 2003), for security lakes and SIEMs.

An array of events, one for each finding. What could not be told is a warning, never a pass.
"""

from __future__ import annotations

import json
from typing import Any

from guardrails.model.findings import Assessment, Finding
from guardrails.model.words import Severity
from guardrails.reports.safe import show
from guardrails.reports.told import control_of, is_open, remedy, request
from guardrails.version import __version__

__all__ = ["as_ocsf"]

_VERSION = "1.5.0"
_CLASS, _CREATE = 2003, 1
_FAIL, _WARNING = 3, 2
_SEVERITIES = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_NEW, _SUPPRESSED = 1, 3


def as_ocsf(assessment: Assessment) -> str:
    """All findings as events of the moment of the run."""
    return json.dumps([_event(finding, assessment) for finding in assessment.findings], indent=2, sort_keys=True) + "\n"


def _event(finding: Finding, assessment: Assessment) -> dict[str, Any]:
    difference, control = finding.difference, control_of(finding)
    moment = int(assessment.at.timestamp() * 1000)
    known = difference.known
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": moment,
        "severity_id": _SEVERITIES[finding.severity],
        "severity": finding.severity.label.capitalize(),
        "status_id": _SUPPRESSED if known else _NEW,
        "status": "Suppressed" if known else "New",
        "message": show(difference.message),
        "metadata": {
            "version": _VERSION,
            "event_code": finding.control,
            "product": {"name": "guardrails", "vendor_name": "guardrails", "version": __version__},
        },
        "finding_info": {
            "uid": finding.id,
            "title": control.title,
            "desc": show(". ".join(filter(None, (difference.message, request(finding))))),
            "created_time": moment,
            "last_seen_time": moment,
            "types": [control.kind.value],
        },
        "compliance": {
            "control": finding.control,
            "standards": ["ISO/IEC 27001:2022"],
            "requirements": [f"A.{number}" for number in control.iso.split(", ")],
            "status_id": _WARNING if is_open(finding) else _FAIL,
            "status": "Warning" if is_open(finding) else "Fail",
            "status_detail": difference.verdict.value,
        },
        "remediation": {"desc": show(remedy(finding))},
        "resources": [
            {
                "uid": difference.cause,
                "name": show(difference.subject),
                "namespace": show(difference.realm),
                "type": difference.system or "declaration",
            }
        ],
        "unmapped": {
            "owner": show(difference.owner),
            "verdict": difference.verdict.value,
            "declared_at": show(str(difference.declared_at)),
            "actual": show(difference.actual),
            "exception": show(difference.exception),
        },
    }
