"""What is declared to be otherwise for a time: a grant, a debt or a known gap. Each covers a set, never one finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from guardrails.model.reference import NOWHERE, Place, Reference

__all__ = ["DebtException", "Exceptional", "GapException", "GrantException"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantException:
    """What somebody may hold from one day to another, beside their roles."""

    name: str
    to: Reference
    may: tuple[str, ...]
    since: date | None
    until: date
    approved: str
    risk_owner: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtException:
    """What a principal may hold beyond its ceiling for a time: a set, so that what grows beyond it is seen."""

    name: str
    of: Reference
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    until: date
    approved: str
    risk_owner: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class GapException:
    """Something that is known not to be readable for a time."""

    name: str
    of: Reference
    what: str
    until: date
    approved: str
    risk_owner: str
    place: Place = NOWHERE


Exceptional = DebtException | GapException | GrantException
