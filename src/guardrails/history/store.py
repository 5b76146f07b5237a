"""Keeps runs and findings in one SQLite file, by declaration. One process writes at a time; the others wait.

Runs are added in the order of their moments and of their evidence. A run that does not follow the last one is refused: what it would have
ended or begun cannot be told afterwards.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from guardrails.errors import OperatorError
from guardrails.history.rows import Past, digest, kept_row, moment, read_kept, read_past, run_row
from guardrails.history.runs import Change, Kept, Run, changes, kept_after
from guardrails.history.schema import migrate, version_of

__all__ = ["History", "OutOfOrder", "declarations", "opened"]

_R = TypeVar("_R")
_WAIT_SECONDS = 60.0
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_RUN = "at, evidence, exit_code, verdict, systems, gaps, severities, verdicts"
_KEPT = "id, control, severity, verdict, system, subject, first_seen, last_seen, gone_at"


class OutOfOrder(OperatorError):
    """A later run, or one with later evidence, is already kept; nothing was added."""


@dataclass(frozen=True, slots=True)
class History:
    """The runs of one declaration, within one transaction."""

    connection: sqlite3.Connection
    declaration: str

    def add(self, run: Run) -> None:
        """Keep a run and what it changes. The same run again changes nothing.

        Raises:
            OutOfOrder: It is older than the last one, or judged older evidence, or another run of the same moment is kept.
        """
        if self._is_kept(run):
            return
        before = self.findings()
        number = self.connection.execute(
            f"INSERT INTO run (declaration, {_RUN}, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # names of ours
            (self.declaration, *run_row(run), digest(run)),
        ).lastrowid
        self.connection.executemany(
            "INSERT INTO change (run, finding, change) VALUES (?, ?, ?)",
            [(number, one.id, change.value) for change, one in changes(before, run).each()],
        )
        self.connection.executemany(
            f"INSERT OR REPLACE INTO finding (declaration, {_KEPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # likewise
            [(self.declaration, *kept_row(kept)) for kept in set(kept_after(before, run)) - set(before)],
        )

    def _is_kept(self, run: Run) -> bool:
        found = self.connection.execute(
            "SELECT digest FROM run WHERE declaration = ? AND at = ?", (self.declaration, moment(run.at))
        ).fetchone()
        last = next(iter(self._runs(1)), None)
        if found and found[0] == digest(run):
            return True
        if found or (last is not None and (run.at < last.at or run.evidence < last.evidence)):
            raise OutOfOrder(
                f"the run of {run.at:%Y-%m-%d %H:%M:%S} UTC, on evidence of {run.evidence:%Y-%m-%d %H:%M:%S}, does not follow the last one",
                remedy="the history stays as it is; judge newer evidence",
            )
        return False

    def runs(self, most: int = -1) -> tuple[Past, ...]:
        """The last so many runs, or all, oldest first."""
        return self._runs(most)[::-1]

    def findings(self) -> tuple[Kept, ...]:
        """Every finding that ever was, by id."""
        found = self.connection.execute(
            f"SELECT {_KEPT} FROM finding WHERE declaration = ? ORDER BY id",  # noqa: S608  # likewise
            (self.declaration,),
        )
        return _read(read_kept, found)

    def changed(self, after: datetime) -> tuple[tuple[datetime, Change, str], ...]:
        """What each run later than a moment changed, oldest first: when, how, and the id of the finding."""
        found = self.connection.execute(
            "SELECT run.at, change.change, change.finding FROM change JOIN run ON run.number = change.run"
            " WHERE run.declaration = ? AND run.at > ? ORDER BY run.at, change.finding",
            (self.declaration, moment(after)),
        )
        return _read(lambda row: (datetime.fromisoformat(row[0]), Change(row[1]), str(row[2])), found)

    def _runs(self, most: int) -> tuple[Past, ...]:
        found = self.connection.execute(
            f"SELECT {_RUN} FROM run WHERE declaration = ? ORDER BY at DESC LIMIT ?",  # noqa: S608  # likewise
            (self.declaration, most),
        )
        return _read(read_past, found)


def _read(reader: Callable[[tuple[Any, ...]], _R], rows: Iterable[tuple[Any, ...]]) -> tuple[_R, ...]:
    """Rows that say what guardrails never writes are damage like any other."""
    try:
        return tuple(map(reader, rows))
    except (ValueError, TypeError, AttributeError) as error:
        raise sqlite3.DataError(str(error)) from error


@contextmanager
def opened(path: Path, declaration: str, wait_seconds: float = _WAIT_SECONDS) -> Iterator[History]:
    """The history of a declaration, made when there is none. What the block adds is kept whole, or not at all when it raises.

    Raises:
        OperatorError: It cannot be read or written, others could change it, it is damaged or foreign, a newer guardrails wrote it, or
            another process did not let go of it in time.
    """
    _make(path)
    try:
        # autocommit: sqlite3 would begin a transaction of its own that does not wait its turn
        with closing(sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)) as connection:
            version_of(connection, str(path))  # before anything is written: what is another's stays as it is
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            with _whole(connection):
                migrate(connection, str(path))
                yield History(connection, declaration)
    except sqlite3.OperationalError as error:
        raise OperatorError(f"{path}: {error}", remedy="wait for the other run, make room, or let guardrails write there") from error
    except sqlite3.DatabaseError as error:
        raise OperatorError(f"{path}: the history is damaged: {error}", remedy="put it aside, and its -wal and -shm with it") from error


def declarations(path: Path) -> tuple[str, ...]:
    """The declarations of which runs are kept, sorted.

    Raises:
        OperatorError: Like `opened`.
    """
    with opened(path, "") as history:
        found = history.connection.execute("SELECT DISTINCT declaration FROM run ORDER BY declaration")
        return tuple(str(name) for (name,) in found)


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
