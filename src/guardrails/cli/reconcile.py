"""`guardrails reconcile`: what is so against what is declared."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, reports, workflow
from guardrails.cli import explain
from guardrails.cli.files import write_private, write_public
from guardrails.cli.host import read_host
from guardrails.cli.logged import AUDIT, logged
from guardrails.cli.notified import notified
from guardrails.cli.options import (
    declaration_argument,
    files_of,
    files_option,
    formats_option,
    host_option,
    progress,
    seen_of,
    selecting,
    selection,
    snapshot_option,
)
from guardrails.cli.remembered import Remembered, beginning, remembered
from guardrails.cli.standing import changed, settled
from guardrails.errors import AuthorError
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Selection
from guardrails.model.observation import Observation

__all__ = ["command"]


def _explained(context: click.Context, _parameter: click.Parameter, code: str | None) -> None:
    if code:
        context.exit(explain.told(code))


@click.command("reconcile")
@declaration_argument
@formats_option
@files_option
@snapshot_option
@host_option
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Judge as of the end of this date.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Tell what changed since the beginning of this date, UTC; else since the last run."
)
@click.option(
    "--explain", "code", metavar="CODE", is_eager=True, expose_value=False, callback=_explained, help="What a code means; no run."
)
@click.option("--apply", is_flag=True, help="First change what the standing approval names; all else waits for signatures.")
@selecting
def command(
    declaration: Path,
    *,
    output: str,
    files: tuple[str, ...],
    snapshot: Path | None,
    host: Path,
    at: datetime | None,
    since: datetime | None,
    apply: bool,
    **chosen: object,
) -> int:
    """Read what is so, judge it against the declaration, and report. Changes nothing, but for what nobody confirmed and --apply."""
    asked = files_of(files)
    if apply and (snapshot or at):
        raise AuthorError("--apply changes what is so now", remedy="leave out --from and --at")
    wanted, pinned = selection(**chosen), read_host(host)  # type: ignore[arg-type]  # click gives what `selecting` asked for
    why_not = _why_not_kept(at, wanted)
    if since and (pinned.history is None or why_not):
        raise AuthorError(f"--since compares runs, and {why_not or f'{host} names no history'}", remedy="leave it out")
    found = declare.load(declaration)
    with logged(pinned, "reconcile", {"declaration": str(declaration), "from": str(snapshot or "live")}) as told:
        problem = settled(found, pinned, apply=apply) if not snapshot and not at else None
        now = datetime.now(UTC)
        moment = found.clock.end_of(at.date()) if at else now
        approval = workflow.approval(found, pinned.anchor, found.clock.day(moment))
        seen = seen_of(found, snapshot, now, pinned.keys)
        if apply and problem is None:
            again, problem = changed(found, pinned, seen, approval, wanted)
            seen = seen_of(found, snapshot, datetime.now(UTC), pinned.keys) if again else seen
        log = pinned.state / AUDIT if pinned.state else None
        known = workflow.changes(found, pinned.anchor, found.clock.day(moment), log)
        assessment = workflow.assess(found, _timely(found, seen, now, at), moment, approval, wanted, changes=known)
        kept = remembered(pinned, found, assessment, why_not, beginning(since) if since else None)
        told(kept.assessment)
    _report(kept, asked, output)
    if not kept.assessment.troubles:
        notified(pinned, found, datetime.now(UTC), is_whole=kept.is_whole)
    if problem is not None:
        raise problem
    return kept.assessment.exit_code


def _timely(found: Declaration, seen: tuple[Observation, ...], now: datetime, at: datetime | None) -> tuple[Observation, ...]:
    """What is judged; with a gap where it is too old to judge by today."""
    if not at:
        return workflow.aged(found, seen, now)
    taken = min(observation.taken_at for observation in seen)
    progress(f"judging the observation of {taken:%Y-%m-%d} as of {at:%Y-%m-%d}")
    return seen


def _report(kept: Remembered, asked: Iterable[tuple[str, Path]], output: str) -> None:
    for form, path in asked:
        # the collector of metrics is another user, and they name nobody
        (write_public if form == "prometheus" else write_private)(path, reports.rendered(kept.assessment, form, kept.before))
    click.echo(reports.rendered(kept.assessment, output, kept.before), nl=False)


def _why_not_kept(at: datetime | None, wanted: Selection) -> str:
    """What was left out on purpose would look gone, and another day is not now."""
    if at:
        return "it judges as of another day"
    return "only a selection is told" if wanted.select or wanted.ignore or wanted.targets else ""
