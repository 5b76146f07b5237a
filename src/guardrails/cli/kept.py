"""Files that outlive a run: written sealed where there is a key, and read back as strictly as they were written."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from guardrails.cli.files import write_parts
from guardrails.errors import OperatorError, SnapshotError
from guardrails.model.observation import Observation
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.trust.errors import SealError, UnreadableFile
from guardrails.trust.files import opened_own
from guardrails.trust.sealed.head import LONGEST_HEAD, Kind, is_sealed
from guardrails.trust.sealed.keys import Keys, no_key
from guardrails.trust.sealed.segments import read_head, sealed, unsealed

__all__ = ["first_line", "keep_observations", "keep_text", "kept_observations", "kept_text", "plan_of", "snapshot_text"]

_ID_BYTES = 16
_JOURNAL = re.compile(r"[0-9a-f]{64}\.jsonl")


def keep_observations(path: Path, observations: Iterable[Observation], keys: Keys | None) -> None:
    """Write a snapshot, sealed where there is a key.

    Raises:
        OperatorError: It cannot be written, or the key cannot be used; then nothing is.
    """
    keep_text(path, dump_observations(observations), keys)


def keep_text(path: Path, text: str, keys: Keys | None) -> None:
    """Write the text of a snapshot, sealed where there is a key."""
    content = text.encode()
    opened = keys.fresh(Kind.SNAPSHOT, secrets.token_hex(_ID_BYTES)) if keys else None
    write_parts(path, sealed(content, opened) if opened else [content])


def kept_observations(path: Path, keys: Keys | None) -> tuple[Observation, ...]:
    """What a snapshot holds.

    Raises:
        SnapshotError: It cannot be read, or is none.
        SealError: It was changed, no key at hand opens it, or it is not sealed although this host names a key.
        OperatorError: The key cannot be used now.
    """
    return load_observations(snapshot_text(path, keys))


def snapshot_text(path: Path, keys: Keys | None) -> str:
    """The text of a snapshot; raises as `kept_observations` does, but does not look into it."""
    try:
        return kept_text(path, keys)
    except (UnreadableFile, UnicodeDecodeError) as error:
        raise SnapshotError(f"{path}: {error}", remedy="name a file that guardrails observe --out wrote") from error


def kept_text(path: Path, keys: Keys | None) -> str:
    """The text of a snapshot."""
    with opened_own(path) as stream:
        first = stream.readline(LONGEST_HEAD)
        stream.seek(0)
        if is_sealed(first):
            return _unsealed(path, stream, keys).decode()
        if keys is not None:
            raise SealError(
                f"{path} is not sealed, and this host opens sealed files alone", remedy=f"look at it, then: guardrails seal {path}"
            )
        return stream.read().decode()


def plan_of(path: Path) -> str:
    """The digest of the plan whose journal a file is, by its name; empty for all other files."""
    return path.stem if _JOURNAL.fullmatch(path.name) else ""


def first_line(path: Path) -> bytes:
    """By which a file says whether it is sealed.

    Raises:
        UnreadableFile: It cannot be read, or others could have written it.
    """
    with opened_own(path) as stream:
        return stream.readline(LONGEST_HEAD)


def _unsealed(path: Path, stream: IO[bytes], keys: Keys | None) -> bytes:
    try:
        if keys is None:
            raise no_key(read_head(stream))
        return unsealed(stream, keys, Kind.SNAPSHOT)
    except OperatorError as error:
        raise type(error)(f"{path}: {error.message}", remedy=error.remedy) from None
