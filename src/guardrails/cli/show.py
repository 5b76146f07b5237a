"""`guardrails show`: what a plan says. Read it before you sign."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.options import output_option, progress
from guardrails.cli.patches import write_patches
from guardrails.cli.plans import content_of, plan_argument
from guardrails.model.findings import ExitCode
from guardrails.plan.document import parse_plan, plan_digest
from guardrails.reports.plan import plan_as_json, plan_as_text

__all__ = ["command"]


@click.command("show")
@plan_argument
@click.option("--patches", type=click.Path(path_type=Path, file_okay=False), help="A folder for patches of sources, each as a file.")
@output_option
def command(plan: Path, *, patches: Path | None, output: str) -> int:
    """Say what a plan would change, what it holds back and why. Contacts nothing; exit 4 when it must not be applied."""
    content = content_of(plan)
    found, digest = parse_plan(content), plan_digest(content)
    if patches is not None:
        progress(f"{write_patches(found, patches)} patches are in {patches}")
    click.echo(plan_as_json(found, digest) if output == "json" else plan_as_text(found, digest), nl=False)
    return ExitCode.REFUSED if found.hazards else ExitCode.CLEAN
