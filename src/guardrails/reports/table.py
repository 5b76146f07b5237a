"""CSV for spreadsheets (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe, so that it is a text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from guardrails.model.findings import Assessment, Finding
from guardrails.reports.safe import show
from guardrails.reports.told import remedy, request, title

__all__ = ["COLUMNS", "as_csv"]

COLUMNS = (
    "id", "control", "title", "severity", "verdict", "system", "realm", "subject", "message", "witness", "places", "owner", "managed_by",
    "declared_at", "actual", "remedy", "exception", "known",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")
"""Beginnings that spreadsheets or what they hand on take for formulas or commands."""


def as_csv(assessment: Assessment) -> str:
    """A line for each finding under one line of names, in UTF-8; control characters are spelled out."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in assessment.findings:
        writer.writerow([_cell(value) for value in _values(finding)])
    return text.getvalue()


def _values(finding: Finding) -> Iterator[str]:
    difference = finding.difference
    yield from (finding.id, finding.control, title(finding), finding.severity.label, difference.verdict.value)
    yield from (difference.system, difference.realm, difference.subject, difference.message, request(finding))
    yield from (" ".join(map(str, difference.places)), difference.owner, difference.managed_by, str(difference.declared_at))
    yield from (difference.actual, remedy(finding), difference.exception, "yes" if difference.known else "")


def _cell(value: str) -> str:
    shown = show(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
