"""Arguments that several commands share, and what they become."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from guardrails import workflow
from guardrails.cli.kept import kept_observations
from guardrails.controls import CONTROLS
from guardrails.errors import AuthorError
from guardrails.model.declaration import Declaration
from guardrails.model.findings import EVIDENCE, Selection
from guardrails.model.observation import Observation
from guardrails.model.reference import Scope
from guardrails.model.words import Severity
from guardrails.notation.shape import scope
from guardrails.reports import FORMATS
from guardrails.trust.sealed.keys import Keys

__all__ = [
    "account_of",
    "declaration_argument",
    "files_of",
    "files_option",
    "formats_option",
    "host_option",
    "output_option",
    "progress",
    "seen_of",
    "selecting",
    "selection",
    "snapshot_option",
    "system_of",
]

declaration_argument = click.argument("declaration", type=click.Path(path_type=Path))
formats_option = click.option("--output", type=click.Choice(FORMATS), default="text", help="The format of the report.")
files_option = click.option(
    "--report", "files", multiple=True, metavar="FORMAT=FILE", help="Write the report to a file as well. May be given again."
)
output_option = click.option("--output", type=click.Choice(["text", "json"]), default="text", help="The format of the report.")

host_option = click.option("--host", type=click.Path(path_type=Path), default=Path("/etc/guardrails/host.yaml"), help="The host file.")
snapshot_option = click.option(
    "--from", "snapshot", type=click.Path(path_type=Path), help="Judge what `observe --out` kept; nothing is contacted."
)

_ACCOUNT = re.compile(r"[0-9]{12}")
_Command = Callable[..., Any]


def progress(line: str) -> None:
    """Tell a person who waits; results go to stdout, this does not."""
    click.echo(line, err=True)


def selecting(command: _Command) -> _Command:
    """Add `--select`, `--ignore`, `--target` and `--fail-on`."""
    severities = click.Choice([severity.label for severity in Severity])
    for option in (
        click.option("--fail-on", type=severities, default="low", help="Exit 1 only for findings at least this severe."),
        click.option("--target", "targets", multiple=True, metavar="SYSTEM[@SET]", help="Only findings there. May be given again."),
        click.option("--ignore", metavar="CODES", default="", help="Leave these out, such as GR304,GR5. What was not seen stays."),
        click.option("--select", metavar="CODES", default="", help="Only these, such as GR3,GR401. What was not seen stays."),
    ):
        command = option(command)
    return command


def selection(select: str, ignore: str, targets: tuple[str, ...], fail_on: str) -> Selection:
    """The arguments as one value.

    Raises:
        AuthorError: A code that no control has, a target that is no scope, or an attempt to leave out what was not seen.
    """
    ignored = _codes(ignore)
    if any(code.startswith(EVIDENCE) or EVIDENCE.startswith(code) for code in ignored):
        raise AuthorError("what was not seen cannot be ignored", remedy="accept it for a time: exceptions: {NAME: {gap: ...}}")
    severity = next(severity for severity in Severity if severity.label == fail_on)
    return Selection(select=_codes(select), ignore=ignored, targets=tuple(map(_target, targets)), fail_on=severity)


def files_of(files: tuple[str, ...]) -> tuple[tuple[str, Path], ...]:
    """The reports that were asked for as files: formats and paths.

    Raises:
        AuthorError: A format that there is not, or no name of a file.
    """
    found = []
    for text in files:
        form, _, name = text.partition("=")
        if form not in FORMATS or not name:
            raise AuthorError(f"--report {text} names no format and file", remedy=f"write FORMAT=FILE with one of {', '.join(FORMATS)}")
        found.append((form, Path(name)))
    return tuple(found)


def _codes(text: str) -> tuple[str, ...]:
    codes = tuple(code.strip().upper() for code in text.split(",") if code.strip())
    for code in codes:
        if not any(control.code.startswith(code) for control in CONTROLS):
            raise AuthorError(f"no control begins with {code}", remedy="guardrails explain lists them")
    return codes


def _target(text: str) -> Scope:
    found = scope(text)
    if found is None:
        raise AuthorError(f"{text} is no target", remedy="write a system, or one of its sets: aws or aws@prod")
    return found


def seen_of(declaration: Declaration, snapshot: Path | None, now: datetime, keys: Keys | None) -> tuple[Observation, ...]:
    """What `observe --out` kept, or what is so now.

    Raises:
        SnapshotError: The file cannot be read.
        OperatorError: It is sealed and cannot be opened, or is not sealed on a host that names a key.
    """
    if snapshot is None:
        return workflow.observe(declaration, now, progress)
    return kept_observations(snapshot, keys)


def account_of(text: str) -> tuple[str, str]:
    """The account of an `--account`, behind the provider of Terraform that it is for.

    Raises:
        AuthorError: It is none.
    """
    provider, _, account = text.rpartition("=")
    if not _ACCOUNT.fullmatch(account):
        raise AuthorError(f"--account {text} names no account", remedy="write twelve digits, or PROVIDER= and twelve digits")
    return provider, account


def system_of(text: str) -> tuple[str, str]:
    """The system of a `--system`, behind the provider of Terraform that it is for."""
    provider, _, name = text.rpartition("=")
    return provider, name
