"""`guardrails fmt`: one form for every declaration, comments kept."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails import declare
from guardrails.cli.files import replaced
from guardrails.cli.options import declaration_argument
from guardrails.declare.form import formatted
from guardrails.model.findings import ExitCode

__all__ = ["command"]


@click.command("fmt")
@declaration_argument
@click.option("--check", is_flag=True, help="Change nothing; exit 1 when something would change.")
def command(declaration: Path, check: bool) -> int:  # noqa: FBT001  # click passes flags so
    """Rewrite a declaration's files in one form; what they mean and their comments stay."""
    declare.load(declaration)  # what has mistakes is left as it is
    changed = []
    for path in declare.files(declaration):
        before = path.read_text(encoding="utf-8")
        after = formatted(before, str(path))
        if after != before:
            changed.append(path)
            if not check:
                replaced(path, after)
    for path in changed:
        click.echo(f"{'would change' if check else 'changed'} {path}")
    return ExitCode.FINDINGS if check and changed else ExitCode.CLEAN
