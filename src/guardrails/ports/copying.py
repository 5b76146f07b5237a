"""Copies of what cannot be changed where it is: asked of those connectors alone that know how one is made in their system."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from guardrails.model.copies import CopyPlan
from guardrails.model.facts import Asset, Key
from guardrails.model.findings import Finding
from guardrails.model.observation import Observation
from guardrails.model.words import AtRest

__all__ = ["Copying", "Demand", "Demanded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How an asset must be encrypted by its class.

    Attributes:
        at_rest: At least so.
        key: The key that all else has that is declared together with it; `None` where that is not plain.
        fitting: The keys that were seen and would do: in use, of the same account, and held by whom the class demands.
        keep_days: How long what was copied stays; `None` for good.
        owner: Whose the asset is.
    """

    at_rest: AtRest
    key: Key | None = None
    fitting: tuple[Key, ...] = ()
    keep_days: int | None = None
    owner: str = ""


Demanded = Callable[[Asset], Demand | None]
"""What the class of an asset demands, as it is or as it will be called; `None` for one without a class."""


@runtime_checkable
class Copying(Protocol):
    """A connector that can say how something is copied, and how far a copy is."""

    def copies(self, weak: Iterable[Finding], observation: Observation, demanded: Demanded, at: datetime) -> tuple[CopyPlan, ...]:
        """The copies of assets that are encrypted too weakly, and what is left to do of every other copy that was begun. Pure."""
        ...
