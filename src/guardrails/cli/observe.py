"""`guardrails observe`: what is so, kept for later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.files import write_private
from guardrails.cli.options import declaration_argument, progress
from guardrails.model.findings import ExitCode
from guardrails.model.snapshot import dump_observations
from guardrails.reports import show

__all__ = ["command"]


@click.command("observe")
@declaration_argument
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write, mode 0600.")
def command(declaration: Path, out: Path) -> int:
    """Read what is so and keep it, for `reconcile --from`. Changes nothing. Exit 3 when something could not be seen."""
    seen = workflow.observe(declare.load(declaration), datetime.now(UTC), progress)
    write_private(out, dump_observations(seen))
    gaps = [gap for observation in seen for gap in observation.gaps]
    for gap in gaps:
        click.echo(f"not seen in {gap.system}: {show(gap.message)}", err=True)
    click.echo(f"{out}: {sum(len(o.facts) for o in seen)} facts of {len(seen)} systems, {len(gaps)} gaps")
    return ExitCode.CANNOT_TELL if gaps else ExitCode.CLEAN
