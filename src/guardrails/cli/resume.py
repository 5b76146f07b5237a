"""`guardrails resume`: goes on with a plan that was interrupted."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import plan_argument, run
from guardrails.remediation import resume_plan

__all__ = ["command"]


@click.command("resume")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Go on with a plan that was interrupted, forward or back, as it was going."""
    return run("resume", resume_plan, "gone on with", plan=plan, declaration=declaration, host=host)
