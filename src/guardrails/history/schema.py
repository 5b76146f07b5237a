"""What the file of the history looks like, and how an older one becomes a newer one. Steps are added at the end and never edited."""

from __future__ import annotations

import sqlite3

from guardrails.errors import OperatorError

__all__ = ["STEPS", "migrate", "version_of"]

_OURS = 0x67726864
"""Says in the head of the file whose it is: `grhd`."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE run (
            number INTEGER PRIMARY KEY,
            declaration TEXT NOT NULL,
            at TEXT NOT NULL,
            evidence TEXT NOT NULL,
            exit_code INTEGER NOT NULL,
            verdict TEXT NOT NULL,
            systems TEXT NOT NULL,
            gaps INTEGER NOT NULL,
            severities TEXT NOT NULL,
            verdicts TEXT NOT NULL,
            digest TEXT NOT NULL,
            UNIQUE (declaration, at)
        ) STRICT""",
        """CREATE TABLE finding (
            declaration TEXT NOT NULL,
            id TEXT NOT NULL,
            control TEXT NOT NULL,
            severity INTEGER NOT NULL,
            verdict TEXT NOT NULL,
            system TEXT NOT NULL,
            subject TEXT NOT NULL,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            gone_at TEXT,
            PRIMARY KEY (declaration, id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE change (
            run INTEGER NOT NULL REFERENCES run (number),
            finding TEXT NOT NULL,
            change TEXT NOT NULL,
            PRIMARY KEY (run, finding)
        ) STRICT, WITHOUT ROWID""",
    ),
)
"""The statements that lead from each version to the next; the first makes an empty file version 1."""


def version_of(connection: sqlite3.Connection, name: str, steps: tuple[tuple[str, ...], ...] = STEPS) -> int:
    """The version of the file; 0 when it is empty. Reads only.

    Raises:
        OperatorError: It is another program's, or a newer guardrails wrote it.
    """
    owner, version = _number(connection, "application_id"), _number(connection, "user_version")
    if owner != _OURS and (owner or version or connection.execute("SELECT 1 FROM sqlite_schema").fetchone()):
        raise OperatorError(f"{name}: it is another program's", remedy="name a file of its own under history: in the host file")
    if version > len(steps):
        raise OperatorError(
            f"{name}: a newer guardrails wrote it (version {version}, this one knows {len(steps)})", remedy="use the newer guardrails"
        )
    return version


def migrate(connection: sqlite3.Connection, name: str, steps: tuple[tuple[str, ...], ...] = STEPS) -> None:
    """Bring the file to the version that this guardrails writes, within the transaction of the caller.

    Raises:
        OperatorError: It is another program's, or a newer guardrails wrote it. It is left as it was.
    """
    version = version_of(connection, name, steps)
    if version == len(steps):
        return
    for statements in steps[version:]:
        for statement in statements:
            connection.execute(statement)
    # A pragma takes no parameter; both are numbers of ours.
    connection.execute(f"PRAGMA application_id = {_OURS}")
    connection.execute(f"PRAGMA user_version = {len(steps)}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (found,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(found)
