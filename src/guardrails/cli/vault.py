"""`guardrails vault`: questions about policies of Vault and OpenBao alone, and about who can reach a path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from guardrails import declare
from guardrails.cli.host import read_host
from guardrails.cli.options import host_option, output_option, snapshot_option
from guardrails.cli.reaching import answer, exported, reached, world_of
from guardrails.errors import AuthorError
from guardrails.model.findings import ExitCode
from guardrails.reports import show
from guardrails.vault.containment import Containment
from guardrails.vault.documents import read
from guardrails.vault.hygiene import Remark, remarks
from guardrails.vault.profiles import Profile, profile
from guardrails.vault.questions import NEWEST, contains
from guardrails.vault.rules import Policy

__all__ = ["command"]

_CODES = {"covered": ExitCode.CLEAN, "not-covered": ExitCode.FINDINGS, "undecided": ExitCode.CANNOT_TELL}
_PATH = click.Path(path_type=Path)
_engine = click.option(
    "--engine", default=NEWEST, show_default=True, metavar="ENGINE-VERSION", help="Whose server: vault-1.21.0 and so on."
)


@click.group("vault")
def command() -> None:
    """Compare policies of Vault and OpenBao, and find out who can reach a path."""


@command.command("contains")
@click.argument("actual", type=_PATH)
@click.argument("declared", type=_PATH, nargs=-1, required=True)
@_engine
@output_option
def check(actual: Path, declared: tuple[Path, ...], *, engine: str, output: str) -> int:
    """Is everything that ACTUAL allows allowed by DECLARED?

    Each is a policy in HCL or JSON; several DECLARED count as held together. Exit 0: yes, proved for all requests. 1: no, and one request
    is shown. 3: undecided, and why. Nothing is contacted.
    """
    whose = profile(engine)
    found = contains(_policy(actual, whose), [_policy(path, whose) for path in declared], profile=whose, at=datetime.now(UTC))
    if output == "json":
        click.echo(json.dumps(_as_json(found, whose), indent=2))
    else:
        click.echo("\n".join(show(line) for line in _lines(found, whose)))
    return _CODES[found.verdict]


@command.command("lint")
@click.argument("policies", type=_PATH, nargs=-1, required=True)
@_engine
@output_option
def lint(policies: tuple[Path, ...], *, engine: str, output: str) -> int:
    """What in POLICIES, held together, does not do what it seems to: rules that nothing reaches, denies that fail open.

    Exit 1 when something is found. Nothing is contacted.
    """
    whose = profile(engine)
    found = remarks([_policy(path, whose, strict=True) for path in policies], whose, at=datetime.now(UTC))
    if output == "json":
        click.echo(json.dumps([_remark(one) for one in found], indent=2))
    elif found:
        click.echo("\n".join(show(str(one)) for one in found))
    return ExitCode.FINDINGS if found else ExitCode.CLEAN


@command.command("who-can")
@click.argument("operation")
@click.argument("path")
@click.argument("declaration", type=_PATH, required=False)
@snapshot_option
@host_option
@click.option("--export", type=_PATH, help="Ask a folder of exported policies and identities; no declaration is needed.")
@output_option
def who_can(
    operation: str, path: str, *, declaration: Path | None, snapshot: Path | None, export: Path | None, host: Path, output: str
) -> int:
    """Who may do OPERATION on PATH, and by which groups, policies and rules; now and at the next login.

    Exit 0 when that was told whole; 3 when something was not seen or could not be told.
    """
    if (declaration is None) == (export is None):
        raise AuthorError("it is not said which Vault to ask", remedy="name the folder of the declaration, or --export FOLDER")
    found = declare.load(declaration) if declaration else exported(export or Path())
    told, gaps = reached(world_of(found, snapshot, read_host(host).keys), operation, path)
    return answer(told, gaps, f"{operation} {path}", output)


def _policy(path: Path, engine: Profile, *, strict: bool = False) -> Policy:
    try:
        return read(path.read_text(encoding="utf-8"), profile=engine, name=str(path), strict=strict)
    except OSError as error:
        raise AuthorError(f"{path}: {error.strerror}", remedy="name a policy that can be read") from error
    except UnicodeDecodeError as error:
        raise AuthorError(f"{path}: not UTF-8: {error.reason}", remedy="save it as UTF-8") from error


def _as_json(found: Containment, engine: Profile) -> dict[str, Any]:
    witness = found.witness
    return {
        "verdict": found.verdict,
        "witness": witness
        and {
            "operation": witness.operation,
            "path": witness.path,
            "parameters": dict(witness.parameters),
            "wrap_seconds": witness.wrap_seconds,
        },
        "values": {name: value or None for name, value in found.values},
        "reasons": list(found.reasons),
        "engine": str(engine),
    }


def _lines(found: Containment, engine: Profile) -> Iterator[str]:
    yield f"{found.verdict} (as {engine} decides)"
    if found.witness:
        yield f"  allowed and not declared: {found.witness.operation} on {found.witness.path}"
        if found.witness.parameters:
            yield f"    with {json.dumps(dict(found.witness.parameters), sort_keys=True)}"
        if found.witness.wrap_seconds is not None:
            yield f"    wrapped for {found.witness.wrap_seconds} seconds"
        for name, value in found.values:
            yield f"    when {name} is {value or 'not there'}"
    yield from (f"  {reason}" for reason in found.reasons)


def _remark(one: Remark) -> dict[str, Any]:
    return {"kind": one.kind, "policy": one.policy, "path": one.path, "line": one.line, "column": one.column, "says": one.says}
