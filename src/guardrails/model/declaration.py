"""What is declared, once read: frozen, references kept as written, every entry with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guardrails.model.applying import UNSAID, Applying
from guardrails.model.change_control import ChangeRegister
from guardrails.model.exceptions import Exceptional
from guardrails.model.facts import Pairs
from guardrails.model.networks import Allowlist, Network
from guardrails.model.notifying import Recipient
from guardrails.model.reference import NOWHERE, Place, Reference, Scope
from guardrails.model.words import AtRest, Severity, Transit

__all__ = [
    "Adopted",
    "Clause",
    "Clock",
    "Credentials",
    "Declaration",
    "DeclaredAsset",
    "DeclaredClass",
    "Entitlement",
    "Join",
    "PeopleSource",
    "Role",
    "System",
    "Team",
    "Trust",
    "Vendor",
    "Workload",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system to read. `settings` is what its connector understands; the core never looks inside.

    Paths in the settings are relative to `folder`, where the declaration lies. `owner` answers for what nothing else has an owner for.
    """

    name: str
    connector: str
    sets: tuple[str, ...] = ()
    settings: object = None
    owner: str = ""
    folder: str = field(default="", compare=False)
    place: Place = NOWHERE

    @property
    def is_inventory(self) -> bool:
        """Whether it tells which addresses are whose."""
        return self.connector == "netbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How time is read, and how long what may stand.

    Attributes:
        timezone: Says when a day ends (IANA).
        evidence_max_age_hours: An observation that is older is not judged by.
        heartbeat_hours: After so long a run that sees everything is missed; 0 for as long as evidence counts.
        deadlines: Hours that a finding may stand, by its severity; what is not there has no deadline.
    """

    timezone: str = "UTC"
    evidence_max_age_hours: int = 24
    heartbeat_hours: int = 0
    deadlines: tuple[tuple[Severity, int], ...] = ()

    @property
    def heartbeat(self) -> timedelta:
        """After how long a run that sees everything is missed."""
        return timedelta(hours=self.heartbeat_hours or self.evidence_max_age_hours)

    @property
    def allowed(self) -> Mapping[Severity, timedelta]:
        """How long a finding of each severity may stand."""
        return {severity: timedelta(hours=hours) for severity, hours in self.deadlines}

    def day(self, moment: datetime) -> date:
        """The day that a moment belongs to."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def end_of(self, day: date) -> datetime:
        """The last moment of a day."""
        return datetime.combine(day, time.max, ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """An owner that outlives its people; `groups` are where its people are listed, `notify` is who is told of what it owns."""

    name: str
    groups: tuple[Reference, ...] = ()
    notify: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSource:
    """A directory that says who exists; `name` is the attribute by which `person:NAME` knows them."""

    system: str
    name: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """How an account is recognised as a person's: its `key` among `Principal.names` equals the person's `attribute`.

    An empty `kind` means every principal of the system.
    """

    system: str
    key: str
    attribute: str
    kind: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredClass:
    """The protection that a classification requires, `extends` already folded in. `rotation_days` 0 asks nothing.

    With `own_key`, no two assets share a key; with `key_kept`, no key can be taken out, copied in plain or deleted at once.
    """

    name: str
    rank: int
    at_rest: AtRest = AtRest.NONE
    in_transit: Transit = Transit.OPTIONAL
    rotation_days: int = 0
    own_key: bool = False
    key_kept: bool = False
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredAsset:
    """An asset with its class, owner and the selectors that find it in each scope; its own policy may let strangers in, `shared_with`."""

    name: str
    class_name: str
    owner: str
    accepted: str = ""
    shared_with: tuple[Reference, ...] = ()
    match: tuple[tuple[Scope, tuple[str, ...]], ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part of an entitlement in one scope: native verbs on native names, or on the entitlement's asset; less what is left out.

    `conditions` are the tests of a request that must all hold, in the system's words: operator, key, values.
    """

    scope: Scope
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    on_asset: bool = False
    but_actions: tuple[str, ...] = ()
    but_resources: tuple[str, ...] = ()
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """A named bundle of permissions."""

    name: str
    asset: str = ""
    clauses: tuple[Clause, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """People who may and must hold entitlements: `members` by person or group, `through` what they become in a system."""

    name: str
    members: tuple[Reference, ...] = ()
    through: tuple[Reference, ...] = ()
    may: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    owner: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How a workload may prove who it is. `max_age_hours` 0 asks nothing."""

    static: bool = True
    max_age_hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is not a person: what it is, who may become it, what it may and must do.

    `audiences` are patterns of those for whom the tokens of identity providers have to be; of any when there are none. `claims` are
    patterns of what else they have to say, by the name of the claim.
    """

    name: str
    principals: tuple[Reference, ...] = ()
    assumed_by: tuple[Reference, ...] = ()
    audiences: tuple[str, ...] = ()
    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()
    may: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    credentials: Credentials | None = None
    owner: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A principal of ours that a vendor may become."""

    principal: Reference
    by: Reference
    external_id_required: bool
    may: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor, assessed until a date."""

    name: str
    valid_until: date | None
    owner: str = ""
    trusts: tuple[Trust, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """An entry that says what was found, and that nobody has looked at yet: `section` such as `workloads`, to be reviewed by a day."""

    section: str
    name: str
    review_by: date
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Everything declared, each kind sorted by name.

    `unevaluated` names sections that were read and that nothing evaluates yet; each becomes an `unknown`.
    `digests` holds the digest of each entry that a signed record can stand behind, without its claim and without its origin.
    `digest` is of all its files, names and bytes.
    """

    clock: Clock = Clock()
    systems: tuple[System, ...] = ()
    sources: tuple[PeopleSource, ...] = ()
    joins: tuple[Join, ...] = ()
    teams: tuple[Team, ...] = ()
    classes: tuple[DeclaredClass, ...] = ()
    assets: tuple[DeclaredAsset, ...] = ()
    networks: tuple[Network, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    everyone: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    workloads: tuple[Workload, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()
    notify: tuple[Recipient, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    roster: str = ""
    applying: Applying = UNSAID
    changes: ChangeRegister | None = None
    unevaluated: tuple[tuple[str, Place], ...] = ()
    digests: Pairs = ()
    digest: str = field(default="", compare=False)
    folder: str = field(default="", compare=False)

    @property
    def inventories(self) -> tuple[str, ...]:
        """The systems that tell which addresses are whose."""
        return tuple(system.name for system in self.systems if system.is_inventory)
