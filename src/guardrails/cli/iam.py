"""`guardrails iam`: questions about AWS policy documents alone; nothing is contacted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import click

from guardrails.cli.options import output_option
from guardrails.errors import AuthorError
from guardrails.iam.catalogue import snapshot_date
from guardrails.iam.containment import Containment, contains
from guardrails.iam.documents import Kind
from guardrails.model.findings import ExitCode
from guardrails.reports import show

__all__ = ["command"]

_CODES = {"covered": ExitCode.CLEAN, "not-covered": ExitCode.FINDINGS, "undecided": ExitCode.CANNOT_TELL}


@click.group("iam")
def command() -> None:
    """Compare AWS policy documents. Nothing is contacted."""


@command.command("contains")
@click.argument("actual", type=click.Path(path_type=Path))
@click.argument("declared", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default="identity", help="What the documents are attached to.")
@click.option("--principal", metavar="ARN", help="Who asks, when it is known.")
@output_option
def check(actual: Path, declared: tuple[Path, ...], *, kind: str, principal: str | None, output: str) -> int:
    """Is everything that ACTUAL allows allowed by DECLARED?

    Each is a policy document in JSON; several DECLARED count as attached together. Exit 0: yes, proved for all requests. 1: no, and one
    request is shown. 3: undecided, and why.
    """
    found = contains(_read(actual), [_read(path) for path in declared], kind=kind, principal=principal)
    if output == "json":
        click.echo(json.dumps(_as_json(found), indent=2))
    else:
        names = {f"actual {kind}[0]": str(actual)} | {f"declared {kind}[{number}]": str(path) for number, path in enumerate(declared)}
        click.echo("\n".join(show(_with_files(line, names)) for line in _lines(found)))
    return _CODES[found.verdict]


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        parsed = json.loads(text)
    except OSError as error:
        raise AuthorError(f"{path}: {error.strerror}", remedy="name a policy document that can be read") from error
    except UnicodeDecodeError as error:
        raise AuthorError(f"{path}: not UTF-8: {error.reason}", remedy="save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise AuthorError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}", remedy="give a policy document in JSON") from error
    if not isinstance(parsed, dict) or "Statement" not in parsed:
        raise AuthorError(
            f"{path}: no policy document: it has no Statement", remedy="give the document itself, as in Version and Statement"
        )
    return text


def _with_files(line: str, names: Mapping[str, str]) -> str:
    """A line with the names of files in place of numbers."""
    return reduce(lambda text, name: text.replace(name, names[name]), names, line)


def _as_json(found: Containment) -> dict[str, Any]:
    witness = found.witness
    return {
        "verdict": found.verdict,
        "witness": witness
        and {
            "principal": witness.principal or None,
            "action": witness.action,
            "resource": witness.resource,
            "context": {key: list(value) if isinstance(value, tuple) else value for key, value in sorted(witness.context.items())},
        },
        "unpublished": found.unpublished,
        "reasons": list(found.reasons),
        "catalogue": snapshot_date(),
    }


def _lines(found: Containment) -> Iterator[str]:
    yield f"{found.verdict} (AWS actions as published on {snapshot_date()})"
    if found.witness:
        who = f"{found.witness.principal} may " if found.witness.principal else ""
        yield f"  allowed and not declared: {who}{found.witness.action} on {found.witness.resource}"
        for key, value in sorted(found.witness.context.items()):
            yield f"    when {key} = {value if isinstance(value, str) else ', '.join(value)}"
    if found.unpublished:
        yield "  only actions that AWS has not published are beyond what is declared; this one is made up"
    yield from (f"  {reason}" for reason in found.reasons)
