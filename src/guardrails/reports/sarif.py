"""SARIF 2.1.0 for code scanning (OASIS, "Static Analysis Results Interchange Format").

Code scanning shows a result at a line of a file that the repository has, so each points at the line of the declaration that it is about,
and what stands in no line at the first line of a file that does. What could not be told is a result like any other.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from guardrails.controls.control import Control
from guardrails.model.findings import Assessment, ExitCode, Finding
from guardrails.model.reference import Place
from guardrails.model.words import Severity
from guardrails.reports.safe import show
from guardrails.reports.told import control_of, remedy, request
from guardrails.version import __version__

__all__ = ["MOST_RESULTS", "as_sarif"]

MOST_RESULTS = 25_000
"""Code scanning takes no more in one run; the most severe are kept, and a notification says how many are not there."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
_SCORES = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
"""As code scanning sorts security results: above 9 critical, 7 high, 4 medium."""
_NO_FILE = "guardrails.yaml"


def as_sarif(assessment: Assessment) -> str:
    """One run."""
    kept = assessment.findings[:MOST_RESULTS]
    controls = list({finding.control: control_of(finding) for finding in kept}.values())
    places = (finding.difference.declared_at for finding in assessment.findings)
    somewhere = next((Place(place.file, 1) for place in places if place.file), Place(_NO_FILE, 1))
    index = {control.code: number for number, control in enumerate(controls)}
    driver = {"name": "guardrails", "semanticVersion": __version__, "rules": [_rule(control) for control in controls]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "guardrails/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(assessment, len(assessment.findings) - len(kept))],
        "results": [_result(finding, index[finding.control], somewhere) for finding in kept],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, sort_keys=True) + "\n"


def _rule(control: Control) -> dict[str, Any]:
    return {
        "id": control.code,
        "name": "".join(word.capitalize() for word in control.kind.value.split("-")),
        "shortDescription": {"text": control.title},
        "fullDescription": {"text": control.why},
        "help": {"text": f"{control.why}\n\n{control.remedy}."},
        "defaultConfiguration": {"level": _LEVELS[control.severity]},
        "properties": {
            "security-severity": _SCORES[control.severity],
            "tags": ["security", control.clause, *(f"ISO/IEC 27001:2022 {number}" for number in control.iso.split(", "))],
        },
    }


def _result(finding: Finding, number: int, somewhere: Place) -> dict[str, Any]:
    difference = finding.difference
    place = difference.declared_at if difference.declared_at.file else somewhere
    told = [difference.message, request(finding), f"To do: {remedy(finding)}"]
    result: dict[str, Any] = {
        "ruleId": finding.control,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": show(f"{difference.verdict.value}: {'. '.join(filter(None, told))}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.file)},
                    "region": {"startLine": max(place.line, 1), "startColumn": max(place.column, 1)},
                },
                "logicalLocations": [{"fullyQualifiedName": show(difference.subject) or finding.control, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"guardrails/v1": finding.id},
        "properties": {"verdict": difference.verdict.value, "owner": show(difference.owner), "severity": finding.severity.label},
    }
    if difference.known:
        reason = f"known gap {show(difference.exception)}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _invocation(assessment: Assessment, left_out: int) -> dict[str, Any]:
    notes = [f"not seen: {gap.system} {gap.realm} {gap.what}: {gap.message}" for gap in assessment.gaps]
    if left_out:
        notes.append(f"{left_out} findings of less severity are not in this file; the JSON report has all")
    return {
        "executionSuccessful": assessment.exit_code is not ExitCode.CANNOT_TELL,
        "exitCode": int(assessment.exit_code),
        "endTimeUtc": assessment.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": show(note)}} for note in notes],
    }
