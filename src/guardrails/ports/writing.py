"""Writing to a system, with a credential of its own: asked of those connectors alone that offer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from guardrails.model.actions import DetachPolicy, RewritePolicy
from guardrails.model.changes import Action, Cas, Change, Edit, Image, Irreversible, Patch, Restore, Undo
from guardrails.model.declaration import System
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.model.written import Wanted, WorkingCopy

__all__ = [
    "Authoring",
    "Confining",
    "Deleting",
    "Ending",
    "Foretelling",
    "Lasting",
    "Lease",
    "Objects",
    "Provisioning",
    "Remediator",
    "Warrant",
    "Writer",
    "undo_of",
]


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


@runtime_checkable
class Foretelling(Protocol):
    """Objects of a system that tell before a plan is made as whom it will be written."""

    def writers(self) -> tuple[Ref, ...]:
        """The principals as which the one who writes acts, among those that `Objects.itself` names; none where that is not known yet.

        Raises:
            ConnectorError: It cannot be told.
        """
        ...


class Remediator(Objects, Protocol):
    """Writes to one system with its write credential, which is loaded when this is made and not before."""

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Make the object `after`, on the condition that it is `before`. To ask again for what is so already is not an error.

        `GONE` in the place of `after` deletes it; whoever cannot do that never plans it.

        Raises:
            Conflict: It was not `before` when it was written, and was left alone.
            ConnectorError: Nobody can tell whether it was written; reading it tells.
        """
        ...


class Lease(Protocol):
    """The right to change systems, among several hosts."""

    @property
    def number(self) -> int:
        """The how-manieth holder this is; each one's is greater than those before it."""
        ...

    def held(self) -> AbstractContextManager[object]:
        """Hold it for as long as the block runs; nobody waits for it.

        Raises:
            Leased: Somebody else holds it.
            ConnectorError: It cannot be told.
        """
        ...

    def counted(self, day: date) -> int:
        """How many changes all hosts together have counted for a day, whoever holds it now.

        Raises:
            Refused: Some were counted for a later day, so a clock was set back.
            ConnectorError: It cannot be told.
        """
        ...

    def count(self, day: date, changes: int) -> None:
        """Count changes for a day, there when this returns. It must be held.

        Raises:
            Refused: As for `counted`.
            Unfinished: It is not held any more.
            ConnectorError: It cannot be written, or cannot be told.
        """
        ...

    def require(self) -> None:
        """It is still held, and renewed when that is due.

        Raises:
            Unfinished: It is not, or nobody can tell: nothing may be written any more.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Warrant:
    """What a remediator is made for: the changes of a signed plan in one system, and the digest of that plan."""

    digest: str
    changes: tuple[Change, ...]


@runtime_checkable
class Confining(Protocol):
    """A writer whose credential can be confined to what one plan needs, and that leaves the plan's digest in the system's own log."""

    def confined(self, system: System, warrant: Warrant) -> Remediator:
        """The one who writes what a plan says and can write nothing else.

        Raises:
            ConnectorError: As for `Writer.remediator`.
        """
        ...


@runtime_checkable
class Lasting(Protocol):
    """A writer that knows what stays lost of an action that is taken back."""

    def lasting(self, action: Action, image: Image) -> str:
        """What stays lost, for people; empty when nothing does. Pure."""
        ...


@runtime_checkable
class Ending(Protocol):
    """A writer that makes changes which nobody can take back."""

    def irreversible(self, action: Action, image: Image) -> str:
        """Why an action cannot be taken back, for people; empty when it can. Pure."""
        ...


@runtime_checkable
class Deleting(Protocol):
    """A writer that can delete what guardrails put out of use."""

    def deletes(self, action: Action, before: Image) -> tuple[str, ...] | None:
        """What an action left behind that may be deleted after a time, `before` being what it was made on. Pure.

        Nothing in it stands for the whole object; `None` when it left nothing behind, or nothing that should be deleted. For such a
        `Delete`, `edits` raises `ValueError` unless the object is as it was left and was not used since.
        """
        ...


@runtime_checkable
class Authoring(Protocol):
    """A writer that knows how other tools write its objects down."""

    def patches(self, wanted: Wanted, copies: Iterable[WorkingCopy]) -> tuple[Patch, ...]:
        """What should become of the sources at hand, each proven; or where in them it is written and why nothing is proposed. Pure."""
        ...


@runtime_checkable
class Provisioning(Protocol):
    """A writer some of whose principals are made in many places of one thing, which is changed in their place."""

    def provisioning(self, action: DetachPolicy | RewritePolicy, made_of: str, realms: tuple[str, ...], unseen: tuple[str, ...]) -> str:
        """What has to be asked of the system to change that thing, line by line. Pure.

        `made_of` is its full name, or empty where nobody saw it; `realms` are all in which it was seen, `unseen` what was not seen there.
        """
        ...


def undo_of(writer: Writer, action: Action, image: Image) -> Undo:
    """How an action is taken back, as far as the writer says."""
    if isinstance(writer, Ending) and (reason := writer.irreversible(action, image)):
        return Irreversible(reason=reason)
    return Restore(lasting=writer.lasting(action, image) if isinstance(writer, Lasting) else "")
