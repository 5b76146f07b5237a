"""`guardrails seal`: a snapshot or a journal under the key that this host seals with now."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.apply.journal import opened_journal
from guardrails.apply.lease import leased
from guardrails.apply.lines import Seal, stored
from guardrails.cli.files import write_parts
from guardrails.cli.host import read_host
from guardrails.cli.kept import first_line, keep_text, kept_text, plan_of
from guardrails.cli.logged import who
from guardrails.cli.options import host_option
from guardrails.errors import AuthorError
from guardrails.model.findings import ExitCode
from guardrails.model.snapshot import load_observations
from guardrails.trust.sealed.head import Kind, is_sealed
from guardrails.trust.sealed.keys import Keys
from guardrails.trust.sealed.lines import SealedLines

__all__ = ["command"]


@click.command("seal")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@host_option
def command(file: Path, host: Path) -> int:
    """Seal a file that is in clear, or one that an older key sealed, under the key of the host file. It is replaced at once."""
    keys = read_host(host).keys
    if keys is None:
        raise AuthorError(f"{host} names no key", remedy="write it there, under seal:")
    if plan := plan_of(file):
        with leased(file.parent.parent / "lease", who()):
            _seal_journal(file, Seal(keys, plan))
    else:
        text = kept_text(file, keys if is_sealed(first_line(file)) else None)
        load_observations(text)  # what is no snapshot is not made to look like one
        keep_text(file, text, keys)
    click.echo(f"{file} is sealed under {keys.current.name}; destroy every copy that is in clear")
    return ExitCode.CLEAN


def _seal_journal(path: Path, seal: Seal) -> None:
    before = seal if is_sealed(first_line(path)) else None
    with opened_journal(path, before):  # which looks at every line
        lines = stored(path, path.read_bytes(), before).lines
    write_parts(path, _sealed(lines, seal.keys, seal.plan))


def _sealed(lines: tuple[bytes, ...], keys: Keys, plan: str) -> list[bytes]:
    opened = keys.proven(Kind.JOURNAL, plan)
    form = SealedLines(opened)
    return [opened.head.written(), *(form.sealed(number, line) for number, line in enumerate(lines))]
