"""The files of an audit log: segments of lines, the newest checkpoint and all that went before it.

A line is the canonical JSON of one record. It ends with its index and the digest of the line before it, so whether lines follow one another
is told by their bytes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from guardrails.trust.canonical import JSON, dump, parse
from guardrails.trust.errors import AuditError, MalformedJson

__all__ = ["CHECKPOINT", "FRONTIER", "HISTORY", "KEY", "PUBLIC", "TAMPERED", "Line", "Position", "Segments", "line_of", "moment_of"]

CHECKPOINT, HISTORY, FRONTIER, KEY, PUBLIC = "checkpoint", "checkpoints", "frontier", "key", "key.pub"
TAMPERED = "keep the folder as it is, change nothing with guardrails, and tell the security group"
_FIRST = "0" * 64
_LONGEST = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two lines: how many are before it, in which segment, at which byte, and the digest of the last one."""

    size: int = 0
    segment: int = 1
    offset: int = 0
    prev: str = _FIRST

    def behind(self, content: bytes) -> Position:
        """The place behind a line that begins here."""
        return Position(self.size + 1, self.segment, self.offset + len(content) + 1, hashlib.sha256(content).hexdigest())

    def in_next_segment(self) -> Position:
        """The same place, where the next segment begins."""
        return Position(self.size, self.segment + 1, 0, self.prev)


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it stands in the log, and the place behind it."""

    content: bytes
    behind: Position


def line_of(here: Position, at: str, event: str, values: JSON) -> bytes:
    """A record as it is written, without the end of its line.

    Raises:
        MalformedJson: A value that canonical JSON has no spelling for.
    """
    return dump({"at": at, "data": values, "event": event, "index": here.size, "prev": here.prev})


def moment_of(content: bytes) -> datetime:
    """When a record was written, by the clock that its host had then.

    Raises:
        AuditError: It does not say.
    """
    try:
        found = parse(content)
        at = datetime.fromisoformat(str(found["at"] if isinstance(found, dict) else ""))
        if at.tzinfo is None:
            raise ValueError("no zone")  # noqa: TRY301  # told like every other damage
    except (MalformedJson, KeyError, ValueError):
        raise AuditError("a record does not say when it was written", remedy=TAMPERED) from None
    return at


@dataclass(frozen=True, slots=True)
class Segments:
    """The lines in a folder."""

    folder: Path

    def path(self, number: int) -> Path:
        """The file of a segment; they count from 1."""
        return self.folder / f"{number:08}.jsonl"

    def lines(self, start: Position = Position()) -> Iterator[Line]:
        """The whole lines from a place on, each following the one before. Of the last segment, what has no end is left out.

        Raises:
            AuditError: A line does not follow, or a segment is missing, cut or unreadable.
        """
        here = start
        while True:
            path = self.path(here.segment)
            try:
                with path.open("rb") as stream:
                    for line in _lines(stream, path, here):
                        here = line.behind
                        yield line
                    torn = os.fstat(stream.fileno()).st_size != here.offset
            except OSError as error:
                raise AuditError(f"{path}: {error.strerror}", remedy=TAMPERED) from error
            if not self.path(here.segment + 1).exists():
                return
            if torn:
                raise AuditError(f"{path}: ends within a line, and more segments follow", remedy=TAMPERED)
            here = here.in_next_segment()


def _lines(stream: IO[bytes], path: Path, here: Position) -> Iterator[Line]:
    if stream.seek(0, os.SEEK_END) < here.offset:
        raise AuditError(f"{path}: shorter than it was when its checkpoint was signed", remedy=TAMPERED)
    stream.seek(here.offset)
    while (line := stream.readline(_LONGEST)).endswith(b"\n"):
        content = line[:-1]
        if not content.endswith(b',"index":%d,"prev":"%s"}' % (here.size, here.prev.encode())):
            raise AuditError(f"{path}: record {here.size} does not follow the one before it", remedy=TAMPERED)
        here = here.behind(content)
        yield Line(content, here)
