"""How the parts of a copy of a database are known again: by the tags that its steps set, and by names that are made of what is copied."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from guardrails.model.facts import Pairs

__all__ = ["CHECKED", "COPY_OF", "STEP", "Mark", "is_ours", "kept_tags", "mark_of"]

COPY_OF = "guardrails-copy-of"
"""The tag of everything that a copy is made of, with what is copied: its mark."""
STEP = "guardrails-copy-step"
"""The tag of a snapshot, with the step that made it."""
CHECKED = "guardrails-copy-checked"
"""The tag of a restored instance, with which somebody says that it holds what the old one did."""

_LONGEST = 63
_OURS = "-guardrails-"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What is copied: the id that the instance never loses, and the name that the copy is to have in the end."""

    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.id}/{self.name}"

    @property
    def old(self) -> str:
        """What the instance is called once its copy has its name."""
        return _fitting(self.name, "-before-copy")

    @property
    def new(self) -> str:
        """What the copy is called until then."""
        return _fitting(self.name, "-encrypted")

    def snapshot(self, step: str) -> str:
        """The name of a snapshot. Another instance of the same name has another one: what is left of its copy is not taken for ours."""
        return f"{self.name}{_OURS}{hashlib.sha256(str(self).encode()).hexdigest()[:8]}-{step}"


def mark_of(tags: Pairs) -> Mark | None:
    """The mark in some tags."""
    identifier, found, name = dict(tags).get(COPY_OF, "").rpartition("/")
    return Mark(identifier, name) if found and identifier and name else None


def is_ours(snapshot: str, tags: Pairs) -> bool:
    """Whether a snapshot may belong to a copy, by its name or its tags."""
    return _OURS in snapshot or COPY_OF in dict(tags)


def kept_tags(tags: Pairs) -> Pairs:
    """What a copy inherits: not the marks of an earlier one, and not what AWS alone can set."""
    return tuple((key, value) for key, value in tags if key not in {COPY_OF, STEP, CHECKED} and not key.startswith("aws:"))


def _fitting(name: str, ending: str) -> str:
    """A name of an instance has 63 characters at most, and no two hyphens in a row."""
    return name[: _LONGEST - len(ending)].rstrip("-") + ending
