"""Puts runs into the history of this host, and tells what earlier ones say of them. Without `history` in the host file nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from guardrails.cli.host import Host
from guardrails.cli.options import progress
from guardrails.errors import OperatorError
from guardrails.history.outbox import Outbox
from guardrails.history.rows import Past
from guardrails.history.runs import Changes, Kept, Run, Sighting
from guardrails.history.since import together
from guardrails.history.store import Archive, History, OutOfOrder, damaged, opened
from guardrails.history.taking import run_of
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Assessment
from guardrails.notify.delivery import keep
from guardrails.notify.notices import missed, of_changes, read
from guardrails.reports.before import NOTHING_BEFORE, WORDS, Before, Changed, Standing
from guardrails.reports.trend import Earlier

__all__ = ["Remembered", "beginning", "is_missed", "name_of", "note_missed", "remembered"]

_MOST_RUNS = 60
"""As many as a trend shows."""
_CLOCKS = timedelta(minutes=5)
"""By how much those of two hosts that keep one history may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What became of a run: the assessment, with what could not be done; what was before; and whether it is a new whole run."""

    assessment: Assessment
    before: Before = NOTHING_BEFORE
    is_kept: bool = False
    is_whole: bool = False


def name_of(archive: Archive, declaration: Declaration) -> str:
    """How the history tells declarations apart: by the name in the host file and the environment, wherever the files lie."""
    return f"{archive.name}/{declaration.applying.environment}"


def beginning(day: datetime) -> datetime:
    """The last moment before a date, UTC: what is later is since then."""
    return day.replace(tzinfo=UTC) - timedelta(microseconds=1)


def remembered(
    host: Host, declaration: Declaration, assessment: Assessment, why_not: str = "", since: datetime | None = None
) -> Remembered:
    """Keep a run and what there is to tell of it, and say what is otherwise since the one before it, or since a moment.

    With a reason `why_not` the run is not kept, for it says nothing of what is left out of it; it only learns since when its findings are
    so. A history that cannot be used changes nothing of what was found: it is a trouble of the run, and told.
    """
    if host.history is None:
        return Remembered(assessment=assessment)
    try:
        with opened(host.history, name_of(host.history, declaration)) as history:
            run = run_of(assessment, declaration)
            past = _Past(history=history, earlier=history.runs(_MOST_RUNS), last_whole=history.last_whole())
            told, why_not = (None, why_not) if why_not else _added(history, run, declaration)
            if told is None:
                progress(f"{why_not}, so this run is not kept in the history")
                return Remembered(assessment=assessment, before=Before(standing=_standing(history.findings(), declaration)))
            late = _noted(past, declaration, run, told)
            if host.history.keep_days:
                history.forget(run.at, host.history.keep_days)
            before = _before(past, declaration, run, told, since=since, late=late)
    except OperatorError as error:
        progress(f"this run is not kept: {error}")
        return Remembered(assessment=replace(assessment, troubles=(*assessment.troubles, f"this run is not kept: {error.message}")))
    return Remembered(assessment=assessment, before=before, is_kept=True, is_whole=run.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What was there before the run was added."""

    history: History
    earlier: tuple[Past, ...]
    last_whole: Past | None


def _added(history: History, run: Run, declaration: Declaration) -> tuple[Changes | None, str]:
    """What the run changes, or why it is not kept."""
    try:
        return history.add(run, declaration.clock.allowed), ""
    except OutOfOrder as error:
        return None, error.message


def _noted(past: _Past, declaration: Declaration, run: Run, told: Changes) -> bool:
    """Keep what is to be told with the run; whether runs were missed before it."""
    keep(Outbox(past.history.backend, past.history.declaration), declaration, run.at, of_changes(told))
    late = is_missed(declaration, past.last_whole, run.evidence)
    if late:
        note_missed(past.history, declaration, past.last_whole, run.at)
    return late


def _before(past: _Past, declaration: Declaration, run: Run, told: Changes, *, since: datetime | None, late: bool) -> Before:
    findings, earlier, last = past.history.findings(), past.earlier, past.last_whole
    compared = since + timedelta(microseconds=1) if since else earlier[-1].at if earlier else None
    return Before(
        earlier=tuple(map(_earlier, earlier)),
        standing=_standing(findings, declaration),
        since=compared,
        changed=_since(past.history, findings, since, told.untold) if since else _now(told),
        last_whole=run.evidence if run.whole else last.evidence if last else None,
        missed=last.evidence if late and last else None,
    )


def is_missed(declaration: Declaration, last_whole: Past | None, at: datetime) -> bool:
    """Whether the last run that saw everything is longer ago than declared, or is yet to come, so that its age is not known."""
    return last_whole is not None and not -_CLOCKS <= at - last_whole.evidence <= declaration.clock.heartbeat


def note_missed(history: History, declaration: Declaration, last_whole: Past | None, at: datetime) -> None:
    """Let those be told who want to know, once for each time that runs were missed."""
    outbox, after = Outbox(history.backend, history.declaration), last_whole.at if last_whole else datetime.min.replace(tzinfo=UTC)
    notice = missed(last_whole.evidence if last_whole else None, at)
    with damaged(outbox.backend.name):
        noted = {one.name: {read(said).event for said in outbox.noted_since(one.name, after)} for one in declaration.notify}
    fresh = tuple(one for one in declaration.notify if notice.event not in noted[one.name])
    keep(outbox, replace(declaration, notify=fresh), at, (notice,))


def _standing(findings: Iterable[Kept], declaration: Declaration) -> Mapping[str, Standing]:
    return {
        kept.sighting.id: Standing(
            first_seen=kept.first_seen, since=kept.since, due=kept.due(declaration.clock.allowed), reopened=kept.reopened
        )
        for kept in findings
        if kept.gone_at is None
    }


def _now(told: Changes) -> Mapping[str, tuple[Changed, ...]]:
    return {word: tuple(map(_changed, getattr(told, word))) for word in WORDS}


def _since(history: History, findings: Iterable[Kept], since: datetime, untold: tuple[Sighting, ...]) -> Mapping[str, tuple[Changed, ...]]:
    known = {kept.sighting.id: kept.sighting for kept in findings}
    found = {change.value: tuple(_changed(known[name]) for name in names) for change, names in together(history.changed(since)).items()}
    return {**found, "untold": tuple(map(_changed, untold))}


def _changed(one: Sighting) -> Changed:
    return Changed(id=one.id, control=one.control, severity=one.severity, verdict=one.verdict, subject=one.subject)


def _earlier(past: Past) -> Earlier:
    return Earlier(at=past.at, verdict=past.verdict, findings=past.findings, not_told=past.not_told)
