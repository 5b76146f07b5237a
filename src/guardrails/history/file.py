"""The history in one SQLite file of mode 0600. One process writes at a time; the others wait."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from guardrails.errors import OperatorError
from guardrails.history.backend import Row
from guardrails.history.schema import refuse_newer

__all__ = ["WAIT_SECONDS", "SqliteFile", "in_file"]

WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.02
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_OURS = 0x67726864
"""Says in the head of the file whose it is: `grhd`."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """One connection to it."""

    connection: sqlite3.Connection
    name: str
    words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"serial": "INTEGER PRIMARY KEY", "number": "INTEGER", "strict": "STRICT", "keyed": "STRICT, WITHOUT ROWID"}
    )

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run one statement."""
        return self.connection.execute(statement, values).fetchall()

    def many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run it with each row of values."""
        self.connection.executemany(statement, values)

    def version(self) -> int:
        """How many steps were taken.

        Raises:
            OperatorError: It is another program's.
        """
        owner, version = self._number("application_id"), self._number("user_version")
        if owner != _OURS and (owner or version or self.rows("SELECT 1 FROM sqlite_schema")):
            raise OperatorError(f"{self.name}: it is another program's", remedy="name a file of its own under history: in the host file")
        return version

    def stamp(self, version: int) -> None:
        """Write it down."""
        # A pragma takes no parameter; both are numbers of ours.
        self.rows(f"PRAGMA application_id = {_OURS}")
        self.rows(f"PRAGMA user_version = {version:d}")

    def _number(self, pragma: str) -> int:
        ((found,),) = self.rows(f"PRAGMA {pragma}")
        return int(found)


@contextmanager
def in_file(path: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[SqliteFile]:
    """A transaction in the file, made when there is none. Everything that the block writes is kept, or nothing when it raises.

    Raises:
        OperatorError: It cannot be read or written, others could change it, it is damaged or foreign, or another process did not let go of
            it in time.
    """
    _make(path)
    try:
        # autocommit: sqlite3 would begin a transaction of its own that does not wait its turn
        with closing(sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)) as connection:
            file = SqliteFile(connection, str(path))
            with _at_one_moment(connection):
                refuse_newer(file)  # before anything is written: what is another's stays as it is
            _log_ahead(connection, wait_seconds)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            with _whole(connection):
                yield file
    except sqlite3.OperationalError as error:
        raise OperatorError(f"{path}: {error}", remedy="wait for the other run, make room, or let guardrails write there") from error
    except sqlite3.DatabaseError as error:
        raise OperatorError(f"{path}: the history is damaged: {error}", remedy="put it aside, and its -wal and -shm with it") from error


@contextmanager
def _at_one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """What is read belongs together: between two reads another process may make the tables."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _log_ahead(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Once for each file. Where others hold it, SQLite may refuse this at once instead of waiting its turn."""
    end = time.monotonic() + wait_seconds
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything or nothing. The lock is taken at once: what is read stays true until it is written."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _make(path: Path) -> None:
    """A file of ours alone, before SQLite opens it: it gives its mode to the files beside it."""
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="make it a plain file in a folder that guardrails may write") from error
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OperatorError(f"{path}: not a plain file", remedy="name a plain file under history: in the host file")
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise OperatorError(f"{path}: others could read or change it", remedy=f"chown it to the user of guardrails and chmod 600 {path}")
