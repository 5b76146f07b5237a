"""Keeps runs and findings, by declaration, in a file or in PostgreSQL. One process writes at a time; the others wait.

Runs are added in the order of their moments and of their evidence. A run that does not follow the last one is refused: what it would have
ended or begun cannot be told afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from guardrails.errors import OperatorError
from guardrails.history.backend import Backend, Row
from guardrails.history.file import WAIT_SECONDS, in_file
from guardrails.history.rows import Past, digest, kept_row, moment, read_kept, read_past, run_row
from guardrails.history.runs import Change, Changes, Deadlines, Kept, Run, changes, kept_after
from guardrails.history.schema import migrate
from guardrails.secret import SecretRef

__all__ = ["Archive", "History", "OutOfOrder", "damaged", "opened"]

_R = TypeVar("_R")
_RUN = "at, evidence, exit_code, verdict, systems, read, holes, gaps, whole, severities, verdicts"
_KEPT = (
    "id, control, severity, verdict, system, subject, owner, known, rests_on, first_seen, since, last_seen, gone_at, reopened, overdue_at"
)


class OutOfOrder(OperatorError):
    """A later run, or one with later evidence, is already kept; nothing was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where a host keeps its history.

    Attributes:
        at: The path of a file, or the URL of a database: `postgresql://USER@HOST/DATABASE`.
        password: Of the database.
        name: What tells declarations of one environment apart that are kept in one place.
        keep_days: How long runs are kept; 0 for ever.
    """

    at: str
    password: SecretRef | None = None
    name: str = "default"
    keep_days: int = 0

    @property
    def is_database(self) -> bool:
        """Whether it is a URL."""
        return self.at.startswith(("postgresql://", "postgres://"))

    @property
    def is_begun(self) -> bool:
        """Whether anything can be in it: a file that is not there holds nothing, and looking must not make it."""
        return self.is_database or Path(self.at).exists()


@dataclass(frozen=True, slots=True)
class History:
    """The runs of one declaration, within one transaction."""

    backend: Backend
    declaration: str

    def add(self, run: Run, deadlines: Deadlines | None = None) -> Changes:
        """Keep a run and what it changes. The same run again changes nothing.

        Raises:
            OutOfOrder: It is older than the last one, or judged older evidence, or another run of the same moment is kept.
            OperatorError: The runs that are kept are surely of another declaration.
        """
        if self._is_kept(run):
            return Changes()
        before = self.findings()
        told = changes(before, run, deadlines)
        columns = f"declaration, {_RUN}, digest"
        ((number,),) = self.backend.rows(
            f"INSERT INTO run ({columns}) VALUES ({_marks(columns)}) RETURNING number",  # noqa: S608  # names of ours
            (self.declaration, *run_row(run), digest(run)),
        )
        self.backend.many(
            "INSERT INTO changed (run, finding, change) VALUES (?, ?, ?)", [(number, one.id, change.value) for change, one in told.each()]
        )
        self._keep(set(kept_after(before, run, deadlines)) - set(before))
        return told

    def _keep(self, findings: Iterable[Kept]) -> None:
        columns = f"declaration, {_KEPT}"
        changed = ", ".join(f"{name} = excluded.{name}" for name in _KEPT.split(", ") if name != "id")
        self.backend.many(
            f"INSERT INTO finding ({columns}) VALUES ({_marks(columns)}) ON CONFLICT (declaration, id) DO UPDATE SET {changed}",  # noqa: S608  # likewise
            [(self.declaration, *kept_row(kept)) for kept in findings],
        )

    def _is_kept(self, run: Run) -> bool:
        found = self.backend.rows("SELECT digest FROM run WHERE declaration = ? AND at = ?", (self.declaration, moment(run.at)))
        last = next(iter(self.runs(1)), None)
        if found and found[0][0] == digest(run):
            return True
        if found or (last is not None and (run.at < last.at or run.evidence < last.evidence)):
            raise OutOfOrder(
                f"the run of {run.at:%Y-%m-%d %H:%M:%S} UTC, on evidence of {run.evidence:%Y-%m-%d %H:%M:%S}, does not follow the last one",
                remedy="the history stays as it is; judge newer evidence",
            )
        if last is not None and _is_of_others(last, run):
            raise OperatorError(
                f"the history {self.declaration} is of other accounts or systems, and this run would end their findings",
                remedy="give each declaration a name of its own: history: {at: ..., name: ...} in its host file",
            )
        return False

    def runs(self, most: int = 0) -> tuple[Past, ...]:
        """The last so many runs, or all, oldest first."""
        limit = f" LIMIT {most:d}" if most else ""
        return self._pasts(f"WHERE declaration = ? ORDER BY at DESC{limit}")[::-1]

    def last_whole(self) -> Past | None:
        """The last run that saw everything."""
        return next(iter(self._pasts("WHERE declaration = ? AND whole = 1 ORDER BY evidence DESC, at DESC LIMIT 1")), None)

    def findings(self) -> tuple[Kept, ...]:
        """Every finding that is kept, by id."""
        found = self.backend.rows(f"SELECT {_KEPT} FROM finding WHERE declaration = ?", (self.declaration,))  # noqa: S608  # likewise
        return tuple(sorted(self._read(read_kept, found), key=lambda kept: kept.sighting.id))

    def changed(self, after: datetime) -> tuple[tuple[datetime, Change, str], ...]:
        """What each run later than a moment changed, oldest first: when, how, and the id of the finding."""
        found = self.backend.rows(
            "SELECT run.at, changed.change, changed.finding FROM changed JOIN run ON run.number = changed.run"
            " WHERE run.declaration = ? AND run.at > ? ORDER BY run.at, changed.finding, changed.change",
            (self.declaration, moment(after)),
        )
        return self._read(lambda row: (datetime.fromisoformat(row[0]), Change(row[1]), str(row[2])), found)

    def declarations(self) -> tuple[str, ...]:
        """All of which runs are kept in the same place, sorted."""
        return tuple(sorted(str(name) for (name,) in self.backend.rows("SELECT DISTINCT declaration FROM run")))

    def forget(self, now: datetime, keep_days: int) -> int:
        """Delete runs that are older than so many days, and findings that were gone by then; how many runs. What is not gone stays.

        The last run, and the last that saw everything, stay whatever their age: what follows is compared with them.
        """
        runs, whole, before = self.runs(1), self.last_whole(), moment(now - timedelta(days=keep_days))
        kept = [moment(past.at) for past in (*runs, *([whole] if whole else []))]
        old = [
            number
            for number, at in self.backend.rows("SELECT number, at FROM run WHERE declaration = ? AND at < ?", (self.declaration, before))
            if at not in kept
        ]
        self.backend.many("DELETE FROM changed WHERE run = ?", [(number,) for number in old])
        self.backend.many("DELETE FROM run WHERE number = ?", [(number,) for number in old])
        self.backend.rows(
            "DELETE FROM finding WHERE declaration = ? AND gone_at < ? AND id NOT IN"
            " (SELECT changed.finding FROM changed JOIN run ON run.number = changed.run WHERE run.declaration = ?)",
            (self.declaration, before, self.declaration),
        )
        self.backend.rows("DELETE FROM letter WHERE declaration = ? AND sent_at < ?", (self.declaration, before))
        self.backend.rows(
            "DELETE FROM notice WHERE declaration = ? AND letter IS NOT NULL AND letter NOT IN (SELECT key FROM letter)",
            (self.declaration,),
        )
        return len(old)

    def _pasts(self, rest: str) -> tuple[Past, ...]:
        return self._read(read_past, self.backend.rows(f"SELECT {_RUN} FROM run {rest}", (self.declaration,)))  # noqa: S608  # likewise

    def _read(self, reader: Callable[[Row], _R], rows: list[Row]) -> tuple[_R, ...]:
        """Rows that say what guardrails never writes are damage like any other."""
        with damaged(self.backend.name):
            return tuple(map(reader, rows))


@contextmanager
def damaged(name: str) -> Iterator[None]:
    """What cannot be read of a history is told as damage.

    Raises:
        OperatorError: Instead of what reading a row raises.
    """
    try:
        yield
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise OperatorError(f"{name}: the history is damaged: {error}", remedy="put it aside, and what lies beside it too") from error


@contextmanager
def opened(archive: Archive, declaration: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[History]:
    """The history of a declaration, made when there is none. What the block adds is kept whole, or not at all when it raises.

    Raises:
        OperatorError: It cannot be read or written, others could change it, it is damaged or foreign, a newer guardrails wrote it, or
            another process did not let go of it in time.
        SecretError: The reference to the password does not lead to one.
    """
    with _transaction(archive, wait_seconds) as backend:
        migrate(backend)
        yield History(backend, declaration)


@contextmanager
def _transaction(archive: Archive, wait_seconds: float) -> Iterator[Backend]:
    if not archive.is_database:
        with in_file(Path(archive.at), wait_seconds) as file:
            yield file
        return
    from guardrails.history.postgres import in_postgres  # noqa: PLC0415  # who keeps a file needs none of it

    with in_postgres(archive.at, archive.password.resolve() if archive.password else None, wait_seconds) as schema:
        yield schema


def _is_of_others(last: Past, run: Run) -> bool:
    """Whether they have no system in common, or one that both read and nowhere in the same realm."""
    before, now = ({system: {realm for name, realm in read if name == system} for system, _ in read} for read in (last.read, run.read))
    both = before.keys() & now.keys()
    apart = bool(last.systems) and bool(run.systems) and not {*last.systems} & {*run.systems}
    return apart or any(not before[system] & now[system] for system in both)


def _marks(columns: str) -> str:
    return ", ".join("?" for _ in columns.split(", "))
