"""`guardrails rollback`: takes a plan back."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import plan_argument, run
from guardrails.remediation import roll_back_plan

__all__ = ["command"]


@click.command("rollback")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Take every change of a plan back, the last one first, where nobody else has written since."""
    return run("rollback", roll_back_plan, "taken back", plan=plan, declaration=declaration, host=host)
