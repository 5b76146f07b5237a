"""Runs and findings as rows of the file, and back. Moments are texts in UTC that sort as they follow one another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guardrails.history.runs import Kept, Run, Sighting
from guardrails.model.words import Severity, Verdict

__all__ = ["Past", "digest", "kept_row", "moment", "read_kept", "read_past", "run_row"]

_Row = tuple[Any, ...]
"""As SQLite takes and gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is kept of a run itself: its findings counted by severity and by verdict, and how many things were not seen."""

    at: datetime
    evidence: datetime
    exit_code: int
    verdict: Verdict
    systems: tuple[str, ...]
    gaps: int
    severities: tuple[tuple[str, int], ...]
    verdicts: tuple[tuple[str, int], ...]

    @property
    def findings(self) -> int:
        """How many it had."""
        return sum(number for _, number in self.verdicts)

    @property
    def not_told(self) -> int:
        """How many of them were undecided or unknown."""
        return sum(number for word, number in self.verdicts if word in {Verdict.UNDECIDED.value, Verdict.UNKNOWN.value})


def moment(at: datetime) -> str:
    """All of one length: a moment without a fraction would sort behind one with it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def run_row(run: Run) -> _Row:
    """What `read_past` reads, in its order."""
    counts = (json.dumps(dict(run.severities)), json.dumps(dict(run.verdicts)))
    seen = (json.dumps(run.systems), run.gaps)
    return (moment(run.at), moment(run.evidence), run.exit_code, run.verdict.value, *seen, *counts)


def read_past(row: _Row) -> Past:
    """A run as it is kept; another error than one of SQLite where a row says what no run says."""
    at, evidence, exit_code, verdict, systems, gaps, severities, verdicts = row
    return Past(
        at=datetime.fromisoformat(at),
        evidence=datetime.fromisoformat(evidence),
        exit_code=exit_code,
        verdict=Verdict(verdict),
        systems=tuple(json.loads(systems)),
        gaps=gaps,
        severities=tuple(json.loads(severities).items()),
        verdicts=tuple(json.loads(verdicts).items()),
    )


def kept_row(kept: Kept) -> _Row:
    """Likewise, of a finding."""
    one, gone = kept.sighting, moment(kept.gone_at) if kept.gone_at else None
    told = (one.id, one.control, int(one.severity), one.verdict.value, one.system, one.subject)
    return (*told, moment(kept.first_seen), moment(kept.last_seen), gone)


def read_kept(row: _Row) -> Kept:
    """Likewise, of a finding."""
    name, control, severity, verdict, system, subject, first, last, gone = row
    return Kept(
        sighting=Sighting(id=name, control=control, severity=Severity(severity), verdict=Verdict(verdict), system=system, subject=subject),
        first_seen=datetime.fromisoformat(first),
        last_seen=datetime.fromisoformat(last),
        gone_at=datetime.fromisoformat(gone) if gone else None,
    )


def digest(run: Run) -> str:
    """Tells a run that is added again from another one of the same moment."""
    parts = [moment(run.at), moment(run.evidence), run.exit_code, run.verdict.value, run.systems, run.gaps]
    found = [[one.id, one.control, int(one.severity), one.verdict.value, one.system, one.subject] for one in run.sightings]
    return hashlib.sha256(json.dumps([parts, found]).encode()).hexdigest()
