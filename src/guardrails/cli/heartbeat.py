"""`guardrails heartbeat`: whether the last run that saw everything is recent enough. Run it by another timer than `reconcile`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from guardrails import declare
from guardrails.cli.host import read_host
from guardrails.cli.notified import notified
from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.remembered import is_missed, name_of, note_missed
from guardrails.errors import OperatorError
from guardrails.history.store import opened
from guardrails.model.findings import ExitCode

__all__ = ["command"]


@click.command("heartbeat")
@declaration_argument
@host_option
def command(declaration: Path, *, host: Path) -> int:
    """Say when the last run of `reconcile` was that saw everything. Exit 3 when that is longer ago than declared. Reads no system."""
    found, pinned, now = declare.load(declaration), read_host(host), datetime.now(UTC)
    archive = pinned.history
    if archive is None:
        raise OperatorError(f"{host} names no history", remedy="write history: and a path that begins at the root into the host file")
    if not archive.is_begun:
        raise OperatorError(f"{archive.at}: there is no history, so no run was kept", remedy="run guardrails reconcile with this host file")
    name = name_of(archive, found)
    with opened(archive, name) as history:
        last = history.last_whole()
        late = last is None or is_missed(found, last, now)
        if late:
            note_missed(history, found, last, now)
    said = f"saw everything at {last.evidence:%Y-%m-%d %H:%M} UTC, {_ago(now - last.evidence)}" if last else "never saw everything"
    told = f"{name}: {'MISSED' if late else 'alive'}: guardrails {said}; it has to within {_long(found.clock.heartbeat)}"
    click.echo(told, err=late)  # cron sends by mail what stands on stderr
    notified(pinned, found, datetime.now(UTC))
    return ExitCode.CANNOT_TELL if late else ExitCode.CLEAN


def _ago(time: timedelta) -> str:
    return f"{_long(time)} ago" if time >= timedelta(0) else f"in {_long(-time)}: a clock is or was wrong"


def _long(time: timedelta) -> str:
    hours, minutes = divmod(max(0, int(time.total_seconds())) // 60, 60)
    return f"{hours} h {minutes} min"
