"""`guardrails apply`: applies a plan that enough members have signed."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import plan_argument, run
from guardrails.remediation import apply_plan

__all__ = ["command"]


@click.command("apply")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Verify the plan, its signatures and everything it touches, then make its changes, or none."""
    return run("apply", apply_plan, "applied", plan=plan, declaration=declaration, host=host)
