"""What came of a change that was put into observations."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.model.observation import Observation

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The systems that would say something else, and what is to be told of the change.

    Attributes:
        edited: Their observations as they would be.
        untold: What of the change nobody can judge; it lets nothing pass.
        assumed: What was taken for granted where the change does not tell it.
        notes: What somebody may want to know, and blocks nothing.
        evaluated: How many resources were understood.
        ignored: How many are about nothing that is judged.
    """

    edited: tuple[Observation, ...]
    untold: tuple[str, ...]
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    evaluated: int = 0
    ignored: int = 0
