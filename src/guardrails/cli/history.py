"""`guardrails history`: which runs there were, what changed, and how old each finding is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from guardrails import declare
from guardrails.cli.host import read_host
from guardrails.cli.options import host_option, output_option
from guardrails.cli.remembered import beginning, name_of
from guardrails.errors import AuthorError, OperatorError
from guardrails.history.outbox import Outbox, Unsent
from guardrails.history.rows import Past
from guardrails.history.runs import Change, Deadlines, Kept
from guardrails.history.since import together
from guardrails.history.store import Archive, opened
from guardrails.model.declaration import Declaration
from guardrails.model.findings import ExitCode
from guardrails.reports import show

__all__ = ["command"]

_MOST_RUNS = 20
"""The last so many are shown as text; JSON has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told of one declaration; `since` is the moment that `changes` begin behind, `deadlines` are those of the declaration."""

    declaration: str
    runs: tuple[Past, ...]
    kept: dict[str, Kept]
    since: datetime
    changes: dict[Change, tuple[str, ...]]
    unsent: tuple[Unsent, ...]
    deadlines: Deadlines

    @property
    def open(self) -> tuple[Kept, ...]:
        """What is not gone, the oldest first."""
        found = (kept for kept in self.kept.values() if kept.gone_at is None)
        return tuple(sorted(found, key=lambda kept: (kept.first_seen, -kept.sighting.severity, kept.sighting.id)))

    def is_untold(self, kept: Kept) -> bool:
        """Whether the last run could not tell."""
        return kept.last_seen < self.runs[-1].at


@click.command("history")
@click.argument("declaration", type=click.Path(path_type=Path), required=False)
@host_option
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="What changed since the beginning of this date, UTC; else by the last run."
)
@output_option
def command(declaration: Path | None, *, host: Path, since: datetime | None, output: str) -> int:
    """List earlier runs of `reconcile`, what changed since, and since when each finding is so. Contacts nothing."""
    archive = read_host(host).history
    if archive is None:
        raise OperatorError(f"{host} names no history", remedy="write history: and a path that begins at the root into the host file")
    if not archive.is_begun:
        raise OperatorError(f"{archive.at}: there is no history", remedy="run guardrails reconcile with this host file; it makes one")
    with opened(archive, "") as history:
        names = history.declarations()
    found = declare.load(declaration) if declaration else None
    wanted = (name_of(archive, found),) if found else names
    if not set(wanted) <= set(names):
        raise AuthorError(f"no run of {', '.join(wanted)} is kept", remedy=f"name one of: {', '.join(names) or 'none is kept yet'}")
    now, told = datetime.now(UTC), [_told(archive, name, since, found) for name in wanted]
    if output == "json":
        click.echo(
            json.dumps({"schema": "guardrails.history/1", "declarations": [_json(one, now) for one in told]}, indent=2, sort_keys=True)
        )
    else:
        click.echo("\n".join(line for one in told for line in _text(one, now)) or "no run is kept yet")
    return ExitCode.CLEAN


def _told(archive: Archive, name: str, since: datetime | None, declaration: Declaration | None) -> _Told:
    with opened(archive, name) as history:
        runs = history.runs()
        before = runs[-2].at if runs[1:] else runs[-1].at - timedelta(microseconds=1)
        after = beginning(since) if since else before
        kept = {one.sighting.id: one for one in history.findings()}
        return _Told(
            declaration=name,
            runs=runs,
            kept=kept,
            since=after,
            changes=dict(together(history.changed(after))),
            unsent=Outbox(history.backend, name).unsent(),
            deadlines=declaration.clock.allowed if declaration else {},
        )


def _days(kept: Kept, now: datetime) -> int:
    return max(0, ((kept.gone_at or now) - kept.since).days)


def _text(told: _Told, now: datetime) -> list[str]:
    shown = told.runs[-_MOST_RUNS:]
    left = f", the last {len(shown)}" if len(shown) < len(told.runs) else ""
    lines = [f"{show(told.declaration)}: {len(told.runs)} runs{left}", *map(_run, shown)]
    counts = ", ".join(f"{len(names)} {change.value}" for change, names in told.changes.items())
    first = not told.runs[1:]
    lines.append(f"changed by the first run: {counts}" if first else f"changed after {told.since:%Y-%m-%d %H:%M} UTC: {counts}")
    lines += [f"  {change.value:9}{_finding(told.kept[name])}" for change, names in told.changes.items() for name in names]
    lines.append(f"not gone: {len(told.open)} findings")
    for kept in told.open:
        untold = f"  not told since {kept.last_seen:%Y-%m-%d %H:%M} UTC" if told.is_untold(kept) else ""
        lines.append(f"  {_days(kept, now):4} days{_finding(kept)}{_due(told, kept, now)}{untold}")
    lines += [
        f"not sent to {show(one.recipient)} since {one.made_at:%Y-%m-%d %H:%M} UTC, {one.tries} tries: {show(one.failure)}"
        for one in told.unsent
    ]
    return lines


def _due(told: _Told, kept: Kept, now: datetime) -> str:
    due = kept.due(told.deadlines)
    back = f"  back {kept.reopened} times" if kept.reopened else ""
    return f"{back}  {'OVERDUE' if due < now else 'due'} {due:%Y-%m-%d}" if due else back


def _run(past: Past) -> str:
    whole = "" if past.whole else ", not whole"
    counts = f"{past.findings} findings, {past.not_told} of them not told, {past.gaps} gaps{whole}"
    return f"  {past.at:%Y-%m-%d %H:%M} UTC  {past.verdict.value:9} exit {past.exit_code}  {counts}"


def _finding(kept: Kept) -> str:
    one = kept.sighting
    return f"  {one.control} {one.severity.label:8} {one.verdict.value:9} {show(one.subject)}  {one.id}"


def _json(told: _Told, now: datetime) -> dict[str, Any]:
    return {
        "declaration": told.declaration,
        "runs": [
            {
                "at": past.at.isoformat(),
                "evidence": past.evidence.isoformat(),
                "verdict": past.verdict.value,
                "exit_code": past.exit_code,
                "severities": dict(past.severities),
                "verdicts": dict(past.verdicts),
                "gaps": past.gaps,
                "whole": past.whole,
                "read": [{"system": system, "realm": realm} for system, realm in past.read],
                "not_seen": [{"system": system, "realm": realm} for system, realm in past.holes],
                "systems": list(past.systems),
            }
            for past in told.runs
        ],
        "since": told.since.isoformat(),
        "changes": {change.value: list(names) for change, names in told.changes.items()},
        "not_sent": [
            {"recipient": one.recipient, "made_at": one.made_at.isoformat(), "tries": one.tries, "failure": one.failure}
            for one in told.unsent
        ],
        "findings": [_finding_json(told, kept, now) for _, kept in sorted(told.kept.items())],
    }


def _finding_json(told: _Told, kept: Kept, now: datetime) -> dict[str, Any]:
    one, due = kept.sighting, kept.due(told.deadlines)
    return {
        "id": one.id,
        "control": one.control,
        "severity": one.severity.label,
        "verdict": one.verdict.value,
        "system": one.system,
        "subject": one.subject,
        "first_seen": kept.first_seen.isoformat(),
        "last_seen": kept.last_seen.isoformat(),
        "since": kept.since.isoformat(),
        "due": due.isoformat() if due else None,
        "reopened": kept.reopened,
        "owner": one.owner,
        "gone_at": kept.gone_at.isoformat() if kept.gone_at else None,
        "days": _days(kept, now),
        "not_told": kept.gone_at is None and told.is_untold(kept),
    }
