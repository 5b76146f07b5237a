"""OSCAL assessment results (NIST, model version 1.1.2), for whoever collects evidence of controls.

One result: an observation for each finding, a finding for each, and a risk for what is not as declared. The identifiers are made of the ids
of findings, so the same run gives the same document. Where something could not be told the target is not satisfied.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from guardrails.model.findings import Assessment, Finding
from guardrails.reports.safe import show
from guardrails.reports.told import control_of, remedy, request
from guardrails.version import __version__

__all__ = ["as_oscal"]

_SPACE = UUID("6d1f7f0e-2a4b-5c6d-8e9f-0a1b2c3d4e5f")
_VERSION = "1.1.2"
_OPEN = "not-satisfied"


def as_oscal(assessment: Assessment) -> str:
    """The document. Without findings the result says only what was looked at."""
    at = _moment(assessment.at)
    controls = sorted({number for finding in assessment.findings for number in _numbers(finding)})
    reviewed: dict[str, Any] = {"control-selections": [{"include-all": {}}]}
    if controls:
        reviewed = {"control-selections": [{"include-controls": [{"control-id": number} for number in controls]}]}
    result: dict[str, Any] = {
        "uuid": _uuid("result", at),
        "title": "guardrails reconcile",
        "description": _summary(assessment),
        "start": min((_moment(seen.taken_at) for seen in assessment.seen), default=at),
        "end": at,
        "reviewed-controls": reviewed,
    }
    if assessment.findings:
        result |= {
            "observations": [_observation(finding, at) for finding in assessment.findings],
            "risks": [_risk(finding) for finding in assessment.findings],
            "findings": [_finding(finding) for finding in assessment.findings],
        }
    document = {
        "uuid": _uuid("assessment-results", at),
        "metadata": {"title": "guardrails", "last-modified": at, "version": __version__, "oscal-version": _VERSION},
        "import-ap": {"href": "guardrails.yaml"},
        "results": [result],
    }
    return json.dumps({"assessment-results": document}, indent=2, sort_keys=True) + "\n"


def _summary(assessment: Assessment) -> str:
    seen = ", ".join(f"{one.system} ({one.facts} facts)" for one in assessment.seen) or "nothing"
    return show(f"{assessment.verdict.value}: {len(assessment.findings)} findings; observed {seen}")


def _uuid(form: str, name: str) -> str:
    return str(uuid5(_SPACE, f"{form} {name}"))


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _numbers(finding: Finding) -> list[str]:
    """Controls of ISO/IEC 27001 as tokens: `a-5.15`."""
    return [f"a-{number}" for number in control_of(finding).iso.split(", ")]


def _properties(**values: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": show(value)} for name, value in values.items() if value.strip()]


def _observation(finding: Finding, at: str) -> dict[str, Any]:
    difference = finding.difference
    return {
        "uuid": _uuid("observation", finding.id),
        "title": control_of(finding).title,
        "description": show(". ".join(filter(None, (difference.message, request(finding))))),
        "methods": ["EXAMINE"],
        "types": ["control-objective"],
        "collected": at,
        "props": _properties(
            system=difference.system, subject=difference.subject, verdict=difference.verdict.value, actual=difference.actual
        ),
    }


def _risk(finding: Finding) -> dict[str, Any]:
    difference = finding.difference
    return {
        "uuid": _uuid("risk", finding.id),
        "title": control_of(finding).title,
        "description": show(difference.message),
        "statement": control_of(finding).why,
        "status": "deviation-approved" if difference.known else "open",
        "props": _properties(severity=finding.severity.label, owner=difference.owner, exception=difference.exception),
        "remediations": [
            {
                "uuid": _uuid("remediation", finding.id),
                "lifecycle": "recommendation",
                "title": "To do",
                "description": show(remedy(finding)),
            }
        ],
        "related-observations": [{"observation-uuid": _uuid("observation", finding.id)}],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "uuid": _uuid("finding", finding.id),
        "title": f"{finding.control} {control_of(finding).title}",
        "description": show(finding.difference.message),
        "props": _properties(id=finding.id, control=finding.control, declared_at=str(finding.difference.declared_at)),
        "target": {
            "type": "objective-id",
            "target-id": finding.control,
            "status": {"state": _OPEN, "reason": "fail" if finding.difference.verdict.value == "violation" else "other"},
        },
        "related-observations": [{"observation-uuid": _uuid("observation", finding.id)}],
        "related-risks": [{"risk-uuid": _uuid("risk", finding.id)}],
    }
