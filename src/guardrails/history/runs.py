"""What a run adds to what the runs before it found. Unknown is not gone: what a run could not see, it does not end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from guardrails.model.words import Severity, Verdict

__all__ = ["EVERYWHERE", "Change", "Changes", "Deadlines", "Kept", "Run", "Scope", "Sighting", "changes", "kept_after"]

_Counts = tuple[tuple[str, int], ...]
Scope = tuple[str, str]
"""A system and a realm of it; an empty realm is the whole system, and an empty system is everything."""
EVERYWHERE: Scope = ("", "")
Deadlines = Mapping[Severity, timedelta]
"""How long a finding may stand; a severity that is not in it has no deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One finding as one run told it. Nothing else of it is kept: no message, no witness, no policy.

    Attributes:
        known: It is a gap that the declaration accepts for a time; it has no deadline, and nobody is told of it.
        rests_on: Where it has to be looked to say that it is not so; nowhere when the declaration alone says it.
    """

    id: str
    control: str
    severity: Severity
    verdict: Verdict
    system: str
    subject: str
    owner: str = ""
    known: bool = False
    rests_on: tuple[Scope, ...] = (EVERYWHERE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One judgement of everything declared, sightings sorted by id.

    Attributes:
        at: When it judged, in UTC.
        evidence: When the oldest of what it judged was observed, in UTC.
        systems: Those that it observed, sorted.
        read: In which realms of them it read something to its end, sorted.
        holes: Where it could not see something, sorted.
        gaps: How many things it could not see.
        whole: It saw everything but accepted gaps: what a heartbeat counts from.
    """

    at: datetime
    evidence: datetime
    exit_code: int
    verdict: Verdict
    systems: tuple[str, ...]
    read: tuple[Scope, ...]
    holes: tuple[Scope, ...]
    gaps: int
    whole: bool
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
        """Whether a finding that this run does not have is surely not so any more: it looked wherever the finding rests, and saw all."""
        return not any(self._is_blind(scope) for scope in sighting.rests_on)

    def _is_blind(self, scope: Scope) -> bool:
        system, realm = scope
        if not system:
            return bool(self.holes) or not self.systems
        hidden = any(name in {"", system} and (not part or not realm or part == realm) for name, part in self.holes)
        return hidden or system not in self.systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A finding over all runs.

    Attributes:
        sighting: The last one.
        since: The run since which it is so without having been gone; the first one, unless it came back.
        gone_at: The first run that would have told it and did not.
        reopened: How often it came back.
        overdue_at: The run that told that its deadline had passed.
    """

    sighting: Sighting
    first_seen: datetime
    since: datetime
    last_seen: datetime
    gone_at: datetime | None = None
    reopened: int = 0
    overdue_at: datetime | None = None

    def due(self, deadlines: Deadlines) -> datetime | None:
        """By when it has to be gone; `None` without a deadline."""
        allowed = deadlines.get(self.sighting.severity)
        return None if allowed is None or self.sighting.known or self.gone_at is not None else self.since + allowed


class Change(Enum):
    """What a run can say of a finding beside that it is still so."""

    NEW = "new"
    GONE = "gone"
    BACK = "back"
    WORSENED = "worsened"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is otherwise since the run before, each sorted by id. `untold` was so, and this run could not tell whether it still is.

    What is `overdue` passed its deadline since the run before; it may be among the others as well.
    """

    new: tuple[Sighting, ...] = ()
    gone: tuple[Sighting, ...] = ()
    back: tuple[Sighting, ...] = ()
    worsened: tuple[Sighting, ...] = ()
    overdue: tuple[Sighting, ...] = ()
    untold: tuple[Sighting, ...] = ()

    def each(self) -> tuple[tuple[Change, Sighting], ...]:
        """All but what is untold, with its change."""
        parts = (
            (Change.NEW, self.new),
            (Change.GONE, self.gone),
            (Change.BACK, self.back),
            (Change.WORSENED, self.worsened),
            (Change.OVERDUE, self.overdue),
        )
        return tuple((change, sighting) for change, sightings in parts for sighting in sightings)


def changes(before: Iterable[Kept], now: Run, deadlines: Deadlines | None = None) -> Changes:
    """What one run changes; `before` is what all runs before it left."""
    known = {kept.sighting.id: kept for kept in before}
    present = {sighting.id for sighting in now.sightings}
    absent = [kept.sighting for _, kept in sorted(known.items()) if kept.gone_at is None and kept.sighting.id not in present]
    late = {kept.sighting.id: kept.overdue_at for kept in _after(known, now, deadlines or {}) if kept.gone_at is None}
    told = {one.id: one for one in (*(kept.sighting for kept in known.values()), *now.sightings)}
    return Changes(
        new=tuple(one for one in now.sightings if one.id not in known),
        gone=tuple(one for one in absent if now.would_tell(one)),
        back=tuple(one for one in now.sightings if one.id in known and known[one.id].gone_at is not None),
        worsened=tuple(one for one in now.sightings if one.id in known and _is_worse(known[one.id], one)),
        overdue=tuple(told[name] for name, at in sorted(late.items()) if at == now.at),
        untold=tuple(one for one in absent if not now.would_tell(one)),
    )


def kept_after(before: Iterable[Kept], now: Run, deadlines: Deadlines | None = None) -> tuple[Kept, ...]:
    """What is kept after a run, sorted by id. `first_seen` never moves, and nothing is forgotten."""
    return _after({kept.sighting.id: kept for kept in before}, now, deadlines or {})


def _after(known: Mapping[str, Kept], now: Run, deadlines: Deadlines) -> tuple[Kept, ...]:
    present = {sighting.id: _seen(known.get(sighting.id), sighting, now.at) for sighting in now.sightings}
    ended = {name for name, kept in known.items() if kept.gone_at is None and now.would_tell(kept.sighting)}
    after = {name: replace(kept, gone_at=now.at) if name in ended else kept for name, kept in known.items()}
    return tuple(_timed(kept, now.at, deadlines) for _, kept in sorted({**after, **present}.items()))


def _seen(before: Kept | None, sighting: Sighting, at: datetime) -> Kept:
    if before is None:
        return Kept(sighting=sighting, first_seen=at, since=at, last_seen=at)
    if before.gone_at is None:
        return replace(before, sighting=sighting, last_seen=at)
    return Kept(sighting=sighting, first_seen=before.first_seen, since=at, last_seen=at, reopened=before.reopened + 1)


def _timed(kept: Kept, at: datetime, deadlines: Deadlines) -> Kept:
    """Marked once when its deadline has passed, and not any more when it has another one that has not."""
    due = kept.due(deadlines)
    if due is None:
        return kept
    return replace(kept, overdue_at=(kept.overdue_at or at) if due < at else None)


def _is_worse(kept: Kept, now: Sighting) -> bool:
    """More severe, certain where it was not, or not accepted any more; what came back is told as that alone."""
    if kept.gone_at is not None:
        return False
    if kept.sighting.known and not now.known:  # nobody was told of it before
        return True
    became_certain = now.verdict is Verdict.VIOLATION and kept.sighting.verdict is not Verdict.VIOLATION
    return now.severity > kept.sighting.severity or became_certain


def _counted(words: Iterable[str]) -> _Counts:
    return tuple(sorted(Counter(words).items()))
