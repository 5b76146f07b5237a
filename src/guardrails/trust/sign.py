"""Writes records and has `ssh-keygen` sign them; the only place where a private key is spoken of, and it is never read here."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, TypeAlias

from guardrails.trust.approval import plan_namespace
from guardrails.trust.chain import MAX_ROSTER_BYTES
from guardrails.trust.decisions import MAX_RECORD_BYTES
from guardrails.trust.errors import BadSignature, RecordError, SigningError
from guardrails.trust.files import publish, read_file
from guardrails.trust.records import RECORD_NAMESPACE, Record, parse_record, record_bytes
from guardrails.trust.roster import MEMBER_ID, ROSTER_NAMESPACE, Roster, parse_roster
from guardrails.trust.sshsig import signing_key, verify

__all__ = ["Signer", "new_record", "sign_plan", "sign_record", "sign_roster", "sign_verdict"]

Signer: TypeAlias = str | Roster
"""Who signs: the id of a member, or the roster that says whose key it is."""

_PROGRAM: Final = "ssh-keygen"


def new_record(folder: Path, record: Record) -> Path:
    """Write the canonical bytes of a record that nobody has signed yet, whole or not at all.

    Raises:
        RecordError: The record is not well formed.
        SigningError: A record of that id is already there, or the folder cannot be written.
    """
    path = folder / f"{record.id}.json"
    content = record_bytes(record)
    _publish(path, content, "choose the next free id; a signed record is never changed")
    return path


def sign_record(path: Path, key_path: Path, signer: Signer) -> Path:
    """Have `ssh-keygen` sign a record, and put the signature beside it as `<record>.<member>.sig`.

    `ssh-keygen` asks on the terminal for a passphrase, PIN or touch. The bytes signed are those that were read and found well formed.

    Args:
        path: The record's file.
        key_path: The member's private key, or the public one when the private half is in an agent or a token.
        signer: The member's id, or the roster on which the key is looked up.

    Raises:
        RecordError: The record is not well formed, so signing it would mean nothing.
        UnreadableFile: It cannot be read.
        SigningError: There is no signature, it would not count, or one of that name is already there.
    """
    content = read_file(path, MAX_RECORD_BYTES)
    record = parse_record(content)
    if path.name != f"{record.id}.json":
        raise RecordError((f"{path.name} holds {record.id}, and would be refused under this name",))
    return _sign(path, content, key_path, signer, RECORD_NAMESPACE, excluded=record.by)


def sign_roster(path: Path, key_path: Path, signer: Signer) -> Path:
    """Like `sign_record`, for the next version of the roster.

    Raises:
        RosterError: The roster is not well formed.
        UnreadableFile: It cannot be read.
        SigningError: There is no signature, it would not count, or one of that name is already there.
    """
    content = read_file(path, MAX_ROSTER_BYTES)
    parse_roster(content)
    return _sign(path, content, key_path, signer, ROSTER_NAMESPACE)


def sign_plan(path: Path, content: bytes, key_path: Path, signer: Signer, *, environment: str, author: str) -> Path:
    """Likewise, for a plan: `content` is what was read from its file and shown to the member.

    Raises:
        SigningError: There is no signature, it would not count, or one of that name is already there.
    """
    return _sign(path, content, key_path, signer, plan_namespace(environment), excluded=author or None)


def sign_verdict(path: Path, content: bytes, key_path: Path, namespace: str) -> Path:
    """Likewise, for what a program judged: the signature of its own key is `<path>.sig`, and no member's.

    Raises:
        SigningError: There is no signature, it would not count, or one of that name is already there.
    """
    armored = _signature(content, key_path, namespace)
    _check_own(content, armored, "program", namespace)
    target = path.with_name(f"{path.name}.sig")
    _publish(target, armored, "name another file; a verdict is never written over")
    return target


def _sign(path: Path, content: bytes, key_path: Path, signer: Signer, namespace: str, *, excluded: str | None = None) -> Path:
    armored = _signature(content, key_path, namespace)
    member = signer if isinstance(signer, str) else _owner(signing_key(armored), signer)
    if not MEMBER_ID.fullmatch(member):
        raise SigningError(f"{member!r} is not the id of a member", remedy="give the id as it stands on the roster")
    if member == excluded:
        raise SigningError(f"{member} proposed it, and nobody approves a proposal of their own", remedy="ask other members to sign")
    _check_own(content, armored, member, namespace)
    target = path.with_name(f"{path.name}.{member}.sig")
    _publish(target, armored, "remove it first if you mean to sign again")
    return target


def _owner(key: bytes, roster: Roster) -> str:
    for member in roster.members:
        if key in member.keys:
            return member.id
    raise SigningError("this key is nobody's on the roster", remedy="use the enrolled key, or have this one enrolled in a new version")


def _signature(content: bytes, key_path: Path, namespace: str) -> bytes:
    # Not through a pipe: with standard input taken, ssh-keygen cannot ask for the passphrase. And not beside the record: finding an
    # old signature there it may answer its own question and end with success.
    with tempfile.TemporaryDirectory(prefix="guardrails-sign-") as room:
        copy = Path(room) / "document"
        copy.write_bytes(content)
        _run([_program(), "-q", "-Y", "sign", "-f", str(key_path), "-n", namespace, str(copy)], key_path)
        return Path(room, "document.sig").read_bytes()


def _program() -> str:
    program = shutil.which(_PROGRAM)
    if program is None:
        raise SigningError(f"{_PROGRAM} is not installed", remedy="install openssh-client and sign again")
    return program


def _run(command: list[str], key_path: Path) -> None:
    try:
        # Its errors and its request to touch the key belong on the terminal, so standard error is not caught.
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  # a list, no shell
    except OSError as error:
        raise SigningError(f"{command[0]}: {error.strerror}", remedy="install openssh-client again") from error
    if ended.returncode != 0:
        raise SigningError(
            f"{_PROGRAM} made no signature with {key_path} (status {ended.returncode})",
            remedy="read what it wrote above; check that the key exists, is yours, and that the token is plugged in",
        )


def _check_own(content: bytes, armored: bytes, member: str, namespace: str) -> None:
    """What would be refused later, such as an RSA key, is better told now."""
    try:
        verify(content, armored, namespace, {signing_key(armored): member})
    except BadSignature as error:
        raise SigningError(f"this signature would not count: {error.reason}", remedy=error.remedy) from error


def _publish(path: Path, content: bytes, remedy: str) -> None:
    try:
        publish(path, content)
    except FileExistsError as error:
        raise SigningError(f"{path.name} is already there, and was left as it is", remedy=remedy) from error
    except OSError as error:
        raise SigningError(f"{path}: {error.strerror}", remedy="make the folder, and make it writable") from error
