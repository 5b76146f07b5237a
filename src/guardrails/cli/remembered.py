"""Puts runs into the history of this host, and tells what earlier ones say of them. Without `history` in the host file nothing is kept."""

from __future__ import annotations

from pathlib import Path

from guardrails.cli.host import Host
from guardrails.cli.options import progress
from guardrails.history.rows import Past
from guardrails.history.runs import Changes, changes, run_of
from guardrails.history.store import History, OutOfOrder, opened
from guardrails.model.findings import Assessment
from guardrails.reports.before import NOTHING_BEFORE, Before
from guardrails.reports.trend import Earlier

__all__ = ["name_of", "remembered"]

_MOST_RUNS = 60
"""As many as a trend shows."""


def name_of(declaration: Path) -> str:
    """How the history tells declarations apart: by where they lie on this host."""
    return str(declaration.resolve())


def remembered(host: Host, declaration: Path, assessment: Assessment, why_not: str = "") -> Before:
    """Keep a run, and say what is otherwise since the one before it.

    Args:
        host: Says where the history is.
        declaration: What was judged.
        assessment: What the run says.
        why_not: Why it is not to be kept: it says nothing of what is left out of it. Then it only learns since when its findings are so.

    Raises:
        OperatorError: The history cannot be used.
    """
    if host.history is None:
        return NOTHING_BEFORE
    with opened(host.history, name_of(declaration)) as history:
        before = history.runs(_MOST_RUNS)
        told = Changes()
        if why_not:
            progress(f"{why_not}, so this run is not kept in the history")
        else:
            why_not, told = _kept(history, assessment)
        first_seen = {kept.sighting.id: kept.first_seen for kept in history.findings()}
    if why_not:
        return Before(first_seen=first_seen)
    return Before(
        earlier=tuple(map(_earlier, before)),
        first_seen=first_seen,
        since=before[-1].at if before else None,
        new=len(told.new),
        gone=len(told.gone),
        back=len(told.back),
        worsened=len(told.worsened),
        untold=len(told.untold),
    )


def _kept(history: History, assessment: Assessment) -> tuple[str, Changes]:
    """Why it could not be kept, or what it changes."""
    run = run_of(assessment)
    told = changes(history.findings(), run)
    try:
        history.add(run)
    except OutOfOrder as error:
        progress(str(error))
        return error.message, Changes()
    return "", told


def _earlier(past: Past) -> Earlier:
    return Earlier(at=past.at, verdict=past.verdict, findings=past.findings, not_told=past.not_told)
