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
from guardrails.history.runs import Changes, Kept, Sighting
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

    A history that cannot be used changes nothing of what was found: it is a trouble of the run, and told.

    Args:
        host: Says where the history is.
        declaration: What was judged.
        assessment: What the run says.
        why_not: Why it is not to be kept: it says nothing of what is left out of it. Then it only learns since when its findings are so.
        since: Compare with what was so then.
    """
    if host.history is None:
        return Remembered(assessment=assessment)
    try:
        with opened(host.history, name_of(host.history, declaration)) as history:
            return _remembered(history, host.history.keep_days, declaration, assessment, why_not, since)
    except OperatorError as error:
        progress(f"this run is not kept: {error}")
        return Remembered(assessment=replace(assessment, troubles=(*assessment.troubles, f"this run is not kept: {error.message}")))


def _remembered(  # noqa: PLR0917  # one transaction
    history: History, keep_days: int, declaration: Declaration, assessment: Assessment, why_not: str, since: datetime | None
) -> Remembered:
    earlier, last_whole = history.runs(_MOST_RUNS), history.last_whole()
    run, told = run_of(assessment, declaration), Changes()
    if not why_not:
        try:
            told = history.add(run, declaration.clock.allowed)
        except OutOfOrder as error:
            why_not = error.message
    if why_not:
        progress(f"{why_not}, so this run is not kept in the history")
        return Remembered(assessment=assessment, before=Before(standing=_standing(history.findings(), declaration)))
    keep(Outbox(history.backend, history.declaration), declaration, run.at, of_changes(told))
    late = is_missed(declaration, last_whole, run.evidence)
    if late:
        note_missed(history, declaration, last_whole, run.at)
    if keep_days:
        history.forget(run.at, keep_days)
    findings = history.findings()
    before = Before(
        earlier=tuple(map(_earlier, earlier)),
        standing=_standing(findings, declaration),
        since=since + timedelta(microseconds=1) if since else earlier[-1].at if earlier else None,
        changed=_since(history, findings, since, told.untold) if since else _now(told),
        last_whole=run.evidence if run.whole else last_whole.evidence if last_whole else None,
        missed=last_whole.evidence if late and last_whole else None,
    )
    return Remembered(assessment=assessment, before=before, is_kept=True, is_whole=run.whole)


def is_missed(declaration: Declaration, last_whole: Past | None, at: datetime) -> bool:
    """Whether the last run that saw everything is longer ago than declared."""
    return last_whole is not None and at - last_whole.evidence > declaration.clock.heartbeat


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
