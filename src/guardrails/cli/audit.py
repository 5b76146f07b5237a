"""`guardrails audit`: is the audit log whole, what stands in it, and who else has seen it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from guardrails.cli.options import progress
from guardrails.errors import AuthorError
from guardrails.model.findings import ExitCode
from guardrails.reports import show
from guardrails.trust.canonical import dump
from guardrails.trust.errors import AuditError, MalformedNote
from guardrails.trust.files import read_file
from guardrails.trust.log.audit import newest, public_key, verify
from guardrails.trust.log.disk import replace
from guardrails.trust.log.evidence import exported, taken
from guardrails.trust.log.files import CHECKPOINT
from guardrails.trust.log.note import Checkpoint, Note, Verifier, cosigned, read_note

__all__ = ["command"]

_PATH = click.Path(path_type=Path, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)
_MAX_BYTES = 2**20
_key_option = click.option(
    "--key", "key_text", metavar="NAME+HASH+KEY", help="The log's public key, kept elsewhere; key.pub when left out."
)


@click.group("audit")
def command() -> None:
    """Verify, export and witness the audit log that the host file's state folder holds."""


def _public(text: str) -> Verifier:
    try:
        return Verifier.read(text)
    except MalformedNote as error:
        raise AuthorError(error.message, remedy=error.remedy) from None


def _key(folder: Path, text: str | None) -> Verifier:
    if text:
        return _public(text)
    progress("the key is the one beside the log: its own word; give --key with the one that you kept")
    return public_key(folder)


def _note(path: Path) -> Note:
    try:
        return read_note(read_file(path, _MAX_BYTES).decode())
    except UnicodeDecodeError:
        raise AuthorError(f"{path}: not UTF-8", remedy="name a checkpoint as the log wrote it") from None


@command.command("verify")
@click.argument("log", type=_PATH)
@_key_option
@click.option("--against", type=_FILE, multiple=True, help="A checkpoint that was kept elsewhere. May be given again.")
def verified(log: Path, key_text: str | None, against: tuple[Path, ...]) -> int:
    """Read a log, or a file that `export` wrote, and say whether it is whole. Exit 8 when it is not."""
    if log.is_file():
        if not key_text:
            raise AuthorError("an export is verified with the key of its log", remedy="give --key NAME+HASH+KEY, from key.pub of the log")
        for one in taken(log.read_text(encoding="utf-8"), _public(key_text)):
            click.echo(show(f"{one.index} {dump(one.record).decode()}"))
        return ExitCode.CLEAN
    key = _key(log, key_text)
    found = verify(log, key, [_note(path) for path in against])
    click.echo(show(f"whole: {found.size} records, {found.checkpoints} checkpoints signed by {key.name}"))
    if found.unsealed:
        click.echo(f"{found.unsealed} records stand behind the newest checkpoint; the next run signs them")
    return ExitCode.CLEAN


@command.command("export")
@click.argument("log", type=_PATH)
@_key_option
@click.option("--first", type=int, default=0, help="The first index.")
@click.option("--last", type=int, default=2**62, help="The last index.")
@click.option("--event", default="", help="Only these, such as run.end.")
@click.option("--out", type=_FILE, required=True, help="The file to write.")
def export(log: Path, *, key_text: str | None, first: int, last: int, event: str, out: Path) -> int:
    """Take records out, each with the proof that it stands in the log."""
    text = exported(log, _key(log, key_text), first, last, event)
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise AuthorError(f"{out}: {error.strerror}", remedy="name a file that is not there yet, in a folder that is") from error
    click.echo(f"wrote {out}")
    return ExitCode.CLEAN


@command.command("witness")
@click.argument("log", type=_PATH)
@click.option("--key", "key_text", metavar="NAME+HASH+KEY", required=True, help="The log's public key, which the witness keeps.")
@click.option(
    "--seen", type=_FILE, required=True, help="Where the witness keeps the checkpoint that it saw last; made when it is not there."
)
@click.option("--sign", "private", type=_FILE, required=True, help="The witness's own Ed25519 key, in PEM.")
@click.option("--name", required=True, help="The witness's name, such as isg.example.")
def witness(log: Path, *, key_text: str, seen: Path, private: Path, name: str) -> int:
    """Verify the whole log against what was seen before, and add a cosignature to its newest checkpoint."""
    key = _public(key_text)
    found = verify(log, key, [_note(seen)] if seen.exists() else [])
    if found.unsealed:
        progress(f"{found.unsealed} records stand behind the checkpoint and are not witnessed")
    mine = _private(private)
    note = cosigned(newest(log), name, mine, datetime.now(UTC))
    replace(seen, note.written().encode())
    replace(log / CHECKPOINT, note.written().encode())
    click.echo(show(f"{name} has seen {Checkpoint.read(note).size} records; its public key is {Verifier.of(name, mine).written()}"))
    return ExitCode.CLEAN


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(read_file(path, _MAX_BYTES), password=None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise AuditError(
            f"{path}: this is no Ed25519 key in PEM without a passphrase", remedy="make one: openssl genpkey -algorithm ed25519"
        )
    return found
