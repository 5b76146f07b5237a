"""What is written while a declaration grows out of what is: sections of entries, each with a name that nothing else has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from guardrails.model.declaration import Declaration

__all__ = ["Entry", "Sections"]

Entry = dict[str, object]
"""Plain maps, lists and texts, in the order in which they are written."""

_LONG = 60
_PLAIN = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Sections:
    """The new entries. `declared` are the names that the declaration has already; every entry is to be reviewed by a day."""

    declared: Mapping[str, frozenset[str]]
    review_by: date
    entries: dict[str, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def beside(cls, declaration: Declaration, review_by: date) -> Sections:
        """Nothing yet, beside a declaration."""
        sections = ("classes", "assets", "networks", "allowlists", "entitlements", "roles", "workloads")
        return cls({section: frozenset(entry.name for entry in getattr(declaration, section)) for section in sections}, review_by)

    def add(self, section: str, wanted: str, entry: Entry) -> str:
        """Add an entry that says what was found, and return its name: the one that is wanted, made plain, or the next that is free."""
        known = self.entries.setdefault(section, {})
        taken = self.declared.get(section, frozenset()) | known.keys()
        plain = _PLAIN.sub("-", wanted).strip("-.")[:_LONG] or "found"
        name = next(n for n in (plain, *(f"{plain}-{at}" for at in range(2, len(taken) + 3))) if n not in taken)
        known[name] = {**entry, "origin": "adopted", "review-by": self.review_by.isoformat()}
        return name

    def say(self, section: str, field: str, value: object) -> None:
        """Set a field of a section that has no entries with names."""
        self.entries.setdefault(section, {})[field] = value

    @property
    def counts(self) -> Counter[str]:
        """How many entries each section got."""
        return Counter({section: len(entries) for section, entries in self.entries.items()})


def listed(texts: Iterable[str]) -> list[str]:
    """Sorted, each once."""
    return sorted(set(texts))
