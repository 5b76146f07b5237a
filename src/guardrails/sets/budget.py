"""How much work a question may cost before the answer is "undecided"."""

from __future__ import annotations

__all__ = ["STATES", "STEPS", "BudgetExceededError"]

STATES = 5_000
"""Automaton states one emptiness question may visit."""

STEPS = 5_000
"""Boxes one region question may split."""


class BudgetExceededError(Exception):
    """The question is too hard for its budget. It has no answer: neither empty nor non-empty may be assumed."""
