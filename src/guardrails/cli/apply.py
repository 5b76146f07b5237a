"""`guardrails apply`: applies a plan that enough members have signed."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.host import read_host
from guardrails.cli.logged import logged
from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import content_of, ground, plan_argument
from guardrails.model.findings import ExitCode
from guardrails.plan.document import plan_digest
from guardrails.remediation import apply_plan

__all__ = ["command"]


@click.command("apply")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Verify the plan, its signatures and everything it touches, then make its changes, or none."""
    pinned, content = read_host(host), content_of(plan)
    signatures, standing = ground(declaration, plan, pinned)
    with logged(pinned, "apply", {"plan": plan_digest(content)}):
        done = apply_plan(content, signatures, standing)
    click.echo(f"{len(done.changes)} changes of plan {done.id} applied")
    return ExitCode.CLEAN
