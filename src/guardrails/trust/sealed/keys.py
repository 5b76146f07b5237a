"""Gives each file a data key of its own, and finds it again: by the key that seals now, or by an older one that is still kept."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.errors import OperatorError
from guardrails.ports import KeyWrapper
from guardrails.ports.wrapping import KEY_BYTES, DataKey
from guardrails.trust.errors import SealError
from guardrails.trust.sealed.head import DAMAGED, Head, Kind, context

__all__ = ["Keys", "Opened", "no_key"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose key is at hand."""

    head: Head
    key: DataKey


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that this host has. Every file is sealed under `current`; `older` open what was sealed before."""

    current: KeyWrapper
    older: tuple[KeyWrapper, ...] = ()

    def fresh(self, kind: Kind, name: str) -> Opened:
        """A file that is yet to be written.

        Raises:
            OperatorError: The key cannot be used now.
        """
        key, wrapped = self.current.fresh(context(kind, name))
        return Opened(Head(kind=kind, id=name, wrapped=wrapped), _sound(key))

    def proven(self, kind: Kind, name: str) -> Opened:
        """Likewise, of a file that this host has to read again: its key was unwrapped once before anything rests on it.

        Raises:
            OperatorError: The key cannot be used, or it seals and does not open.
        """
        made = self.fresh(kind, name)
        if self.opened(made.head, kind, name).key.reveal() != made.key.reveal():
            raise SealError(f"{self.current.name} does not give back what it wrapped", remedy="use another key")
        return made

    def opened(self, head: Head, kind: Kind, name: str = "") -> Opened:
        """The key of a file that is there, when it is what it should be; an empty name is any.

        Raises:
            SealError: It is another file than it should be, or no key at hand has wrapped its own.
            OperatorError: The key cannot be used now.
        """
        if head.kind is not kind or name not in {"", head.id}:
            said = f"it is the {head.kind.value} {head.id[:16]}, and should be a {kind.value} {name[:16]}".rstrip()
            raise SealError(f"the sealed file is another one: {said}", remedy=DAMAGED)
        for keeper in (self.current, *self.older):
            if keeper.has_wrapped(head.wrapped):
                return Opened(head, _sound(keeper.unwrapped(head.wrapped, head.context)))
        raise no_key(head)


def no_key(head: Head) -> OperatorError:
    """Nobody here can open the file, and which key would."""
    version = f" version {head.wrapped.version}" if head.wrapped.version else ""
    return SealError(
        f"the file is sealed with the {head.wrapped.by} key {head.wrapped.key}{version}, and no such key is at hand",
        remedy="name it in the host file, under seal or seal.older",
    )


def _sound(key: DataKey) -> DataKey:
    if len(key.reveal()) != KEY_BYTES:
        raise SealError("the keeper of the key gave one of another length", remedy="use another key")
    return key
