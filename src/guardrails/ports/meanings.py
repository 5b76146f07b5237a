"""What the documents of one observation mean, and what some meanings can say beyond that. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from guardrails.model.facts import Asset, Exposure, Key, NotSeen
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Transit
from guardrails.ports.answers import (
    AtLogin,
    BoundClause,
    Ceiling,
    DirectoryLogin,
    Grant,
    Issued,
    Onward,
    Permit,
    Provided,
    Realms,
    Remark,
    TransitSeen,
    TrustSeen,
)

__all__ = [
    "Administering",
    "Admitting",
    "Enclosing",
    "Explaining",
    "Guarding",
    "Issuing",
    "Limiting",
    "Meaning",
    "Narrowing",
    "Predicting",
    "Providing",
    "Remarking",
]

NOBODY: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({})
"""In whose place nobody is let in."""


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


@runtime_checkable
class Explaining(Protocol):
    """A meaning that can say of one request by what it is allowed."""

    def permit(self, holder: Ref, action: str, resource: str) -> Permit:
        """The decision on one request, and the chain that leads to it."""
        ...

    def bearers(self, action: str, resource: str) -> Iterator[tuple[Ref, Ref | None, Permit]]:
        """Credentials that are out and may make a request beyond what their principal may, each with that principal where there is one."""
        ...


@runtime_checkable
class Issuing(Protocol):
    """A meaning that knows which credentials are out. Each is a holder that `Meaning.excess` can be asked of."""

    def issued(self) -> tuple[Issued, ...]:
        """Every one that has not ended, the newest first: none comes before what it made."""
        ...

    def made(self, ref: Ref) -> tuple[Ref, ...]:
        """Others that one may have made and that end with it then."""
        ...

    def issues(self, holder: Ref) -> bool:
        """Whether the holder may, or perhaps may, make credentials that are nobody's."""
        ...


@runtime_checkable
class Limiting(Protocol):
    """A meaning that knows how long what somebody logs in for can be used."""

    def lives(self, holder: Ref) -> int | NotSeen | None:
        """Seconds at most, 0 for without end; `None` where nobody logs in as the holder."""
        ...


@runtime_checkable
class Predicting(Protocol):
    """A meaning that knows what a login by a directory will give."""

    def directories(self) -> Iterator[DirectoryLogin]:
        """Each way to log in by a directory."""
        ...

    def at_login(self, way: Ref, name: str, groups: frozenset[str]) -> AtLogin:
        """What somebody is after a login by that name who is found in groups of these names."""
        ...


@runtime_checkable
class Providing(Protocol):
    """A meaning that knows which groups are filled by another system at each login."""

    def provided(self) -> tuple[Provided, ...]:
        """Those that give something, by name."""
        ...


@runtime_checkable
class Enclosing(Protocol):
    """A meaning of a realm that others can lie below, which are systems of their own."""

    def realms(self) -> Realms | None:
        """The realm itself and those directly below it; `None` where nothing was read."""
        ...


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


@runtime_checkable
class Guarding(Protocol):
    """A meaning of assets that have policies and keys of their own: what a change of those does is proven by it."""

    def demanding(self, asset: Ref, level: Transit) -> tuple[Ref, str] | None:
        """The policy of an asset, and what it would say if it refused whatever comes in a weaker way; `None` when none can say that."""
        ...

    def opened(self, asset: Ref, before: Meaning) -> Comparison:
        """Whether the asset's own policy lets nobody do anything that it does not in `before`; `UNDECIDED` unless that is certain."""
        ...

    def shut_out(self, asset: Ref, key: Ref) -> tuple[str, ...]:
        """Who may read or write what is in an asset and could not any more if it were encrypted with a key, by name."""
        ...


@runtime_checkable
class Admitting(Protocol):
    """A meaning of policies that say whom they let in: it knows them with some of these left out, and who comes in by each."""

    def refusing(
        self, guarded: Ref, whom: Sequence[TrustSeen], instead: Mapping[str, Sequence[tuple[str, str]]] = NOBODY
    ) -> tuple[Ref, str]:
        """The own policy of a role, asset or key, and what it would say if it let in none of these, all else kept; nothing if it went.

        Args:
            guarded: The role, asset or key.
            whom: Entries of its policy.
            instead: By the pointer of an entry that is for everybody: who takes its place, by kind and name as in `TrustSeen`.

        Raises:
            ValueError: Nobody can be left out by that alone, and why.
        """
        ...

    def emptied(self, guarded: Ref, seen: TrustSeen, instead: Sequence[tuple[str, str]] = ()) -> tuple[Ref, str] | None:
        """The own policy as if an entry that is for everybody were for these alone, or nobody: to be asked, and never to be written.

        Every other entry keeps its pointer. `None` where the entry is for somebody by name, with whom nobody else goes.
        """
        ...

    def coming(self, guarded: Ref, seen: TrustSeen) -> tuple[Ref, ...]:
        """The principals that were seen and may come in by one entry: none is left out, and some may be too many."""
        ...


@runtime_checkable
class Administering(Protocol):
    """A meaning of assets and keys whose own policies decide who uses them: what becomes of everybody of ours when one is another."""

    def losing(self, holder: Ref, guarded: Ref, before: Meaning, declared: Sequence[BoundClause] | None) -> Comparison:
        """Whether the holder may still do all that the policy of an asset or key let it do there before, of what is declared.

        `None` stands for everything. A violation is certain, and `UNDECIDED` whatever is neither that nor proven.
        """
        ...

    def tending(self, holder: Ref, guarded: Ref, before: Meaning) -> Comparison:
        """The same of what guardrails itself asks for there, to read it and to write it."""
        ...

    def administers(self, holder: Ref, guarded: Ref) -> bool:
        """Whether the holder is certain to be able to write the policy of a key, to end the key, and to look at it."""
        ...

    def restores(self, holder: Ref, guarded: Ref) -> bool:
        """Whether the holder is certain to be able to read a key and to write its policy, with nothing but what it always brings."""
        ...
