"""`guardrails connectors`: which systems can be read, and whether the declared ones can be read now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.options import declaration_argument
from guardrails.connectors.discovery import names
from guardrails.errors import OperatorError
from guardrails.model.findings import ExitCode
from guardrails.reports import show

__all__ = ["command"]


@click.group("connectors")
def command() -> None:
    """List the connectors, or check that each declared system can be read."""


@command.command("list")
def listed() -> int:
    """Name the installed connectors."""
    for name in names():
        click.echo(name)
    return ExitCode.CLEAN


@command.command("check")
@declaration_argument
def check(declaration: Path) -> int:
    """Read each declared system once and say as whom, how much and what not. Exit 3 when one cannot be read whole."""
    found = declare.load(declaration)
    workflow.checked(found)
    code = ExitCode.CLEAN
    for system in found.systems:
        try:
            (seen,) = workflow.observe_some(found, (system.name,), datetime.now(UTC))
        except OperatorError as error:
            click.echo(f"{system.name}: {error}")
            code = ExitCode.CANNOT_TELL
            continue
        whom = f" as {show(seen.identity)}" if seen.identity else ""
        click.echo(f"{system.name}: {len(seen.facts)} facts by {seen.calls} calls{whom}, {len(seen.gaps)} gaps")
        for gap in seen.gaps:
            click.echo(f"  {gap.what} ({gap.reason.value}): {show(gap.message)}{f' - {gap.remedy}' if gap.remedy else ''}")
            code = ExitCode.CANNOT_TELL
    return code
