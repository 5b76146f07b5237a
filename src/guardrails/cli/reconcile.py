"""`guardrails reconcile`: what is so against what is declared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, reports, workflow
from guardrails.cli import explain
from guardrails.cli.files import write_private, write_public
from guardrails.cli.host import Host, read_host
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
from guardrails.cli.plans import ground
from guardrails.errors import GuardrailsError, OperatorError, Refused
from guardrails.model.declaration import Declaration
from guardrails.remediation import take_back_overdue

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
@selecting
def command(
    declaration: Path, *, output: str, files: tuple[str, ...], snapshot: Path | None, host: Path, at: datetime | None, **chosen: object
) -> int:
    """Read what is so, judge it against the declaration, and report. Changes nothing."""
    asked = files_of(files)
    wanted, pinned = selection(**chosen), read_host(host)  # type: ignore[arg-type]  # click gives what `selecting` asked for
    found = declare.load(declaration)
    with logged(pinned, "reconcile", {"declaration": str(declaration), "from": str(snapshot or "live")}) as told:
        problem = _overdue(found, pinned) if not snapshot and not at else None
        now = datetime.now(UTC)
        moment = found.clock.end_of(at.date()) if at else now
        approval = workflow.approval(found, pinned.anchor, found.clock.day(moment))
        seen = seen_of(found, snapshot, now)
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


def _overdue(declaration: Declaration, host: Host) -> GuardrailsError | None:
    """What should have been confirmed by now is taken back before anything is judged; what went wrong is told after the report."""
    if host.state is None or host.anchor is None or not declaration.roster:
        return None
    try:
        for line in take_back_overdue(ground(declaration, host)):
            progress(line)
    except (OperatorError, Refused) as error:
        progress(f"what should have been confirmed by now is not taken back: {error}")
        return error
    return None
