"""`guardrails show`: what a plan says. Read it before you sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import click

from guardrails.cli.options import progress
from guardrails.cli.patches import write_patches
from guardrails.cli.plans import content_of, plan_argument
from guardrails.model.changes import Plan
from guardrails.model.findings import ExitCode
from guardrails.plan.document import parse_plan, plan_digest
from guardrails.reports.plan import plan_as_json, plan_as_text
from guardrails.reports.plan_page import plan_as_html

__all__ = ["command"]

_FORMS: Mapping[str, Callable[[Plan, str], str]] = MappingProxyType({"text": plan_as_text, "json": plan_as_json, "html": plan_as_html})


@click.command("show")
@plan_argument
@click.option("--patches", type=click.Path(path_type=Path, file_okay=False), help="A folder for patches of sources, each as a file.")
@click.option(
    "--output", type=click.Choice(tuple(_FORMS)), default="text", help="The format; html is a page with every step of every copy."
)
def command(plan: Path, *, patches: Path | None, output: str) -> int:
    """Say what a plan would change, what it holds back and why. Contacts nothing; exit 4 when it must not be applied."""
    content = content_of(plan)
    found, digest = parse_plan(content), plan_digest(content)
    if patches is not None:
        progress(f"{write_patches(found, patches)} patches are in {patches}")
    click.echo(_FORMS[output](found, digest), nl=False)
    return ExitCode.REFUSED if found.hazards else ExitCode.CLEAN
