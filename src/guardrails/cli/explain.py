"""`guardrails explain`: what a code means and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

import click

from guardrails.controls import CONTROLS, Control
from guardrails.errors import AuthorError
from guardrails.model.findings import ExitCode

__all__ = ["command", "told"]

_WIDTH = 100
_INDENT = " " * 13


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
            click.echo("\n".join(_lines(control)))
            return ExitCode.CLEAN
    raise AuthorError(f"there is no control {code}", remedy="guardrails explain lists them")


def _lines(control: Control) -> Iterator[str]:
    allowed, forbidden = control.allows[0], control.forbids[0]
    yield f"{control.code} {control.title} ({control.severity.label})"
    yield from _labelled("why", control.why)
    yield from _labelled("policy", f"{control.clause}; ISO/IEC 27001:2022 Annex A {control.iso}")
    yield from _labelled("do", control.remedy)
    yield from _labelled("allowed", allowed.title)
    yield from (_INDENT + line for line in allowed.declared.splitlines())
    yield from _labelled("forbidden", forbidden.title)
    if forbidden.declared != allowed.declared:
        yield from (_INDENT + line for line in forbidden.declared.splitlines())
    yield from _labelled("told", forbidden.says)


def _labelled(label: str, text: str) -> Iterator[str]:
    yield from wrap(f"  {label + ':':11}{text}", _WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)
