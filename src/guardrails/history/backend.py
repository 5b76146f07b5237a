"""What a database has to do for the history. Statements are SQL that SQLite and PostgreSQL both read; `?` stands for a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

__all__ = ["Backend", "Row"]

Row = tuple[Any, ...]
"""As a database takes and gives it."""


class Backend(Protocol):
    """One transaction in a database, in which nobody else writes."""

    @property
    def name(self) -> str:
        """Which one, for messages; without a password."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """What the tables are made with, where the two differ: serial, number, strict, keyed."""
        ...

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run one statement; what it gives, nothing for one that gives nothing."""
        ...

    def many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each of several rows of values, in few round trips."""
        ...

    def version(self) -> int:
        """How many steps were taken; 0 when there is nothing yet.

        Raises:
            OperatorError: What is there is another program's.
        """
        ...

    def stamp(self, version: int) -> None:
        """Write down how many steps were taken."""
        ...
