"""Runs and findings as rows of a table, and back. Moments are texts in UTC that sort as they follow one another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from guardrails.history.backend import Row
from guardrails.history.runs import Kept, Run, Scope, Sighting
from guardrails.model.words import Severity, Verdict

__all__ = ["Past", "digest", "kept_row", "moment", "read_kept", "read_past", "run_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is kept of a run itself: its findings counted by severity and by verdict, and where something was not seen."""

    at: datetime
    evidence: datetime
    exit_code: int
    verdict: Verdict
    systems: tuple[str, ...]
    read: tuple[Scope, ...]
    holes: tuple[Scope, ...]
    gaps: int
    whole: bool
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


def run_row(run: Run) -> Row:
    """What `read_past` reads, in its order."""
    counts = (json.dumps(dict(run.severities)), json.dumps(dict(run.verdicts)))
    seen = (json.dumps(run.systems), json.dumps(run.read), json.dumps(run.holes), run.gaps, int(run.whole))
    return (moment(run.at), moment(run.evidence), run.exit_code, run.verdict.value, *seen, *counts)


def read_past(row: Row) -> Past:
    """A run as it is kept; an error where a row says what no run says."""
    at, evidence, exit_code, verdict, systems, read, holes, gaps, whole, severities, verdicts = row
    return Past(
        at=datetime.fromisoformat(at),
        evidence=datetime.fromisoformat(evidence),
        exit_code=exit_code,
        verdict=Verdict(verdict),
        systems=tuple(json.loads(systems)),
        read=_scopes(read),
        holes=_scopes(holes),
        gaps=gaps,
        whole=bool(whole),
        severities=tuple(json.loads(severities).items()),
        verdicts=tuple(json.loads(verdicts).items()),
    )


def kept_row(kept: Kept) -> Row:
    """Likewise, of a finding."""
    one = kept.sighting
    told = (one.id, one.control, int(one.severity), one.verdict.value, one.system, one.subject, one.owner, int(one.known))
    moments = (moment(kept.first_seen), moment(kept.since), moment(kept.last_seen), _perhaps(kept.gone_at))
    return (*told, json.dumps(one.rests_on), *moments, kept.reopened, _perhaps(kept.overdue_at))


def read_kept(row: Row) -> Kept:
    """Likewise, of a finding."""
    name, control, severity, verdict, system, subject, owner, known, rests_on, first, since, last, gone, reopened, overdue = row
    return Kept(
        sighting=Sighting(
            id=name,
            control=control,
            severity=Severity(severity),
            verdict=Verdict(verdict),
            system=system,
            subject=subject,
            owner=owner,
            known=bool(known),
            rests_on=_scopes(rests_on),
        ),
        first_seen=datetime.fromisoformat(first),
        since=datetime.fromisoformat(since),
        last_seen=datetime.fromisoformat(last),
        gone_at=datetime.fromisoformat(gone) if gone else None,
        reopened=reopened,
        overdue_at=datetime.fromisoformat(overdue) if overdue else None,
    )


def digest(run: Run) -> str:
    """Tells a run that is added again from another one of the same moment."""
    found = [[one.id, one.control, int(one.severity), one.verdict.value, one.system, one.subject, one.known] for one in run.sightings]
    return hashlib.sha256(json.dumps([run_row(run), found]).encode()).hexdigest()


def _perhaps(at: datetime | None) -> str | None:
    return moment(at) if at else None


def _scopes(text: str) -> tuple[Scope, ...]:
    return tuple((str(system), str(realm)) for system, realm in json.loads(text))
