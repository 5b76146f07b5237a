"""Markdown for step summaries and comments of merge requests: a table, the worst first, cut where the reader would refuse it.

Foreign text is shown as text: no tags, links, mentions or columns of its own.
"""

from __future__ import annotations

import html
import re
from collections import Counter

from guardrails.model.findings import Assessment, Finding
from guardrails.reports.safe import show
from guardrails.reports.told import remedy, request, title

__all__ = ["MOST_BYTES", "as_markdown"]

MOST_BYTES = 900_000
"""GitHub takes a step summary of 1 MiB, and drops a longer one whole."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~>-])")
_MENTION = re.compile(r"([@:/.])(?=\S)")
_ZERO_WIDTH = "&#8203;"


def as_markdown(assessment: Assessment, most_bytes: int = MOST_BYTES) -> str:
    """At most so many bytes of UTF-8; what is left out is counted."""
    counts = Counter(finding.difference.verdict.value for finding in assessment.findings)
    told = ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "no findings"
    head = [f"## guardrails: {assessment.verdict.value}", "", f"{told}; judged at {assessment.at:%Y-%m-%d %H:%M:%S} UTC.", ""]
    rows = [_row(finding) for finding in assessment.findings]
    columns = ["| control | severity | verdict | what is so | to do | declared |", "|---|---|---|---|---|---|"] if rows else []
    foot = ["", *_seen(assessment)]
    room = most_bytes - sum(len(line.encode()) + 1 for line in (*head, *columns, *foot, _left(len(rows))))
    kept: list[str] = []
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        kept.append(row)
    cut = [_left(len(rows) - len(kept))] if len(kept) < len(rows) else []
    return "\n".join([*head, *columns, *kept, *cut, *foot]).rstrip() + "\n"


def _left(number: int) -> str:
    return f"\n**{number} more findings are not shown here; the JSON report has all.**"


def _row(finding: Finding) -> str:
    difference = finding.difference
    known = f" (known gap {difference.exception})" if difference.known else ""
    what = "<br>".join(_safe(text) for text in (f"{difference.message}{known}", request(finding)) if text)
    control = f"{finding.control} {_safe(title(finding))}"
    cells = (control, finding.severity.label, difference.verdict.value, what, _safe(remedy(finding)), _safe(str(difference.declared_at)))
    return f"| {' | '.join(cells)} |"


def _seen(assessment: Assessment) -> list[str]:
    return [*(f"**{_safe(trouble)}**" for trouble in assessment.troubles), *_observed(assessment)]


def _observed(assessment: Assessment) -> list[str]:
    if not assessment.seen:
        return ["Nothing was observed, and nothing evaluated never passes."]
    return [f"Observed {_safe(seen.system)} ({_safe(seen.source)}): {seen.facts} facts by {seen.calls} calls." for seen in assessment.seen]


def _safe(text: str) -> str:
    """As text: a backslash before what Markdown reads, entities for tags, and nothing that becomes a link or a mention by itself."""
    escaped = _SPECIAL.sub(r"\\\1", html.escape(show(text), quote=False).replace("&lt;", "&#60;").replace("&gt;", "&#62;"))
    escaped = escaped.replace("&\\#60;", "&#60;").replace("&\\#62;", "&#62;")
    return _MENTION.sub(rf"\1{_ZERO_WIDTH}", escaped)
