"""What is declared about changing systems: how much at once, when, and what never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import Enum

from guardrails.model.changes import USUAL_LIMITS, Limits
from guardrails.model.reference import NOWHERE, Place, Reference

__all__ = ["UNSAID", "Applying", "Guard", "Never", "Window"]


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
class Applying:
    """The section `apply`, with the accounts for emergencies.

    Attributes:
        environment: What plans are for; a signature for another environment does not count.
        freeze: Why nothing may be changed at all; empty when it may.
        windows: When it may; at any time when there are none.
        never: What is protected, accounts for emergencies included.
        expires_hours: How long a plan may be applied after it was made.
        quorum: How many members must sign a plan, where that is more than the roster asks for.
    """

    environment: str = "default"
    freeze: str = ""
    limits: Limits = USUAL_LIMITS
    windows: tuple[Window, ...] = ()
    never: tuple[Never, ...] = ()
    expires_hours: int = 24
    quorum: int = 0


UNSAID = Applying()
"""Where nothing is declared."""
