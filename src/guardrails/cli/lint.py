"""`guardrails lint`: every mistake of a declaration, offline."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.options import declaration_argument
from guardrails.model.findings import ExitCode

__all__ = ["command"]


@click.command("lint")
@declaration_argument
def command(declaration: Path) -> int:
    """Read a declaration and name every mistake; nothing is contacted."""
    found = declare.load(declaration)
    workflow.checked(found)
    for section, place in found.unevaluated:
        click.echo(f"{place}: {section} is declared, and nothing evaluates it yet", err=True)
    click.echo(f"{declaration}: no mistakes")
    return ExitCode.CLEAN
