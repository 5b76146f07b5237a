"""Reads the fields of a signed JSON document into typed values, and collects every mistake instead of stopping at the first."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from guardrails.trust.canonical import JSON

__all__ = ["Form"]

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Form:
    """One JSON object with named fields.

    A field that is missing or wrong leaves a mistake and yields a stand-in, so that reading goes on. Whoever reads must look at
    `mistakes` before using anything.
    """

    __slots__ = ("_fields", "_where", "mistakes")

    def __init__(self, value: JSON, where: str, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        self._where = where
        self._fields: dict[str, JSON] = {}
        if isinstance(value, dict):
            self._fields = value
        else:
            mistakes.append(f"{where or 'the document'} must be an object")

    def complain(self, name: str, problem: str) -> None:
        """Note that a field is wrong, and where it stands."""
        path = ".".join(part for part in (self._where, name) if part)
        self.mistakes.append(f"{path} {problem}")

    def require_only(self, *names: str) -> None:
        """Every name must be there, and no other."""
        for missing in [name for name in names if name not in self._fields]:
            self.complain(missing, "is missing")
        for unknown in sorted(self._fields.keys() - set(names)):
            self.complain(unknown[:60], "is not a field")

    def text(self, name: str, shape: re.Pattern[str], meaning: str) -> str:
        """Text of the given shape; `meaning` says in words what it must be."""
        value = self._fields.get(name, "")
        if isinstance(value, str) and shape.fullmatch(value):
            return value
        self._refuse(name, f"must be {meaning}")
        return ""

    def constant(self, name: str, expected: str) -> None:
        """Exactly this text, such as the name of the schema."""
        self.text(name, re.compile(re.escape(expected)), repr(expected))

    def optional_text(self, name: str, shape: re.Pattern[str], meaning: str) -> str | None:
        """Text of the given shape, or null."""
        return None if self._fields.get(name, "") is None else self.text(name, shape, f"{meaning}, or null")

    def day(self, name: str) -> date:
        """A date, `2026-11-25`."""
        value = self._fields.get(name)
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self._refuse(name, f"is not a day of the calendar: {value}")
                return date.min
        self._refuse(name, "must be a date such as 2026-11-25")
        return date.min

    def optional_day(self, name: str) -> date | None:
        """A date, or null for none."""
        return None if self._fields.get(name, "") is None else self.day(name)

    def count(self, name: str) -> int:
        """A whole number from 1."""
        value = self._fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._refuse(name, "must be a whole number from 1")
        return 1

    def optional_count(self, name: str) -> int | None:
        """A whole number from 1, or null for no limit."""
        return None if self._fields.get(name, "") is None else self.count(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._fields.get(name)
        if isinstance(value, bool):
            return value
        self._refuse(name, "must be true or false")
        return True

    def items(self, name: str) -> list[JSON]:
        """A list that is not empty."""
        value = self._fields.get(name)
        if isinstance(value, list) and value:
            return value
        self._refuse(name, "must be a list with at least one entry")
        return []

    def entries(self, name: str) -> dict[str, JSON]:
        """An object that is not empty, with names of its own."""
        value = self._fields.get(name)
        if isinstance(value, dict) and value:
            return value
        self._refuse(name, "must be an object with at least one entry")
        return {}

    def _refuse(self, name: str, problem: str) -> None:
        # A missing field was already told by `require_only`.
        if name in self._fields:
            self.complain(name, problem)
