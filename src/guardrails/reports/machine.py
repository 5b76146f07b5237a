"""An assessment as one JSON document; `guardrails schema --report` describes it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any

from guardrails.model.findings import Assessment, Excess, Finding, Narrowed
from guardrails.reports.before import NOTHING_BEFORE, WORDS, Before, Standing
from guardrails.reports.told import remedy

__all__ = ["as_json"]


def as_json(assessment: Assessment, before: Before = NOTHING_BEFORE) -> str:
    """For machines: `guardrails.report/1`, sorted keys, one document."""
    counts = Counter(finding.difference.verdict.value for finding in assessment.findings)
    document = {
        "schema": "guardrails.report/1",
        "at": assessment.at.isoformat(),
        "verdict": assessment.verdict.value,
        "exit_code": int(assessment.exit_code),
        "counts": dict(sorted(counts.items())),
        "troubles": list(assessment.troubles),
        "history": _history(before),
        "findings": [_finding(finding, assessment, before.standing.get(finding.id)) for finding in assessment.findings],
        "adopted": [
            {"section": entry.section, "name": entry.name, "review_by": entry.review_by.isoformat(), "declared_at": str(entry.place)}
            for entry in assessment.adopted
        ],
        "gaps": [
            {
                "system": gap.system,
                "realm": gap.realm,
                "what": gap.what,
                "reason": gap.reason.value,
                "message": gap.message,
                "rights": list(gap.rights),
            }
            for gap in assessment.gaps
        ],
        "observed": [
            {
                "system": seen.system,
                "connector": seen.connector,
                "taken_at": seen.taken_at.isoformat(),
                "source": seen.source,
                "identity": seen.identity,
                "calls": seen.calls,
                "facts": seen.facts,
                "basis": seen.basis,
                "read_whole": [
                    {"realm": reading.realm, "what": reading.what, "items": reading.items, "pages": reading.pages}
                    for reading in seen.readings
                ],
            }
            for seen in assessment.seen
        ],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _finding(finding: Finding, assessment: Assessment, standing: Standing | None) -> dict[str, Any]:
    difference = finding.difference
    witness = difference.witness
    return {
        "id": finding.id,
        "control": finding.control,
        "severity": finding.severity.label,
        "verdict": difference.verdict.value,
        "system": difference.system,
        "subject": difference.subject,
        "places": [str(place) for place in difference.places],
        "owner": difference.owner,
        "managed_by": difference.managed_by,
        "declared_at": str(difference.declared_at),
        "actual": difference.actual,
        "witness": {
            "principal": witness.principal,
            "action": witness.action,
            "resource": witness.resource,
            "context": dict(witness.context),
        }
        if witness
        else None,
        "excess": [_fields(part) for part in difference.details.excess],
        "narrowed": [_fields(policy) for policy in difference.details.narrowed],
        "used": difference.details.used,
        "uses": [{"name": use.name, "at": use.at.isoformat() if use.at else None} for use in difference.details.uses],
        "message": difference.message,
        "remedy": remedy(finding),
        "exception": difference.exception,
        "first_seen": standing.first_seen.isoformat() if standing else None,
        "last_seen": assessment.at.isoformat(),
        "since": standing.since.isoformat() if standing else None,
        "due": _moment(standing.due if standing else None),
        "overdue": standing is not None and standing.is_overdue(assessment.at),
        "reopened": standing.reopened if standing else 0,
    }


def _history(before: Before) -> dict[str, Any] | None:
    """What changed, with what each finding was: one that is gone stands nowhere else."""
    if before == NOTHING_BEFORE:
        return None
    return {
        "since": _moment(before.since),
        "last_whole": _moment(before.last_whole),
        "missed_since": _moment(before.missed),
        "changes": {
            word: [
                {"id": one.id, "control": one.control, "severity": one.severity.label, "verdict": one.verdict.value, "subject": one.subject}
                for one in before.changed.get(word, ())
            ]
            for word in WORDS
        },
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _fields(part: Excess | Narrowed) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(part).items() if name != "kept"}
