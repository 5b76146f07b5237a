"""What earlier runs say beside a report: since when something is so, how it has been, and what is otherwise since the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from guardrails.model.words import Severity, Verdict
from guardrails.reports.trend import Earlier

__all__ = ["NOTHING_BEFORE", "WORDS", "Before", "Changed", "Standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Since when a finding is so.

    Attributes:
        since: The run since which it is so without having been gone.
        due: By when it has to be gone; `None` without a deadline.
        reopened: How often it came back.
    """

    first_seen: datetime
    since: datetime
    due: datetime | None = None
    reopened: int = 0

    def days(self, at: datetime) -> int:
        """Its age in whole days."""
        return max(0, (at - self.since).days)

    def is_overdue(self, at: datetime) -> bool:
        """Whether its deadline has passed."""
        return self.due is not None and self.due < at

    def told(self, at: datetime) -> str:
        """In a line."""
        back = f", back {self.reopened} times, since {_minute(self.since)}" if self.reopened else ""
        late = " overdue," if self.is_overdue(at) else ""
        due = f";{late} due {_minute(self.due)}" if self.due else ""
        return f"{_minute(self.first_seen)}{back}{due}"


_NEVER: Mapping[str, Standing] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One finding that is otherwise than it was, and may not be in this report any more."""

    id: str
    control: str
    severity: Severity
    verdict: Verdict
    subject: str


WORDS: Mapping[str, str] = MappingProxyType(
    {
        "new": "new",
        "gone": "gone",
        "back": "back",
        "worsened": "worsened",
        "overdue": "overdue",
        "untold": "not told any more, which is not gone",
    }
)
"""What can become of a finding, in the order in which it is told, and how it is counted."""
_ALWAYS = {"new", "gone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The past of one run.

    Attributes:
        earlier: The runs before it, oldest first.
        standing: By the id of a finding, since when it is so; what is not in it is not known.
        since: The moment with which it is compared; `None` when there is none.
        changed: By the words of `WORDS`, what is otherwise since then.
        last_whole: When the last run was that saw everything, this one too.
        missed: Since when no run saw everything, where that is longer than declared.
    """

    earlier: tuple[Earlier, ...] = ()
    standing: Mapping[str, Standing] = field(default_factory=lambda: _NEVER)
    since: datetime | None = None
    changed: Mapping[str, tuple[Changed, ...]] = field(default_factory=lambda: MappingProxyType({}))
    last_whole: datetime | None = None
    missed: datetime | None = None

    def __str__(self) -> str:
        """In a line; empty when there is nothing to compare with."""
        if self.since is None:
            return ""
        counts = ((len(self.changed.get(word, ())), word, said) for word, said in WORDS.items())
        told = ", ".join(f"{number} {said}" for number, word, said in counts if number or word in _ALWAYS)
        return f"{told} since {_minute(self.since)}"

    @property
    def warning(self) -> str:
        """That runs were missed; empty when none was."""
        return f"no run saw everything between {_minute(self.missed)} and this one, longer than declared" if self.missed else ""


NOTHING_BEFORE = Before()
"""What holds without a history."""


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
