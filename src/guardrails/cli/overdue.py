"""`guardrails overdue`: takes back what was applied with `--confirm` and not confirmed in time. For cron, each minute."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails import declare
from guardrails.cli.host import read_host
from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import ground
from guardrails.model.findings import ExitCode
from guardrails.remediation import take_back_overdue

__all__ = ["command"]


@click.command("overdue")
@declaration_argument
@host_option
def command(declaration: Path, *, host: Path) -> int:
    """Take back every plan that was applied with --confirm on this host and not confirmed in time. Exit 5 when there was one."""
    pinned = read_host(host)
    standing = ground(declare.load(declaration), pinned)
    taken = take_back_overdue(standing)  # each is in the audit log; that there was none, each minute, would only fill it
    for line in taken:
        click.echo(line)
    return ExitCode.ROLLED_BACK if taken else ExitCode.CLEAN
