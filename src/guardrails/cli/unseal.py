"""`guardrails unseal`: what a sealed file holds, for a person or a pipe."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.apply.lines import Seal, stored
from guardrails.cli.host import read_host
from guardrails.cli.kept import kept_text, plan_of
from guardrails.cli.options import host_option
from guardrails.errors import AuthorError
from guardrails.model.findings import ExitCode
from guardrails.trust.files import opened_own

__all__ = ["command"]


@click.command("unseal")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@host_option
def command(file: Path, host: Path) -> int:
    """Print what a sealed snapshot or journal holds. It writes no file: where the content may lie in clear is yours to decide."""
    keys = read_host(host).keys
    if keys is None:
        raise AuthorError(f"{host} names no key", remedy="write it there, under seal:")
    if plan := plan_of(file):
        with opened_own(file) as stream:
            lines = stored(file, stream.read(), Seal(keys, plan)).lines
        click.echo(b"".join(line + b"\n" for line in lines), nl=False)
    else:
        click.echo(kept_text(file, keys), nl=False)
    return ExitCode.CLEAN
