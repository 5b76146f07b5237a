"""`guardrails reconcile`: what is so against what is declared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, reports, workflow
from guardrails.cli import explain
from guardrails.cli.files import write_private, write_public
from guardrails.cli.host import read_host
from guardrails.cli.logged import logged
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
from guardrails.cli.standing import changed, settled
from guardrails.errors import AuthorError

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
    apply: bool,
    **chosen: object,
) -> int:
    """Read what is so, judge it against the declaration, and report. Changes nothing, but for what nobody confirmed and --apply."""
    asked = files_of(files)
    if apply and (snapshot or at):
        raise AuthorError("--apply changes what is so now", remedy="leave out --from and --at")
    wanted, pinned = selection(**chosen), read_host(host)  # type: ignore[arg-type]  # click gives what `selecting` asked for
    found = declare.load(declaration)
    with logged(pinned, "reconcile", {"declaration": str(declaration), "from": str(snapshot or "live")}) as told:
        problem = settled(found, pinned, apply=apply) if not snapshot and not at else None
        now = datetime.now(UTC)
        moment = found.clock.end_of(at.date()) if at else now
        approval = workflow.approval(found, pinned.anchor, found.clock.day(moment))
        seen = seen_of(found, snapshot, now)
        if apply and problem is None:
            again, problem = changed(found, pinned, seen, approval, wanted)
            seen = seen_of(found, snapshot, datetime.now(UTC)) if again else seen
        if not at:
            seen = workflow.aged(found, seen, now)
        else:
            taken = min(observation.taken_at for observation in seen)
            progress(f"judging the observation of {taken:%Y-%m-%d} as of {at:%Y-%m-%d}")
        assessment = workflow.assess(found, seen, moment, approval, wanted)
        told(assessment)
    for form, path in asked:
        # the collector of metrics is another user, and they name nobody
        (write_public if form == "prometheus" else write_private)(path, reports.rendered(assessment, form))
    click.echo(reports.rendered(assessment, output), nl=False)
    if problem is not None:
        raise problem
    return assessment.exit_code
