"""What is declared about changing systems: how much at once, when, and what never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import get_args

from guardrails.model.changes import USUAL_LIMITS, Action, Limits
from guardrails.model.reference import NOWHERE, Place, Reference
from guardrails.model.words import Kind

__all__ = ["ACTIONS", "UNSAID", "Applying", "Guard", "Manager", "Never", "Standing", "Window", "word_of"]


def word_of(action: type[Action]) -> str:
    """What a form of action is called in the declaration: `remove-member`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in action.__name__).lstrip("-")


ACTIONS = tuple(sorted(word_of(action) for action in get_args(Action)))
"""What guardrails can do to a system, in words."""


class Guard(Enum):
    """What may not be done to something that is protected."""

    ANY = "any"
    """Nothing may be taken from it."""
    REMOVE_LAST = "remove-last"
    """Its last member stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Something that is protected, by its exact name."""

    reference: Reference
    guard: Guard = Guard.ANY
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days of a week, Monday being 0, and the hours of each, in the zone of the declaration's clock. `until` is not among them."""

    days: frozenset[int]
    since: time
    until: time

    def holds(self, moment: datetime) -> bool:
        """Whether a moment, in that zone, is inside."""
        return moment.weekday() in self.days and self.since <= moment.time() < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may be changed without asking again, when a signed record stands behind it.

    Attributes:
        approved: The record, such as `ISG-2026-030`.
        kinds: Of findings that may be ended so.
        changes: What may be done, in the words of `ACTIONS`.
        systems: Where.
        per_day: How many changes in a day, in the zone of the declaration's clock.
        until: The last day.
    """

    approved: str
    kinds: tuple[Kind, ...]
    changes: tuple[str, ...]
    systems: tuple[str, ...]
    per_day: int
    until: date
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """Something else that writes objects, and would undo what is changed behind its back.

    Attributes:
        name: Such as `terraform`.
        tag: What its objects are tagged with: a key and a value; an empty value stands for any. `None` when tags do not tell.
        objects: Objects of it, by their exact names.
        told_by: Keys of tags that say where an object is written down, such as `git_file`.
    """

    name: str
    tag: tuple[str, str] | None = None
    objects: tuple[Reference, ...] = ()
    told_by: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """The section `apply`, with the accounts for emergencies.

    Attributes:
        environment: What plans are for; a signature for another environment does not count.
        freeze: Why nothing may be changed at all; empty when it may.
        windows: When it may; at any time when there are none.
        never: What is protected, accounts for emergencies included.
        expires_hours: How long a plan may be applied after it was made.
        standing: What may be changed without asking again; `None` when nothing may.
        managers: What else writes objects; nothing that is theirs is changed behind their back.
        quorum: How many members must sign a plan, where that is more than the roster asks for.
        quarantine_days: How long what was put out of use stays before it may be deleted; `None` when it stays for good.
    """

    environment: str = "default"
    freeze: str = ""
    limits: Limits = USUAL_LIMITS
    windows: tuple[Window, ...] = ()
    never: tuple[Never, ...] = ()
    expires_hours: int = 24
    standing: Standing | None = None
    managers: tuple[Manager, ...] = ()
    quorum: int = 0
    quarantine_days: int | None = None


UNSAID = Applying()
"""Where nothing is declared."""
