"""`guardrails rollback`: takes a plan back."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.host import read_host
from guardrails.cli.logged import logged
from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import content_of, ground, plan_argument
from guardrails.model.findings import ExitCode
from guardrails.plan.document import plan_digest
from guardrails.remediation import roll_back_plan

__all__ = ["command"]


@click.command("rollback")
@plan_argument
@declaration_argument
@host_option
def command(plan: Path, declaration: Path, *, host: Path) -> int:
    """Take every change of a plan back, the last one first, where nobody else has written since."""
    pinned, content = read_host(host), content_of(plan)
    signatures, standing = ground(declaration, plan, pinned)
    with logged(pinned, "rollback", {"plan": plan_digest(content)}):
        done = roll_back_plan(content, signatures, standing)
    click.echo(f"{len(done.changes)} changes of plan {done.id} taken back")
    return ExitCode.CLEAN
