"""What is still to be told to somebody, in the same transactions as the runs, so that nothing that was kept is forgotten to be told.

Notices wait until they are written into a letter; a letter is kept until it is sent. Who sends one claims it for a while. When it dies, or
the receiver does not answer, the same letter with the same key is sent again: at least once, and never as another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from guardrails.history.backend import Backend
from guardrails.history.rows import moment

__all__ = ["Letter", "Outbox", "Unsent"]

_CLAIM = timedelta(minutes=5)
"""Longer than sending can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent. The key stays the same however often it is."""

    key: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A letter that nobody has taken yet."""

    recipient: str
    made_at: datetime
    tries: int
    failure: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """Of one declaration, within one transaction."""

    backend: Backend
    declaration: str

    def note(self, recipient: str, at: datetime, said: Iterable[str]) -> None:
        """Keep what is to be told to a recipient."""
        self.backend.many(
            "INSERT INTO notice (declaration, recipient, at, said) VALUES (?, ?, ?, ?)",
            [(self.declaration, recipient, moment(at), one) for one in said],
        )

    def noted_since(self, recipient: str, after: datetime) -> tuple[str, ...]:
        """What was to be told later than a moment, sent or not."""
        found = self.backend.rows(
            "SELECT said FROM notice WHERE declaration = ? AND recipient = ? AND at > ? ORDER BY number",
            (self.declaration, recipient, moment(after)),
        )
        return tuple(str(said) for (said,) in found)

    def waiting(self, recipient: str) -> tuple[tuple[int, str], ...]:
        """What is in no letter yet, oldest first: numbers and what is said."""
        found = self.backend.rows(
            "SELECT number, said FROM notice WHERE declaration = ? AND recipient = ? AND letter IS NULL ORDER BY number",
            (self.declaration, recipient),
        )
        return tuple((int(number), str(said)) for number, said in found)

    def may_write(self, recipient: str, now: datetime, per_hour: int) -> bool:
        """Whether the one before is sent, and there were not too many within the hour."""
        ((unsent, lately),) = self.backend.rows(
            "SELECT coalesce(sum(CASE WHEN sent_at IS NULL THEN 1 ELSE 0 END), 0),"
            " coalesce(sum(CASE WHEN made_at > ? THEN 1 ELSE 0 END), 0) FROM letter WHERE declaration = ? AND recipient = ?",
            (moment(now - timedelta(hours=1)), self.declaration, recipient),
        )
        return not unsent and int(lately) < per_hour

    def write(self, recipient: str, now: datetime, letter: Letter, numbers: Iterable[int]) -> None:
        """Keep a letter that tells these notices."""
        self.backend.rows(
            "INSERT INTO letter (key, declaration, recipient, made_at, body) VALUES (?, ?, ?, ?, ?)",
            (letter.key, self.declaration, recipient, moment(now), letter.body),
        )
        self.backend.many("UPDATE notice SET letter = ? WHERE number = ?", [(letter.key, number) for number in numbers])

    def claim(self, recipient: str, now: datetime) -> tuple[Letter, ...]:
        """The letters that are to be sent now, for a while by nobody else."""
        found = self.backend.rows(
            "SELECT key, body FROM letter WHERE declaration = ? AND recipient = ? AND sent_at IS NULL"
            " AND (claimed_at IS NULL OR claimed_at < ?) ORDER BY made_at, key",
            (self.declaration, recipient, moment(now - _CLAIM)),
        )
        for key, _ in found:
            self.backend.rows("UPDATE letter SET claimed_at = ?, tries = tries + 1 WHERE key = ?", (moment(now), key))
        return tuple(Letter(key=str(key), body=str(body)) for key, body in found)

    def sent(self, key: str, now: datetime) -> None:
        """It was taken."""
        self.backend.rows("UPDATE letter SET sent_at = ?, failure = '' WHERE key = ?", (moment(now), key))

    def failed(self, key: str, failure: str) -> None:
        """It was not, and may be tried again at once."""
        self.backend.rows("UPDATE letter SET claimed_at = NULL, failure = ? WHERE key = ?", (failure, key))

    def unsent(self) -> tuple[Unsent, ...]:
        """All that nobody has taken yet, oldest first."""
        found = self.backend.rows(
            "SELECT recipient, made_at, tries, failure FROM letter WHERE declaration = ? AND sent_at IS NULL ORDER BY made_at, key",
            (self.declaration,),
        )
        return tuple(
            Unsent(recipient=str(name), made_at=datetime.fromisoformat(made), tries=int(tries), failure=str(failure))
            for name, made, tries, failure in found
        )
