"""What a run adds to what the runs before it found. Unknown is not gone: a run that did not see everything ends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

from guardrails.model.findings import Assessment, Finding
from guardrails.model.words import Severity, Verdict

__all__ = ["Change", "Changes", "Kept", "Run", "Sighting", "changes", "kept_after", "run_of"]

_Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One finding as one run told it. Nothing else of it is kept: no message, no witness, no policy."""

    id: str
    control: str
    severity: Severity
    verdict: Verdict
    system: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One judgement of everything declared, sightings sorted by id.

    Attributes:
        at: When it judged, in UTC.
        evidence: When the oldest of what it judged was observed, in UTC.
        systems: Those that it observed, sorted.
        gaps: How many things it could not see.
    """

    at: datetime
    evidence: datetime
    exit_code: int
    verdict: Verdict
    systems: tuple[str, ...]
    gaps: int
    sightings: tuple[Sighting, ...]

    @property
    def severities(self) -> _Counts:
        """How many findings there are of each severity, by its label."""
        return _counted(sighting.severity.label for sighting in self.sightings)

    @property
    def verdicts(self) -> _Counts:
        """How many findings there are of each verdict."""
        return _counted(sighting.verdict.value for sighting in self.sightings)

    def would_tell(self, sighting: Sighting) -> bool:
        """Whether a finding that this run does not have is surely not so any more.

        A finding may rest on what several systems say (who left, whose address it is), so that a gap in one can hide it in another.
        """
        return not self.gaps and (not sighting.system or sighting.system in self.systems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A finding over all runs. `sighting` is the last one; `gone_at` is the first run that would have told it and did not."""

    sighting: Sighting
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None = None


class Change(Enum):
    """What a run can say of a finding beside that it is still so."""

    NEW = "new"
    GONE = "gone"
    BACK = "back"
    WORSENED = "worsened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is otherwise since the run before, each sorted by id. `untold` was so, and this run could not tell whether it still is."""

    new: tuple[Sighting, ...] = ()
    gone: tuple[Sighting, ...] = ()
    back: tuple[Sighting, ...] = ()
    worsened: tuple[Sighting, ...] = ()
    untold: tuple[Sighting, ...] = ()

    def each(self) -> tuple[tuple[Change, Sighting], ...]:
        """All but what is untold, with its change."""
        parts = ((Change.NEW, self.new), (Change.GONE, self.gone), (Change.BACK, self.back), (Change.WORSENED, self.worsened))
        return tuple((change, sighting) for change, sightings in parts for sighting in sightings)


def run_of(assessment: Assessment) -> Run:
    """The run behind an assessment of everything declared; one about a selection would make the rest look gone.

    An assessment without any evidence counts as one gap: what nobody looked at is not gone.
    """
    return Run(
        at=assessment.at.astimezone(UTC),
        evidence=min((seen.taken_at for seen in assessment.seen), default=assessment.at).astimezone(UTC),
        exit_code=int(assessment.exit_code),
        verdict=assessment.verdict,
        systems=tuple(sorted({seen.system for seen in assessment.seen})),
        gaps=len(assessment.gaps) if assessment.seen else max(1, len(assessment.gaps)),
        sightings=tuple(sorted(map(_sighting, assessment.findings), key=lambda sighting: sighting.id)),
    )


def changes(before: Iterable[Kept], now: Run) -> Changes:
    """What one run changes; `before` is what all runs before it left."""
    known = {kept.sighting.id: kept for kept in before}
    present = {sighting.id for sighting in now.sightings}
    absent = [kept.sighting for _, kept in sorted(known.items()) if kept.gone_at is None and kept.sighting.id not in present]
    return Changes(
        new=tuple(one for one in now.sightings if one.id not in known),
        gone=tuple(one for one in absent if now.would_tell(one)),
        back=tuple(one for one in now.sightings if one.id in known and known[one.id].gone_at is not None),
        worsened=tuple(one for one in now.sightings if one.id in known and _is_worse(known[one.id], one)),
        untold=tuple(one for one in absent if not now.would_tell(one)),
    )


def kept_after(before: Iterable[Kept], now: Run) -> tuple[Kept, ...]:
    """What is kept after a run, sorted by id. `first_seen` never moves, and nothing is forgotten."""
    known = {kept.sighting.id: kept for kept in before}
    gone = {sighting.id for sighting in changes(known.values(), now).gone}
    after = {name: replace(kept, gone_at=now.at) if name in gone else kept for name, kept in known.items()}
    for sighting in now.sightings:
        first = known[sighting.id].first_seen if sighting.id in known else now.at
        after[sighting.id] = Kept(sighting=sighting, first_seen=first, last_seen=now.at)
    return tuple(kept for _, kept in sorted(after.items()))


def _is_worse(kept: Kept, now: Sighting) -> bool:
    """More severe, or certain where it was not; what came back is told as that alone."""
    if kept.gone_at is not None:
        return False
    became_certain = now.verdict is Verdict.VIOLATION and kept.sighting.verdict is not Verdict.VIOLATION
    return now.severity > kept.sighting.severity or became_certain


def _sighting(finding: Finding) -> Sighting:
    found = finding.difference
    return Sighting(
        id=finding.id,
        control=finding.control,
        severity=finding.severity,
        verdict=found.verdict,
        system=found.system,
        subject=found.subject.encode(errors="backslashreplace").decode(),  # half a character of UTF-16 is nothing that can be kept
    )


def _counted(words: Iterable[str]) -> _Counts:
    return tuple(sorted(Counter(words).items()))
