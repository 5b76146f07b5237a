"""`guardrails connectors`: which systems can be read, whether the declared ones can be read now, and with which rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from guardrails import declare, workflow
from guardrails.cli.options import declaration_argument, output_option, progress
from guardrails.connectors.discovery import find, names
from guardrails.errors import AuthorError, OperatorError
from guardrails.model.declaration import System
from guardrails.model.facts import Gap
from guardrails.model.findings import ExitCode
from guardrails.model.observation import Observation
from guardrails.reports import show

__all__ = ["command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """One system as it could be read; without an observation when it could not be used at all."""

    system: System
    failed: str = ""
    seen: Observation | None = None
    surplus: tuple[str, ...] = ()

    @property
    def asked(self) -> frozenset[str]:
        """Rights that reading takes."""
        return frozenset(right.name for right in self.seen.rights) if self.seen else frozenset()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not seen."""
        return self.seen.gaps if self.seen else ()

    @property
    def missing(self) -> dict[str, list[Gap]]:
        """Rights that are lacking, by name, with what each hides."""
        found: dict[str, list[Gap]] = {}
        for hidden in self.gaps:
            for right in hidden.rights:
                found.setdefault(right, []).append(hidden)
        return dict(sorted(found.items()))


@click.group("connectors")
def command() -> None:
    """List the connectors, or check that each declared system can be read."""


@command.command("list")
def listed() -> int:
    """Name the installed connectors."""
    for name in names():
        click.echo(name)
    return ExitCode.CLEAN


@command.command("check")
@declaration_argument
@click.option("--system", "only", metavar="NAME", multiple=True, help="Only this system. May be given again.")
@click.option("--policy", is_flag=True, help="Print the least policy for the reader of each system, and nothing else.")
@output_option
def check(declaration: Path, only: tuple[str, ...], *, policy: bool, output: str) -> int:
    """Read each declared system once; say as whom, how much, which rights are missing and what else is not seen. Exit 3 for any of it."""
    found = declare.load(declaration)
    workflow.checked(found)
    if unknown := set(only) - {system.name for system in found.systems}:
        raise AuthorError(f"there is no system {', '.join(sorted(unknown))}", remedy="name one that systems: declares")
    told = [_checked(system) for system in found.systems if not only or system.name in only]
    if policy:
        _policies(told)
    elif output == "json":
        click.echo(json.dumps({"schema": "guardrails.check/1", "systems": list(map(_encoded, told))}, indent=2, sort_keys=True))
    else:
        click.echo("\n".join(show(line) for one in told for line in _lines(one)))
    return ExitCode.CANNOT_TELL if any(one.failed or one.gaps for one in told) else ExitCode.CLEAN


def _checked(system: System) -> _Checked:
    try:
        observer, seen = workflow.read(system, datetime.now(UTC))
        return _Checked(system=system, seen=seen, surplus=observer.surplus())
    except OperatorError as error:
        return _Checked(system=system, failed=str(error))


def _policies(told: list[_Checked]) -> None:
    """Policies on stdout, so that they can be redirected; whose they are on stderr."""
    for one in told:
        if one.seen is None:
            progress(f"{one.system.name}: {show(one.failed)}")
        elif not one.asked:
            progress(f"{one.system.name}: nothing was asked for ({show(one.seen.source)})")
        else:
            progress(f"{one.system.name}: for {show(one.seen.identity) or 'its reader'}")
            click.echo(find(one.system.connector).reader_policy(one.asked | one.missing.keys(), one.seen.identity), nl=False)


def _lines(one: _Checked) -> Iterator[str]:
    if one.seen is None:
        yield f"{one.system.name}: cannot be used: {one.failed}"
        return
    whom = f" as {one.seen.identity}" if one.seen.identity else ""
    source = "" if one.seen.source == "live" else f" ({one.seen.source})"
    yield f"{one.system.name}{source}: {len(one.seen.facts)} facts by {one.seen.calls} calls{whom}, {len(one.gaps)} gaps"
    if one.asked:
        yield f"  rights: {len(one.asked - one.missing.keys())} of {len(one.asked | one.missing.keys())}"
    for right, gaps in one.missing.items():
        yield from (f"  missing {right}{_where(gap)}: hides {_said(gap)}" for gap in gaps)
    yield from (f"  gap{_where(gap)}: {_said(gap)}" for gap in one.gaps if not gap.rights)
    yield from (f"  this reader can also write: {path}" for path in one.surplus)


def _where(gap: Gap) -> str:
    return f" in {gap.realm}" if gap.realm else ""


def _said(gap: Gap) -> str:
    return f"{gap.what} ({gap.reason.value}): {gap.message}{f' - {gap.remedy}' if gap.remedy else ''}"


def _encoded(one: _Checked) -> dict[str, Any]:
    seen = one.seen
    return {
        "system": one.system.name,
        "connector": one.system.connector,
        "failed": one.failed,
        "identity": seen.identity if seen else "",
        "source": seen.source if seen else "",
        "calls": seen.calls if seen else 0,
        "facts": len(seen.facts) if seen else 0,
        "rights": [{"right": right.name, "made": right.made, "refused": right.refused} for right in seen.rights] if seen else [],
        "missing": sorted(one.missing),
        "gaps": [
            {"realm": gap.realm, "what": gap.what, "reason": gap.reason.value, "message": gap.message, "rights": list(gap.rights)}
            for gap in one.gaps
        ],
        "surplus": list(one.surplus),
    }
