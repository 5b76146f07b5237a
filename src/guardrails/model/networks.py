"""Named sets of addresses as declared, and the allowlists that are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from guardrails.model.facts import Pairs
from guardrails.model.reference import NOWHERE, Place, Scope
from guardrails.model.words import Direction, RecordForm

__all__ = ["AddressGuard", "Allowlist", "FamilyGuard", "InventorySelector", "Network", "Published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySelector:
    """The records of an inventory that a network consists of: those of one form that have all the attributes."""

    system: str
    form: RecordForm
    attributes: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyGuard:
    """A limit for the addresses of one family; `None` asks nothing.

    Attributes:
        addresses: How many addresses.
        prefixes: How many CIDRs when written as few as possible.
        widest: The shortest prefix length of a record.
    """

    addresses: int | None = None
    prefixes: int | None = None
    widest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGuard:
    """Limits that an inventory cannot move: outside of them a network counts as not known."""

    v4: FamilyGuard = FamilyGuard()
    v6: FamilyGuard = FamilyGuard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Addresses that somebody publishes, kept in a JSON file of the declaration and pinned by its SHA-256."""

    file: str
    pointer: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A named set of addresses: written out, published, or told by an inventory."""

    name: str
    cidrs: tuple[str, ...] = ()
    inventory: InventorySelector | None = None
    published: Published | None = None
    at_least: AddressGuard | None = None
    at_most: AddressGuard | None = None
    owner: str = ""
    vendor: str = ""
    until: date | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowlist:
    """Who may, and who must be able to, reach a target. `target` is in the words of the system, such as `security-group/sms-api`."""

    name: str
    scope: Scope
    target: str
    direction: Direction
    ports: tuple[str, ...]
    may_from: tuple[str, ...]
    must_from: tuple[str, ...] = ()
    owner: str = ""
    place: Place = NOWHERE
