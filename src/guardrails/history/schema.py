"""What the tables of the history look like, and how older ones become newer ones. Steps are added at the end and never edited."""

from __future__ import annotations

from guardrails.errors import OperatorError
from guardrails.history.backend import Backend

__all__ = ["STEPS", "migrate", "refuse_newer"]

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE run (
            number {serial},
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
        ) {strict}""",
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
        ) {keyed}""",
        """CREATE TABLE change (
            run {number} NOT NULL REFERENCES run (number),
            finding TEXT NOT NULL,
            change TEXT NOT NULL,
            PRIMARY KEY (run, finding)
        ) {keyed}""",
    ),
    (
        # what an older version could not see it did not write down, so nothing is gone by it
        "ALTER TABLE run ADD COLUMN read TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE run ADD COLUMN holes TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE run ADD COLUMN whole INTEGER NOT NULL DEFAULT 0",
        "UPDATE run SET whole = 1 WHERE gaps = 0",
        'UPDATE run SET holes = \'[["", ""]]\' WHERE gaps > 0',
        "ALTER TABLE finding ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE finding ADD COLUMN known INTEGER NOT NULL DEFAULT 0",
        'ALTER TABLE finding ADD COLUMN rests_on TEXT NOT NULL DEFAULT \'[["", ""]]\'',
        "ALTER TABLE finding ADD COLUMN since TEXT NOT NULL DEFAULT ''",
        "UPDATE finding SET since = first_seen",
        "ALTER TABLE finding ADD COLUMN reopened INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE finding ADD COLUMN overdue_at TEXT",
        # one finding may now change in two ways in one run: worse, and overdue
        """CREATE TABLE changed (
            run {number} NOT NULL REFERENCES run (number),
            finding TEXT NOT NULL,
            change TEXT NOT NULL,
            PRIMARY KEY (run, finding, change)
        ) {keyed}""",
        "INSERT INTO changed (run, finding, change) SELECT run, finding, change FROM change",
        "DROP TABLE change",
    ),
    (
        """CREATE TABLE notice (
            number {serial},
            declaration TEXT NOT NULL,
            recipient TEXT NOT NULL,
            at TEXT NOT NULL,
            said TEXT NOT NULL,
            letter TEXT
        ) {strict}""",
        """CREATE TABLE letter (
            key TEXT NOT NULL PRIMARY KEY,
            declaration TEXT NOT NULL,
            recipient TEXT NOT NULL,
            made_at TEXT NOT NULL,
            body TEXT NOT NULL,
            claimed_at TEXT,
            tries INTEGER NOT NULL DEFAULT 0,
            failure TEXT NOT NULL DEFAULT '',
            sent_at TEXT
        ) {keyed}""",
        "CREATE INDEX letter_waiting ON letter (declaration, recipient, sent_at)",
    ),
)
"""The statements that lead from each version to the next; the first makes what is empty version 1."""


def refuse_newer(backend: Backend, steps: tuple[tuple[str, ...], ...] = STEPS) -> int:
    """The version of what is there, 0 when nothing is. Reads only.

    Raises:
        OperatorError: It is another program's, or a newer guardrails wrote it.
    """
    version = backend.version()
    if version > len(steps):
        raise OperatorError(
            f"{backend.name}: a newer guardrails wrote it (version {version}, this one knows {len(steps)})",
            remedy="use the newer guardrails",
        )
    return version


def migrate(backend: Backend, steps: tuple[tuple[str, ...], ...] = STEPS) -> None:
    """Bring what is there to the version that this guardrails writes, within the transaction of the caller.

    Raises:
        OperatorError: It is another program's, or a newer guardrails wrote it. It is left as it was.
    """
    version = refuse_newer(backend, steps)
    if version == len(steps):
        return
    for statements in steps[version:]:
        for statement in statements:
            backend.rows(statement.format(**backend.words) if "{" in statement else statement)
    backend.stamp(len(steps))
