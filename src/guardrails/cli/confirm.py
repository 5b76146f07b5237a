"""`guardrails confirm`: what was applied with `--confirm` stays."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import plan_argument, run
from guardrails.remediation import confirm_plan

__all__ = ["command"]


@click.command("confirm")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Let the changes of a plan stay that was applied with --confirm. Too late, and they are taken back."""
    return run("confirm", confirm_plan, "confirmed", plan=plan, declaration=declaration, host=host)
