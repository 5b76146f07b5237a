"""What is known of changes that were judged, approved and made; a change is named by the digest that the gate gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guardrails.model.reference import NOWHERE, Place

__all__ = ["ChangeRegister", "Changes", "Judged", "Made", "Registered"]


@dataclass(frozen=True, slots=True)
class ChangeRegister:
    """The folder of the records that approve changes, beside the declaration."""

    path: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Judged:
    """The gate judged a change: `verdict` is `passed`, `blocked` or `untold`."""

    change: str
    verdict: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """A change was let through to be made; `record` is the one that was verified then, empty for none."""

    change: str
    record: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """A record about changes. `refusal` says why it does not stand today, empty when it does; one that `is_over` stood for its time."""

    record: str
    changes: frozenset[str]
    refusal: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The register of changes beside the audit log of one host.

    Attributes:
        registered: Every record of the register.
        judged: Every verdict that the log holds, in its order.
        made: Every change that was let through, in the order of the log.
        unread: Why either could not be read; then nothing is told of the rest.
    """

    registered: tuple[Registered, ...] = ()
    judged: tuple[Judged, ...] = ()
    made: tuple[Made, ...] = ()
    unread: str = ""
