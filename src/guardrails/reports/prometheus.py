"""Metrics for the textfile collector of the node exporter (Prometheus text format 0.0.4).

`guardrails_last_run_timestamp_seconds` is the heartbeat: alert when it is older than two runs. A file that is not written anew looks alive
to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from guardrails.model.findings import Assessment, Finding
from guardrails.reports.safe import show

__all__ = ["as_prometheus"]

_Labels = tuple[tuple[str, str], ...]


def as_prometheus(assessment: Assessment) -> str:
    """Gauges, sorted; a run without findings has no `guardrails_findings` but a `guardrails_exit_code` of 0."""
    findings: Counter[_Labels] = Counter(map(_labels, assessment.findings))
    gaps: Counter[_Labels] = Counter((("reason", gap.reason.value), ("system", gap.system), ("what", gap.what)) for gap in assessment.gaps)
    by_system = {seen.system: seen for seen in assessment.seen}
    lines = [
        *_gauge("exit_code", "What the run says: 0 clean, 1 findings, 3 cannot tell.", {(): int(assessment.exit_code)}),
        *_gauge("last_run_timestamp_seconds", "When the run judged.", {(): int(assessment.at.timestamp())}),
        *_gauge("findings", "Findings of the run.", findings),
        *_gauge("gaps", "What was not seen.", gaps),
        *_gauge("facts", "Facts that were read.", {(("system", name),): seen.facts for name, seen in by_system.items()}),
        *_gauge("calls", "Requests that it took.", {(("system", name),): seen.calls for name, seen in by_system.items()}),
        *_gauge(
            "observation_timestamp_seconds",
            "When it was read.",
            {(("system", name),): int(seen.taken_at.timestamp()) for name, seen in by_system.items()},
        ),
        *_gauge("adopted_entries", "Entries that were adopted and nobody has reviewed.", {(): len(assessment.adopted)}),
    ]
    return "\n".join(lines) + "\n"


def _labels(finding: Finding) -> _Labels:
    difference = finding.difference
    known = "true" if difference.known else "false"
    return (
        ("control", finding.control),
        ("known", known),
        ("severity", finding.severity.label),
        ("system", difference.system),
        ("verdict", difference.verdict.value),
    )


def _gauge(name: str, says: str, values: Mapping[_Labels, int]) -> Iterable[str]:
    yield f"# HELP guardrails_{name} {says}"
    yield f"# TYPE guardrails_{name} gauge"
    for labels, value in sorted(values.items()):
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        yield f"guardrails_{name}{{{told}}} {value}" if told else f"guardrails_{name} {value}"


def _escaped(text: str) -> str:
    return show(text).replace("\\", "\\\\").replace('"', '\\"')
