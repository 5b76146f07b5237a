"""Writes the audit log: one writer at a time, every record on the disk before anything else happens, each run sealed by a checkpoint.

After an error of the disk the open log is dead: what the memory holds and what the disk holds may differ. The next one that opens it looks
at the disk alone. A last line without its end is a write that was torn; it is cut, and the cut is a record. All else that does not fit
together is tampering, and nothing is written.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from guardrails.trust.canonical import JSON
from guardrails.trust.errors import AuditError
from guardrails.trust.log.audit import latest, newest, public_key
from guardrails.trust.log.disk import cut_torn, replace, sync_folder, truncate, write
from guardrails.trust.log.files import CHECKPOINT, FRONTIER, HISTORY, KEY, PUBLIC, TAMPERED, Position, Segments, line_of, moment_of
from guardrails.trust.log.merkle import Frontier, leaf_hash
from guardrails.trust.log.note import Checkpoint, Note, Verifier, signed

__all__ = ["SEGMENT_BYTES", "Ledger", "opened"]

SEGMENT_BYTES = 64 * 2**20
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE = 0o600
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE_SECONDS = 30.0
_REMEDY = "make room or mend the disk, then run again; what was acknowledged is kept"


class Ledger:
    """An open log, which `opened` gives. Not for several threads."""

    def __init__(self, folder: Path, name: str, key: Ed25519PrivateKey) -> None:
        self._folder, self._name, self._key = folder, name, key
        self._segments = Segments(folder / "log")
        self._frontier, self._here, self._sealed = Frontier(), Position(), 0
        self._latest = _LONG_AGO
        self._descriptor = -1
        self._dead = False

    @property
    def latest(self) -> datetime:
        """The latest moment that any record tells; not that of the last one, where the clock was set back meanwhile."""
        return self._latest

    @property
    def size(self) -> int:
        """How many records there are."""
        return self._here.size

    @property
    def verifier(self) -> Verifier:
        """The public key, to be kept elsewhere."""
        return Verifier.of(self._name, self._key)

    def append(self, event: str, values: Mapping[str, JSON], at: datetime) -> int:
        """Add a record and return its index. When this returns, the record is on the disk.

        Raises:
            AuditError: It is not surely written, and the log cannot be used until it is opened anew.
            MalformedJson: A value that canonical JSON has no spelling for; nothing was written.
        """
        here = self._here.in_next_segment() if self._here.offset >= SEGMENT_BYTES else self._here
        moment = at.astimezone(UTC)
        content = line_of(here, moment.isoformat().replace("+00:00", "Z"), event, dict(values))
        with self._fatal():
            if here.segment != self._here.segment:
                self.close()
            if self._descriptor < 0:
                self._descriptor = os.open(self._segments.path(here.segment), _APPEND, _PRIVATE)
                sync_folder(self._segments.folder)
            write(self._descriptor, content + b"\n")
            os.fdatasync(self._descriptor)
        self._here, self._frontier = here.behind(content), self._frontier.grown([leaf_hash(content)])
        self._latest = max(self._latest, moment)
        return here.size

    def seal(self) -> Note:
        """Sign what there is; every run ends with it.

        Raises:
            AuditError: It is not surely written, and the log cannot be used until it is opened anew.
        """
        note = signed(Checkpoint(self._name, self._frontier.size, self._frontier.root).written(), self._name, self._key)
        if self._sealed == self.size:
            return newest(self._folder)
        with self._fatal():
            # first of all the history, which decides what the newest is
            descriptor = os.open(self._folder / HISTORY, _APPEND, _PRIVATE)
            try:
                write(descriptor, json.dumps(note.written()).encode() + b"\n")
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
            replace(self._folder / CHECKPOINT, note.written().encode())
            replace(self._folder / FRONTIER, self._memory())
        self._sealed = self.size
        return note

    def _memory(self) -> bytes:
        here = self._here
        place = {"offset": here.offset, "prev": here.prev, "segment": here.segment, "size": here.size}
        roots = [root.hex() for root in self._frontier.roots]
        return json.dumps({**place, "latest": self._latest.isoformat(), "roots": roots}).encode()

    @contextmanager
    def _fatal(self) -> Iterator[None]:
        if self._dead:
            raise AuditError(f"{self._folder}: writing failed before, so this log has to be opened anew", remedy=_REMEDY)
        self._dead = True  # until it is known to have gone well
        try:
            yield
        except OSError as error:
            raise AuditError(f"{self._folder}: {error.strerror}", remedy=_REMEDY) from error
        self._dead = False

    def recover(self, at: datetime) -> None:
        """Take up where the disk says that the log ends.

        Raises:
            AuditError: What is there does not fit together.
        """
        head = self._newest()
        frontier, here, latest = self._remembered(head)
        for line in self._segments.lines(here):
            here, frontier, latest = line.behind, frontier.grown([leaf_hash(line.content)]), max(latest, moment_of(line.content))
            if frontier.size == head.size and frontier.root != head.root:
                raise AuditError(f"{self._folder}: the first {head.size} records are not those that were signed", remedy=TAMPERED)
        if frontier.size < head.size:
            raise AuditError(f"{self._folder}: {frontier.size} records, where {head.size} were signed", remedy=TAMPERED)
        self._here, self._frontier, self._sealed, self._latest = here, frontier, head.size, latest
        self._cut(at)

    def _newest(self) -> Checkpoint:
        """What the last whole line of the history says; the file of the newest is put right when it was not written any more."""
        with self._fatal():
            cut_torn(self._folder / HISTORY)
        note = latest(self._folder)
        last = Checkpoint.read(note) if note and self.verifier.has_signed(note) else None
        if note is None or last is None or last.origin != self._name:
            raise AuditError(f"{self._folder / HISTORY}: its last checkpoint is not signed by this log", remedy=TAMPERED)
        shown = Checkpoint.read(newest(self._folder)) if (self._folder / CHECKPOINT).exists() else None
        if shown != last:
            if shown is not None and shown.size >= last.size:
                raise AuditError(f"{self._folder / HISTORY}: lacks the checkpoint of {shown.size} records", remedy=TAMPERED)
            with self._fatal():
                replace(self._folder / CHECKPOINT, note.written().encode())
        return last

    def _remembered(self, head: Checkpoint) -> tuple[Frontier, Position, datetime]:
        """The tree as it was at the newest checkpoint, if the file that says so is right; else none, and everything is read."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads((self._folder / FRONTIER).read_bytes())
            frontier = Frontier(int(found["size"]), tuple(bytes.fromhex(root) for root in found["roots"]))
            latest = max(datetime.fromisoformat(found["latest"]), _LONG_AGO)  # an error where it has no zone
            if (frontier.size, frontier.root) == (head.size, head.root):
                return frontier, Position(frontier.size, int(found["segment"]), int(found["offset"]), str(found["prev"])), latest
        return Frontier(), Position(), _LONG_AGO

    def _cut(self, at: datetime) -> None:
        path = self._segments.path(self._here.segment)
        with self._fatal():
            torn = path.stat().st_size - self._here.offset
            if torn:
                truncate(path, self._here.offset)
        if torn:
            self.append("log.cut", {"bytes": torn}, at)

    def close(self) -> None:
        """Let go of the segment; what was acknowledged is on the disk already."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def opened(folder: Path, name: str, at: datetime) -> Iterator[Ledger]:
    """The log in a folder, made when there is none, for as long as the block runs; others wait. Sealed when the block ends well.

    Args:
        folder: Its own; what is above it has to exist.
        name: Of a new log and its key, such as the host's; without spaces and plus signs. A log that is there keeps its own.
        at: Now.

    Raises:
        AuditError: It cannot be written, or does not fit together.
    """
    if not folder.exists():
        _create(folder, name, at)
    with _alone(folder):
        public = public_key(folder)
        ledger = Ledger(folder, public.name, _key(folder))
        if ledger.verifier != public:
            raise AuditError(f"{folder / PUBLIC}: not the public half of {KEY}", remedy=TAMPERED)
        try:
            ledger.recover(at)
            yield ledger
            ledger.seal()
        finally:
            ledger.close()


def _create(folder: Path, name: str, at: datetime) -> None:
    """Whole or not at all: made beside its place, then moved there."""
    try:
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    except OSError as error:
        raise AuditError(f"{folder.parent}: {error.strerror}", remedy="make the state folder, for the user that runs guardrails") from error
    try:
        key = Ed25519PrivateKey.generate()
        replace(draft / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        replace(draft / PUBLIC, f"{Verifier.of(name, key).written()}\n".encode())
        (draft / "log").mkdir(mode=0o700)
        ledger = Ledger(draft, name, key)
        ledger.append("log.opened", {"key": ledger.verifier.written()}, at)
        ledger.seal()
        ledger.close()
        draft.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        if not folder.is_dir():  # else somebody was faster
            raise AuditError(f"{folder}: {error.strerror}", remedy=_REMEDY) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise AuditError(f"{folder}: {error.strerror}", remedy="make it a folder, not a link, of the user that runs guardrails") from error
    try:
        _wait(descriptor, folder)
        yield
    finally:
        os.close(descriptor)  # which lets go of the lock, whatever happened


def _wait(descriptor: int, folder: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise AuditError(
                    f"{folder}: another run writes into it and does not end", remedy="look for that run, then try again"
                ) from None
            time.sleep(0.01)
        else:
            return


def _key(folder: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key((folder / KEY).read_bytes(), password=None)
    except OSError as error:
        raise AuditError(f"{folder / KEY}: {error.strerror}", remedy="let the user that runs guardrails read it") from error
    except ValueError:
        raise AuditError(f"{folder / KEY}: this is no key", remedy=TAMPERED) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditError(f"{folder / KEY}: this is no Ed25519 key", remedy=TAMPERED)
    return key
