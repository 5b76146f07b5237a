"""The judgement of a proposed change as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from guardrails import reports
from guardrails.model.findings import Finding
from guardrails.proposals.judgement import Judgement
from guardrails.proposals.outcome import Outcome

__all__ = ["Told", "as_json", "as_text"]


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be known of the change beside the findings."""

    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    evaluated: int
    ignored: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Told:
        """Of all parts of a change together."""
        found = tuple(outcomes)
        return cls(
            assumed=tuple(text for one in found for text in one.assumed),
            notes=tuple(text for one in found for text in one.notes),
            evaluated=sum(one.evaluated for one in found),
            ignored=sum(one.ignored for one in found),
        )


def as_text(judgement: Judgement, told: Told) -> str:
    """For a person."""
    return "\n".join(_lines(judgement, told))


def _lines(judgement: Judgement, told: Told) -> Iterator[str]:
    for one in judgement.blocking:
        found = one.finding
        yield f"{_line(found)}\n      {'blocks' if one.is_sure else 'untold':9} {reports.show(one.why)}\n      {'id':9} {found.id}"
    yield from (f"untold: {reports.show(why)}" for why in judgement.untold)
    yield from (f"there anyway: {_line(found)}" for found in judgement.earlier)
    yield from (f"would end: {_line(found)}" for found in judgement.ended)
    yield from (f"assumed: {reports.show(text)}" for text in told.assumed)
    yield from (f"note: {reports.show(text)}" for text in told.notes)
    if told.ignored:
        yield f"note: {told.evaluated} resources evaluated, {told.ignored} are about nothing that is judged"
    counts = f"{len(judgement.blocking)} new or worse, {len(judgement.earlier)} there anyway, {len(judgement.ended)} would end"
    yield f"{counts}; exit {int(judgement.exit_code)}"


def _line(finding: Finding) -> str:
    found = finding.difference
    return f"{finding.control} {finding.severity.label:8} {found.verdict.value:9} {reports.show(found.message)}"


def as_json(judgement: Judgement, told: Told) -> str:
    """For a machine: `guardrails.gate/1`."""
    document = {
        "schema": "guardrails.gate/1",
        "exit_code": int(judgement.exit_code),
        "blocking": [{**_entry(one.finding), "why": one.why, "sure": one.is_sure} for one in judgement.blocking],
        "earlier": [_entry(finding) for finding in judgement.earlier],
        "ended": [_entry(finding) for finding in judgement.ended],
        "untold": list(judgement.untold),
        "assumed": list(told.assumed),
        "notes": list(told.notes),
        "evaluated": told.evaluated,
        "ignored": told.ignored,
    }
    return json.dumps(document, indent=2, sort_keys=True)


def _entry(finding: Finding) -> dict[str, str]:
    found = finding.difference
    told = {"id": finding.id, "control": finding.control, "severity": finding.severity.label, "verdict": found.verdict.value}
    return {**told, "subject": found.subject, "message": found.message}
