"""What a connector can say about a system. Facts, never verdicts; every value that was not seen is a `NotSeen` with its reason.

Times are aware and in UTC. Sets are sorted tuples, so that order never makes a difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guardrails.model.records import Device, LastUsed, NetworkRecord, Pairs, Setting, Trail, Use
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, CredentialForm, Custody, Direction, EdgeKind, GapReason, PrincipalForm, State, Transit

__all__ = [
    "Account",
    "AddressList",
    "Asset",
    "Credential",
    "DefaultEncryption",
    "Device",
    "Edge",
    "Exposure",
    "Fact",
    "Gap",
    "Key",
    "LastUsed",
    "NetworkRecord",
    "NotSeen",
    "Pairs",
    "Policy",
    "Principal",
    "Protection",
    "Reading",
    "Setting",
    "Trail",
    "Unit",
    "Use",
]


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A value that was asked for and not seen."""

    reason: GapReason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A realm that ids belong to: a cloud account, a Vault namespace, a directory.

    `sets` are the names of the declared sets that it belongs to; an account of none of them was seen and not read. `within` is the `Unit`
    that it lies directly in, where there is one and it was read. `regions` are those in use, where all others are said to be closed.
    """

    ref: Ref
    sets: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    state: State = State.ACTIVE
    within: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A level of an organisation, above its accounts. Only the organisation itself lies `within` nothing.

    `resource` is the name by which policies know it, where it was seen.
    """

    ref: Ref
    within: Ref | None = None
    resource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody or something that can hold permissions, groups included.

    `names` holds the keys by which people are joined across systems, such as `uid`, `mail`, `tag/uid` or `alias`.
    `resource` is the full name by which policies know it (an ARN, a DN, a Vault path).
    """

    ref: Ref
    form: PrincipalForm
    state: State = State.ACTIVE
    resource: str = ""
    names: Pairs = ()
    tags: Pairs = ()
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    managed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Something that proves to be a principal; never its value."""

    ref: Ref
    holder: Ref
    form: CredentialForm
    state: State = State.ACTIVE
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A document of the system's own policy language, as canonical text; `EdgeKind` says what it does for whom."""

    ref: Ref
    text: str
    managed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something worth protecting; `resource` is the name that selectors and policies match."""

    ref: Ref
    resource: str
    region: str = ""
    tags: Pairs = ()
    created_at: datetime | None = None
    managed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An encryption key. `rotation_days` is 0 when it is never rotated; `leaves` are the ways in which it can be taken out or lost."""

    ref: Ref
    resource: str
    custody: Custody | NotSeen
    state: State
    rotation_days: int | NotSeen
    aliases: tuple[str, ...] = ()
    tags: Pairs = ()
    managed_by: str = ""
    leaves: tuple[str, ...] | NotSeen = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How one asset is encrypted. `key` is the full name of the key as the system tells it, or empty.

    `None` means that this way does not apply to the asset; a way that applies and was not seen is a `NotSeen`.
    """

    asset: Ref
    at_rest: AtRest | NotSeen | None
    in_transit: Transit | NotSeen | None = None
    key: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultEncryption:
    """What a service does with new assets when nothing is asked, such as EBS in one region."""

    ref: Ref
    at_rest: AtRest | NotSeen
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One rule that lets addresses reach a target.

    Attributes:
        ref: The rule itself, by its own id.
        target: What it guards, such as a security group.
        ports: As `443/tcp`, `1000-2000/udp` or `all`.
        addresses: CIDRs, addresses or `first-last` ranges; of a rule that names something not seen, what it lets in at most.
        through: A list of addresses or another group that the rule names in place of addresses; `None` for none.
    """

    ref: Ref
    target: Ref
    direction: Direction
    ports: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    through: Ref | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressList:
    """A named list of addresses in a system, such as a managed prefix list."""

    ref: Ref
    addresses: tuple[str, ...]
    version: str = ""
    managed_by: str = ""
    tags: Pairs = ()


Fact = (
    Account
    | Principal
    | Credential
    | Policy
    | Asset
    | Key
    | Protection
    | DefaultEncryption
    | Exposure
    | AddressList
    | NetworkRecord
    | Trail
    | Device
    | Setting
    | Unit
    | Use
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Two objects that hang together. `provenance` points at where that was read."""

    kind: EdgeKind
    source: Ref
    target: Ref
    provenance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What was not seen, and why. It is a finding, blocks removals under it, and makes the answer "cannot tell".

    `what` names the kind of thing that is missing in the realm (`iam`, `s3`, `policies`); `subject` narrows it to one
    object; both are matched by `exceptions: {gap: ...}`. `rights` are those that would close it, in the words of `Observer.rights`: always
    when it was denied, and else where a right that is lacking can look like this.
    """

    system: str
    realm: str
    what: str
    reason: GapReason
    message: str
    subject: Ref | None = None
    remedy: str = ""
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Evidence that one kind of thing was read to its end in one realm (the end of its pages).

    `counted` is the system's own count where it has one; `calls` is how many requests it took.
    """

    system: str
    realm: str
    what: str
    items: int
    pages: int = 1
    calls: int = 1
    counted: int | None = None
