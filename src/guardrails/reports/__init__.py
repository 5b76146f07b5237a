"""Assessments as text and JSON. Whatever came from a system is shown in one line, control characters spelled out."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from guardrails.controls import CONTROLS
from guardrails.model.findings import Assessment, Details, Excess, Finding, Narrowed
from guardrails.model.words import Kind

__all__ = ["as_json", "as_text", "show"]

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def show(text: str) -> str:
    """A text of foreign origin, safe for a terminal and a log: no escapes, no bidi, one line."""
    return "".join(char if unicodedata.category(char) not in _UNSAFE else f"\\u{{{ord(char):x}}}" for char in text)


def as_text(assessment: Assessment) -> str:
    """For people: the most severe first, a summary last."""
    lines = []
    titles = {control.code: control for control in CONTROLS}
    for finding in assessment.findings:
        lines += _entry(finding, titles[finding.control].title, titles[finding.control].remedy)
    for seen in assessment.seen:
        as_whom = f" as {show(seen.identity)}" if seen.identity else ""
        basis = f"; {show(seen.basis)}" if seen.basis else ""
        lines.append(f"observed {seen.system}: {seen.facts} facts by {seen.calls} calls{as_whom}{basis}")
    if assessment.adopted:
        first = min(entry.review_by for entry in assessment.adopted)
        lines.append(f"adopted and not yet reviewed: {len(assessment.adopted)} entries, the first by {first}")
    counts = Counter(finding.difference.verdict.value for finding in assessment.findings)
    told = ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "no findings"
    lines.append(f"{assessment.verdict.value}: {told}; exit {int(assessment.exit_code)}")
    return "\n".join(lines) + "\n"


_SAYS = {
    Kind.ACCESS_MISSING: "may not {action} on {resource}",
    Kind.EXPOSURE_MISSING: "does not reach {action} of {resource}",
    Kind.EXPOSURE_EXCESS: "reaches {action} of {resource}",
    Kind.EXPOSURE_UNDECLARED: "reaches {action} of {resource}",
}
_PARTS, _SHORT = 2, 300
"""How many parts of an excess, and how many characters of a policy, are shown as text."""

_OTHERWISE = "may {action} on {resource}"


def _entry(finding: Finding, title: str, remedy: str) -> list[str]:
    difference, witness = finding.difference, finding.difference.witness
    known = f" [known gap {difference.exception}]" if difference.known else ""
    said = _SAYS.get(difference.kind, _OTHERWISE).format(action=witness.action, resource=witness.resource) if witness else ""
    context = ", ".join(f"{key}={value}" for key, value in witness.context) if witness else ""
    lines = [f"{finding.control} {finding.severity.label:8} {difference.verdict.value:9} {show(difference.message)}{known}"]
    for label, value in (
        ("witness", f"{witness.principal} {said}{f' when {context}' if context else ''}" if witness else ""),
        *_told(difference.details),
        ("at", difference.actual),
        ("declared", str(difference.declared_at)),
        ("owner", difference.owner),
        ("do", difference.remedy or remedy),
        ("id", f"{finding.id}  {title}"),
    ):
        if value:
            lines.append(f"      {label:9} {show(value)}")
    return lines


def _told(details: Details) -> Iterator[tuple[str, str]]:
    """Four lines at most; the whole stands in the JSON."""
    last = details.excess[_PARTS - 1 :]
    for part in details.excess[: _PARTS - 1]:
        yield "excess", str(part)
    if last:
        yield "excess", f"{last[0]}{f'; {len(last) - 1} more parts in JSON' if last[1:] else ''}"
    yield "used", details.used
    more = f"; {len(details.narrowed) - 1} more policies in JSON" if details.narrowed[1:] else ""
    for policy in details.narrowed[:1]:
        document = policy.document if len(policy.document) <= _SHORT else "in JSON" if policy.document else ""
        yield "narrowed", f"{policy.policy}: {'; '.join(filter(None, (document, policy.note)))}{more}"


def as_json(assessment: Assessment) -> str:
    """For machines: `guardrails.report/1`, sorted keys, one document."""
    counts = Counter(finding.difference.verdict.value for finding in assessment.findings)
    document = {
        "schema": "guardrails.report/1",
        "at": assessment.at.isoformat(),
        "verdict": assessment.verdict.value,
        "exit_code": int(assessment.exit_code),
        "counts": dict(sorted(counts.items())),
        "findings": [_finding(finding, assessment) for finding in assessment.findings],
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


def _finding(finding: Finding, assessment: Assessment) -> dict[str, Any]:
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
        "message": difference.message,
        "remedy": difference.remedy or next(control.remedy for control in CONTROLS if control.code == finding.control),
        "exception": difference.exception,
        "first_seen": None,
        "last_seen": assessment.at.isoformat(),
    }


def _fields(part: Excess | Narrowed) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(part).items()}
