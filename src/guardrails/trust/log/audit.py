"""Reads an audit log and says whether it is whole: every record follows, every checkpoint is signed and says what stands in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from guardrails.trust.canonical import parse
from guardrails.trust.errors import AuditError, MalformedJson, MalformedNote
from guardrails.trust.log.files import CHECKPOINT, HISTORY, PUBLIC, TAMPERED, Line, Segments
from guardrails.trust.log.merkle import Frontier, leaf_hash
from guardrails.trust.log.note import Checkpoint, Note, Verifier, read_note

__all__ = ["Verified", "history", "latest", "newest", "public_key", "verify"]

_BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A log that is whole. The last `unsealed` records stand behind the newest checkpoint: nothing signed speaks of them yet."""

    size: int
    checkpoint: Checkpoint
    checkpoints: int
    unsealed: int


def public_key(folder: Path) -> Verifier:
    """The key that lies beside the log: its own word, so whoever wants more than that brings the key along.

    Raises:
        AuditError: There is none, or it is none.
    """
    try:
        return Verifier.read(_text(folder / PUBLIC))
    except MalformedNote as error:
        raise AuditError(f"{folder / PUBLIC}: {error.message}", remedy=TAMPERED) from None


def newest(folder: Path) -> Note:
    """The newest checkpoint, with what witnesses have added.

    Raises:
        AuditError: There is none, or it is none.
    """
    return _as_note(_text(folder / CHECKPOINT), folder / CHECKPOINT)


def history(folder: Path) -> Iterator[Note]:
    """All checkpoints, the oldest first; a last one that was torn is left out.

    Raises:
        AuditError: One is damaged.
    """
    return (_from_line(line, folder / HISTORY) for line in _whole_lines(folder))


def latest(folder: Path) -> Note | None:
    """The last of all checkpoints.

    Raises:
        AuditError: It is damaged.
    """
    return next((_from_line(line, folder / HISTORY) for line in reversed(_whole_lines(folder))), None)


def _whole_lines(folder: Path) -> list[str]:
    whole, _, _ = _text(folder / HISTORY).rpartition("\n")
    return whole.split("\n") if whole else []


def _from_line(line: str, path: Path) -> Note:
    try:
        text = json.loads(line)
    except ValueError:
        text = None
    return _as_note(text if isinstance(text, str) else "", path)


def verify(folder: Path, key: Verifier, against: Sequence[Note] = ()) -> Verified:
    """Read the whole log. `against` are checkpoints that were kept elsewhere, which it has to have grown from.

    Raises:
        AuditError: What is wrong, and where.
    """
    kept = [_head(note, key, folder / HISTORY) for note in history(folder)]
    if not kept:
        raise AuditError(f"{folder / HISTORY}: no checkpoint", remedy=TAMPERED)
    if any(later.size < earlier.size for earlier, later in pairwise(kept)):
        raise AuditError(f"{folder / HISTORY}: a checkpoint speaks of fewer records than the one before", remedy=TAMPERED)
    shown = _head(newest(folder), key, folder / CHECKPOINT)
    if shown.size > kept[-1].size:
        raise AuditError(f"{folder / HISTORY}: lacks the checkpoint of {shown.size} records", remedy=TAMPERED)
    heads = [*kept, shown, *(_head(note, key, folder) for note in against)]
    size = _compared(Segments(folder / "log"), sorted(heads, key=lambda head: head.size))
    return Verified(size=size, checkpoint=kept[-1], checkpoints=len(kept), unsealed=size - kept[-1].size)


def _head(note: Note, key: Verifier, where: Path) -> Checkpoint:
    try:
        found = Checkpoint.read(note)
    except MalformedNote as error:
        raise AuditError(f"{where}: {error.message}", remedy=TAMPERED) from None
    if not key.has_signed(note) or found.origin != key.name:
        raise AuditError(f"{where}: the checkpoint of {found.size} records is not signed by {key.name}", remedy=TAMPERED)
    return found


def _compared(segments: Segments, heads: Sequence[Checkpoint]) -> int:
    """How many records there are, when all heads speak of them."""
    frontier, lines = Frontier(), segments.lines()
    for head in heads:
        while frontier.size < head.size:
            leaves = [leaf_hash(line.content) for line in islice(lines, min(_BATCH, head.size - frontier.size))]
            if not leaves:
                raise AuditError(f"{segments.folder}: {frontier.size} records, where {head.size} were signed", remedy=TAMPERED)
            frontier = frontier.grown(leaves)
        if frontier.root != head.root:
            raise AuditError(f"{segments.folder}: the first {head.size} records are not those that were signed", remedy=TAMPERED)
    return frontier.size + sum(1 for line in lines if _is_record(line, segments))


def _is_record(line: Line, segments: Segments) -> bool:
    """Whether a line that nothing signed speaks of is a record at least."""
    try:
        parse(line.content)
    except MalformedJson as error:
        raise AuditError(f"{segments.folder}: record {line.behind.size - 1} is damaged: {error.message}", remedy=TAMPERED) from None
    return True


def _as_note(text: str, path: Path) -> Note:
    try:
        return read_note(text)
    except MalformedNote as error:
        raise AuditError(f"{path}: {error.message}", remedy=TAMPERED) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise AuditError(f"{path}: {error.strerror}", remedy="name the folder of an audit log, and let guardrails read it") from error
    except UnicodeDecodeError:
        raise AuditError(f"{path}: damaged", remedy=TAMPERED) from None
