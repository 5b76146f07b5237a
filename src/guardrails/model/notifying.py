"""Who is told what changed, and how: the section `notify`. Addresses and keys are references to secrets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from guardrails.model.reference import NOWHERE, Place
from guardrails.model.words import Severity
from guardrails.secret import SecretRef

__all__ = ["USUAL_EVENTS", "Apprise", "Event", "Mail", "Ping", "Recipient", "Way", "Webhook"]


class Event(Enum):
    """What somebody can be told of."""

    NEW = "new"
    WORSENED = "worsened"
    GAP = "gap"
    """Something cannot be seen any more, or again."""
    OVERDUE = "overdue"
    RESOLVED = "resolved"
    HEARTBEAT = "heartbeat"
    """No run saw everything for longer than declared."""
    INCIDENT = "incident"
    """An account for emergencies was used; nothing sees that yet."""


USUAL_EVENTS = frozenset(Event) - {Event.INCIDENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A POST of JSON to a URL, signed with a key that both sides know."""

    url: SecretRef
    key: SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail, handed to one server over TLS; `implicit` from the first byte, else after STARTTLS."""

    server: str
    port: int
    to: tuple[str, ...]
    sender: str
    implicit: bool = False
    user: str = ""
    password: SecretRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    """Whatever the library of that name can reach, by its URL."""

    url: SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A URL that is asked for after each run that saw everything, at a service that misses it."""

    url: SecretRef


Way = Webhook | Mail | Apprise | Ping


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One that is told.

    Attributes:
        events: Of what.
        severity: Of findings that are at least so severe.
        per_hour: In so many letters an hour at most; what is left waits for the next one.
    """

    name: str
    way: Way
    events: frozenset[Event] = USUAL_EVENTS
    severity: Severity = Severity.LOW
    per_hour: int = 6
    place: Place = NOWHERE
