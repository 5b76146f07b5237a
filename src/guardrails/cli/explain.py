"""`guardrails explain`: what a code means and what to do."""

from __future__ import annotations

import click

from guardrails.controls import CONTROLS
from guardrails.errors import AuthorError
from guardrails.model.findings import ExitCode

__all__ = ["command", "told"]


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Say what a finding's code means and what to do; without a code, list them all."""
    if code is None:
        for control in CONTROLS:
            click.echo(f"{control.code} {control.severity.label:8} {control.title}")
        return ExitCode.CLEAN
    return told(code)


def told(code: str) -> int:
    """Print one control.

    Raises:
        AuthorError: There is none of that code.
    """
    for control in CONTROLS:
        if control.code == code.upper():
            click.echo(f"{control.code} {control.title} ({control.severity.label})")
            click.echo(f"  policy: {control.clause}; ISO/IEC 27001:2022 Annex A {control.iso}")
            click.echo(f"  do:     {control.remedy}")
            return ExitCode.CLEAN
    raise AuthorError(f"there is no control {code}", remedy="guardrails explain lists them")
