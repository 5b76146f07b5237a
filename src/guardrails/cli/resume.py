"""`guardrails resume`: goes on with a plan that was interrupted."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.host import read_host
from guardrails.cli.logged import logged
from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import content_of, ground, plan_argument
from guardrails.model.findings import ExitCode
from guardrails.plan.document import plan_digest
from guardrails.remediation import resume_plan

__all__ = ["command"]


@click.command("resume")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Go on with a plan that was interrupted, forward or back, as it was going."""
    pinned, content = read_host(host), content_of(plan)
    signatures, standing = ground(declaration, plan, pinned)
    with logged(pinned, "resume", {"plan": plan_digest(content)}):
        done = resume_plan(content, signatures, standing)
    click.echo(f"{len(done.changes)} changes of plan {done.id} gone on with")
    return ExitCode.CLEAN
