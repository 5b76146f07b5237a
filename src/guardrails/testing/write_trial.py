"""What a check of who writes is given: one action on one real object, and what can be made to go wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from guardrails.model.changes import Action, Image
from guardrails.model.declaration import System
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.ports import Writer

__all__ = ["Fault", "Trial"]

Fault = Callable[[], AbstractContextManager[object]]
"""Something that goes wrong for as long as a block runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One action on one object of a system that may be changed, and what can be made to go wrong.

    Attributes:
        connector: The part that writes.
        system: As it is declared.
        action: That can be done to an object as it is.
        everything: All that the system holds, read in another way than by the connector.
        reset: Makes everything as it was, in another way likewise.
        foreign: Somebody else changes the object, and not in what the action changes.
        known: Everybody who was seen.
        respelled: The same action in other spellings that mean the same to the system.
        denied: The same system with a credential that may not read the object.
        cuts: The connection ends before, during and after the write.
        dropped: The system says that it wrote, and has not.
        busy: The system asks to wait, for as long as the block runs.
        interleaved: The `foreign` write comes between the last read and the write.
        secrets: Values that nobody may come to see.
        used: The rights that the credential that writes was seen to use, asked of the system.
        rights: Those that the documentation tells to give for this action.
        large: Another action, on the largest object that there may be.
        patience_seconds: How long a busy system is waited for at most; half a minute more is the test's own.
    """

    connector: Writer
    system: System
    action: Action
    everything: Callable[[], object]
    reset: Callable[[], None]
    foreign: Callable[[], None]
    known: Mapping[Ref, Principal] = field(default_factory=dict)
    respelled: tuple[Action, ...] = ()
    denied: System | None = None
    cuts: Mapping[str, Fault] = field(default_factory=dict)
    dropped: Fault | None = None
    busy: Fault | None = None
    interleaved: Fault | None = None
    secrets: tuple[str, ...] = ()
    used: Callable[[], frozenset[str]] | None = None
    rights: frozenset[str] = frozenset()
    large: tuple[Action, Image] | None = None
    patience_seconds: float = 60.0
