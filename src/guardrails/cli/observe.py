"""`guardrails observe`: what is so, kept for later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.host import read_host
from guardrails.cli.kept import keep_observations
from guardrails.cli.options import declaration_argument, host_option, progress
from guardrails.model.findings import ExitCode
from guardrails.reports import show
from guardrails.wrapping.choice import key_of_argument

__all__ = ["command"]


@click.command("observe")
@declaration_argument
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write, mode 0600.")
@click.option("--seal", metavar="KEY", help="file:/path of a key, or a recipient of age, in place of the key of the host file.")
@host_option
def command(declaration: Path, out: Path, seal: str | None, host: Path) -> int:
    """Read what is so and keep it, for `reconcile --from`. Changes nothing. Exit 3 when something could not be seen."""
    keys = key_of_argument(seal) if seal else read_host(host).keys
    seen = workflow.observe(declare.load(declaration), datetime.now(UTC), progress)
    keep_observations(out, seen, keys)
    if keys is None:
        progress(f"{out} is in clear: neither --seal nor the host file names a key")
    gaps = [gap for observation in seen for gap in observation.gaps]
    for gap in gaps:
        click.echo(f"not seen in {gap.system}: {show(gap.message)}", err=True)
    click.echo(f"{out}: {sum(len(o.facts) for o in seen)} facts of {len(seen)} systems, {len(gaps)} gaps")
    return ExitCode.CANNOT_TELL if gaps else ExitCode.CLEAN
