"""Metrics for the textfile collector of the node exporter (Prometheus text format 0.0.4).

`guardrails_last_run_timestamp_seconds` is the heartbeat: alert when it is older than two runs. A file that is not written anew looks alive
to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from guardrails.model.findings import Assessment, Finding
from guardrails.reports.before import NOTHING_BEFORE, Before
from guardrails.reports.safe import show

__all__ = ["as_prometheus"]

_Labels = tuple[tuple[str, str], ...]


def as_prometheus(assessment: Assessment, before: Before = NOTHING_BEFORE) -> str:
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
        *_past(assessment, before),
        *_gauge("adopted_entries", "Entries that were adopted and nobody has reviewed.", {(): len(assessment.adopted)}),
    ]
    return "\n".join(lines) + "\n"


def _past(assessment: Assessment, before: Before) -> Iterator[str]:
    """Only where a history is kept: a number that nobody knows is not 0."""
    yield from _gauge("troubles", "What the run should have done beside judging and could not.", {(): len(assessment.troubles)})
    if before.last_whole is not None:
        whole = int(before.last_whole.timestamp())
        yield from _gauge("last_whole_run_timestamp_seconds", "When everything was last seen; the heartbeat.", {(): whole})
    if before.standing:
        late: Counter[_Labels] = Counter(
            (("severity", finding.severity.label),)
            for finding in assessment.findings
            if (standing := before.standing.get(finding.id)) and standing.is_overdue(assessment.at)
        )
        yield from _gauge("overdue_findings", "Findings whose deadline has passed.", late)
    if before.since is not None:
        counts: dict[_Labels, int] = {(("change", word),): len(found) for word, found in before.changed.items()}
        yield from _gauge("changed_findings", "Findings that are otherwise than in the run before.", counts)


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
