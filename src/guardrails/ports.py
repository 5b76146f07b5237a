"""What the core asks of a connector. Reading and writing are two ports with separate credentials.

Writing is asked of those connectors alone that offer it (`Writer`); what another one's findings ask for is held back, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from guardrails.model.changes import Action, Cas, Edit, Image
from guardrails.model.declaration import Clause, System
from guardrails.model.facts import Asset, Edge, Exposure, Fact, Gap, Key, Principal, Reading
from guardrails.model.findings import Comparison, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref, Scope
from guardrails.model.rights import Right
from guardrails.model.words import Kind, Transit, Verdict

__all__ = [
    "BoundClause",
    "Ceiling",
    "Connector",
    "Explaining",
    "Grant",
    "Meaning",
    "Narrowing",
    "Objects",
    "Observer",
    "Onward",
    "Permit",
    "Remark",
    "Remarking",
    "Remediator",
    "Step",
    "TransitSeen",
    "TrustSeen",
    "Writer",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundClause:
    """A clause with the names that its asset has in the scope: selectors as declared, and assets as observed."""

    clause: Clause
    entitlement: str
    selectors: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSeen:
    """Somebody who may become a principal.

    `kind` is `aws`, `service`, `federated` or `any`; `name` an account id, ARN, service or provider. `external_id` says whether a secret
    shared with a third party is demanded; `None` when that could not be told. `conditional`: only under further conditions, which were
    not evaluated. `reads_only`: they may look at an asset and not change it.
    """

    kind: str
    name: str
    account: str
    external_id: bool | None
    pointer: str
    conditional: bool = False
    reads_only: bool = False
    subjects: tuple[str, ...] | None = None
    """For `federated`: patterns of the subjects that the provider may name; `None` for all of them."""
    audiences: tuple[str, ...] | None = None
    """Likewise of those for whom its tokens may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitSeen:
    """What an asset's own policy demands of the way to it.

    `level` is the weakest transport that it surely lets through, and `witness` a request that comes by it. It may let through what is
    weaker still, `at_worst`, and `doubt` says why that is not certain; `None` when nothing weaker is.
    """

    level: Transit
    witness: Witness | None = None
    at_worst: Transit | None = None
    doubt: str = ""

    @property
    def certain(self) -> Transit:
        """What is demanded for certain."""
        return self.level if self.at_worst is None else self.at_worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A part of what a principal may do, as an entitlement would say it.

    `name` is what people call it, such as the policy's; `says` is the entitlement's entry in the system's words, as JSON. What is held
    `by_nature` comes with being in the system at all.
    """

    name: str
    says: str
    by_nature: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How `source` comes to the permissions of `target`, and the statements with their policies by which it does."""

    source: str
    how: str
    target: str
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.source} comes to {self.target} by {self.how}" + (f" ({', '.join(self.by)})" if self.by else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """Whether somebody can come to more than is declared for them, one step after the other, and by which.

    The witness is the first request of the path; `granted_by` points at what grants it.
    """

    comparison: Comparison
    path: tuple[Step, ...] = ()


Ceiling = Callable[[Ref], Sequence[BoundClause]]
"""What may be held where somebody is."""


class Observer(Protocol):
    """Reads one system with its read credential."""

    @property
    def identity(self) -> str:
        """As whom; never a credential."""
        ...

    @property
    def source(self) -> str:
        """`live`, or `export` with the name of the file or folder."""
        ...

    @property
    def calls(self) -> int:
        """How many requests were made so far."""
        ...

    @property
    def rights(self) -> tuple[Right, ...]:
        """What those requests asked for, in the system's own words; empty for an export. `guardrails.model.rights.Asked` counts them."""
        ...

    def surplus(self) -> tuple[str, ...]:
        """What the credential may do that reading does not take, where the system tells; asked for by `connectors check` alone."""
        ...

    def observe(self) -> Iterator[Fact | Edge | Gap | Reading]:
        """Everything it can see; what it cannot is a `Gap`, in the same stream."""
        ...


class Meaning(Protocol):
    """What the documents of one observation mean. Pure."""

    def selects(self, selector: str, asset: Asset) -> bool:
        """Whether a declared selector names an observed asset."""
        ...

    def guards(self, target: str, ref: Ref) -> bool:
        """Whether the target of an allowlist, in the system's words, means an observed object that rules guard."""
        ...

    def rules(self, target: str) -> tuple[Exposure, ...]:
        """What documents say of the target of an allowlist, as rules: from where they let requests in.

        One that lets in nobody for each object that is meant and closed. Nothing for objects of which rules are facts. `through` names what
        was not seen, and `addresses` what it lets in at most.
        """
        ...

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether everything that the holder may do is declared; a violation carries its witness."""
        ...

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:
        """Whether whoever the holder can become holds no more than the ceiling; to become who is `expected` is declared."""
        ...

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may do everything that it must."""
        ...

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Whether the system's own semantics allow exactly this request."""
        ...

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:
        """Who may become the holder."""
        ...

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:
        """Whom the own policy of an asset or key lets in."""
        ...

    def in_transit(self, asset: Asset) -> TransitSeen | None:
        """What the asset's own policy demands of the way to it; `None` when it has nothing to say."""
        ...

    def grants(self, holder: Ref) -> tuple[Grant, ...]:
        """What the holder may do, for a declaration that is written from what is: together they leave nothing out, and may say more."""
        ...

    def selector(self, asset: Asset) -> str:
        """A selector that selects the asset, and as little else as the system's words can."""
        ...

    def target(self, ref: Ref) -> str:
        """The target of an allowlist that means an object which rules guard, as JSON in the system's words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Whether somebody may make one request; `allowed` is `None` when nobody can tell, and `why` says what stands in the way.

    `chain` leads from the holder to what decides, in the system's words: groups, policies, rules.
    """

    allowed: bool | None
    chain: tuple[str, ...] = ()
    why: str = ""


@runtime_checkable
class Explaining(Protocol):
    """A meaning that can say of one request by what it is allowed."""

    def permit(self, holder: Ref, action: str, resource: str) -> Permit:
        """The decision on one request, and the chain that leads to it."""
        ...

    def bearers(self, action: str, resource: str) -> Iterator[tuple[Ref, Ref | None, Permit]]:
        """Credentials that are out and may make a request beyond what their principal may, each with that principal where there is one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something in a document that does not do what it seems to.

    `facet` tells apart what is remarked of one object, `message` is the sentence about it, `actual` where it stands.
    """

    ref: Ref
    kind: Kind
    facet: str
    message: str
    actual: str = ""
    verdict: Verdict = Verdict.VIOLATION


@runtime_checkable
class Remarking(Protocol):
    """A meaning that looks at its documents for themselves."""

    def remarks(self) -> Iterator[Remark]:
        """Everything worth a remark, whatever is declared."""
        ...


@runtime_checkable
class Narrowing(Protocol):
    """A meaning that can be held against another of the same system: what a change does is proven by it."""

    def gained(self, holder: Ref, before: Meaning) -> Comparison:
        """Whether the holder may do nothing here that it may not do in `before`; `UNDECIDED` unless that is certain."""
        ...

    def lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may still do all that it may do in `before` of what is declared; `UNDECIDED` unless that is certain."""
        ...


class Objects(Protocol):
    """Single objects of one system, each read anew when it is asked for."""

    @property
    def identity(self) -> str:
        """As whom; never a credential."""
        ...

    def itself(self) -> tuple[Ref, ...]:
        """The principals as which it acts, by what the system says; nothing is ever taken from them.

        Raises:
            ConnectorError: It cannot be told.
        """
        ...

    def current(self, ref: Ref) -> Image | None:
        """The object as it is now; `None` when the system says that there is none.

        Raises:
            ConnectorError: It cannot be told. That is never the same as none.
        """
        ...


class Remediator(Objects, Protocol):
    """Writes to one system with its write credential, which is loaded when this is made and not before."""

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Make the object `after`, on the condition that it is `before`. To ask again for what is so already is not an error.

        Raises:
            Conflict: It was not `before` when it was written, and was left alone.
            ConnectorError: Nobody can tell whether it was written; reading it tells.
        """
        ...


@runtime_checkable
class Writer(Protocol):
    """The part of a connector that changes its system."""

    def touched(self, action: Action) -> Ref:
        """The object that an action writes. Pure.

        Raises:
            ValueError: The system has no such action, and why.
        """
        ...

    def edits(self, action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:
        """An action in the system's words, for an object as it is; `known` is everybody who was seen in the system. Pure.

        Raises:
            ValueError: It cannot be done to this object, and why: what should go is not there, or the system would refuse it.
        """
        ...

    def cas(self, ref: Ref, image: Image) -> Cas:
        """How surely a write of the object, as it was read, meets what was read. Pure."""
        ...

    def objects(self, system: System) -> Objects:
        """Single objects, read with the read credential.

        Raises:
            ConnectorError: The system cannot be used, or is an export.
        """
        ...

    def remediator(self, system: System) -> Remediator:
        """The one who writes.

        Raises:
            ConnectorError: The system cannot be used, is an export, or has no write credential.
        """
        ...


class Connector(Protocol):
    """One system kind. Made by name from the entry points, only when the settings name it."""

    name: str

    def schema(self) -> Mapping[str, Mapping[str, object]]:
        """JSON Schemas of its part of the language: `settings`, and where it has them `clause` and `target`."""
        ...

    def settings(self, system: System) -> object:
        """The system's settings, typed.

        Raises:
            DeclarationError: With every mistake in them.
        """
        ...

    def clauses(self, entry: object, scope: Scope, asset: str) -> tuple[Clause, ...]:
        """What an entitlement says in one scope of this system; `entry` is the node as read, `asset` the entitlement's asset or empty.

        Raises:
            DeclarationError: With every mistake in it.
        """
        ...

    def target(self, entry: object) -> str:
        """What an allowlist guards in this system, in the words that `Meaning.guards` takes.

        Raises:
            DeclarationError: With every mistake in it.
        """
        ...

    def mistaken(self, selector: str) -> str:
        """What is wrong with a selector of assets; empty when nothing is."""
        ...

    def observer(self, system: System, taken_at: datetime) -> Observer:
        """A reader for the system, live or from its export."""
        ...

    def meaning(self, observation: Observation) -> Meaning:
        """The meaning of what was read."""
        ...

    def basis(self) -> str:
        """What its verdicts rest on beside what was seen, such as a published list with its date; empty when on nothing."""
        ...

    def reader_policy(self, rights: Iterable[str], identity: str) -> str:
        """The least that gives an identity these rights and nothing else, in the system's own language; empty when it has none."""
        ...
