"""A connector: its part of the language, its reader, and what its documents mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from guardrails.model.declaration import Clause, System
from guardrails.model.facts import Edge, Fact, Gap, Reading
from guardrails.model.observation import Observation
from guardrails.model.past import Past
from guardrails.model.reference import Scope
from guardrails.model.rights import Right
from guardrails.ports.meanings import Meaning

__all__ = ["Connector", "Observer", "Recording", "Remembering"]


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


@runtime_checkable
class Remembering(Protocol):
    """A connector whose system keeps a log of the requests that it lets through."""

    def past(
        self, system: System, observation: Observation, entries: Iterable[Mapping[str, Any]]
    ) -> Iterator[tuple[datetime, Past | None]]:
        """Each request of the log that was let through, with its moment; nothing in its place where it is not known by whom or what.

        Raises:
            ValueError: An entry is none of such a log.
        """
        ...


@runtime_checkable
class Recording(Remembering, Protocol):
    """One whose system keeps its log in a form of its own, where others write JSON."""

    def records(self, lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
        """The entries of a file, as `past` takes them.

        Raises:
            ValueError: It is no such log, with the line and why: `LINE: WHY`.
        """
        ...
