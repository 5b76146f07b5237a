"""What systems write down of themselves: records of an inventory, what is logged where, what was used, and how an object is set up.

`guardrails.model.facts` has them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guardrails.model.reference import Ref
from guardrails.model.words import RecordForm, State

__all__ = ["Device", "LastUsed", "NetworkRecord", "Pairs", "Setting", "Trail", "Use"]

Pairs = tuple[tuple[str, str], ...]
"""A sorted map from text to text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecord:
    """A record of the network inventory. `attributes` holds status, role, tenant, vrf, site, tags (`tag/NAME`)."""

    ref: Ref
    form: RecordForm
    addresses: tuple[str, ...]
    attributes: Pairs = ()
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Where a system writes down what is asked of it, such as an audit device.

    Attributes:
        form: The system's word, such as `file`, `syslog` or `socket`.
        attributes: What it is set up with, without anything secret.
    """

    ref: Ref
    form: str
    state: State = State.ACTIVE
    attributes: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A machine of the inventory, real or virtual. Nothing judges one yet.

    Attributes:
        ref: The record of it, by its own id.
        state: Whether it is said to be in use.
        serial: Of its maker; empty when none is recorded.
        attributes: Status, role, type, tenant, site and so on, tags (`tag/NAME`) and custom fields (`cf.NAME`).
        owner: As the inventory names it; empty for nobody.
    """

    ref: Ref
    state: State = State.UNKNOWN
    serial: str = ""
    attributes: Pairs = ()
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one object of a system is set up, in the system's own words, for its meaning to read.

    Attributes:
        ref: The object by its own immutable id.
        form: The system's word for its type, such as `ldap` for an auth mount.
        text: Canonical JSON of the fields that are kept, by a list of them, so that nothing secret is among them.
        pointer: Where it was read.
    """

    ref: Ref
    form: str
    text: str
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUsed:
    """When something was last used, or tried; `None`: not as far back as the system remembers.

    `name` is a service, such as `s3`, or an action of it, such as `s3:CreateBucket`.
    """

    name: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a system has on record of a principal's use of its permissions. Of what is not among `entries` it says nothing.

    `seen_at` is when the system made the record.
    """

    ref: Ref
    holder: Ref
    entries: tuple[LastUsed, ...]
    seen_at: datetime | None = None
