"""Keys that wrap keys: what seals a file at rest asks of whoever keeps the key, be that a file, Vault, AWS or a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from guardrails.secret import HoldsSecret

__all__ = ["KEY_BYTES", "Context", "DataKey", "KeyWrapper", "Wrapped"]

KEY_BYTES = 32
"""The length of every key here, AES-256's."""

Context = Mapping[str, str]
"""What a data key is for, in words that the keeper of the key may write down: it unwraps for exactly the same words."""


class DataKey(HoldsSecret):
    """The key of one file. It prints `***` and is read only by `reveal`."""

    __slots__ = ("__value",)

    def __init__(self, value: bytes) -> None:
        self.__value = value

    def reveal(self) -> bytes:
        """The key itself, for the one call that needs it."""
        return self.__value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """A data key that only its keeper can open; it stands in clear at the head of a file.

    Attributes:
        by: How it is kept: `file`, `vault`, `kms` or `age`.
        key: Which key wrapped it, by a name that is no secret.
        version: Which version of that key, where it has versions.
        content: The wrapped key, as text.
    """

    by: str
    key: str
    version: str = ""
    content: str


class KeyWrapper(Protocol):
    """One key that wraps data keys, wherever it is kept."""

    @property
    def name(self) -> str:
        """How it is kept and which it is, safe to print."""
        ...

    def fresh(self, context: Context) -> tuple[DataKey, Wrapped]:
        """A data key that nobody had before, and the same one wrapped.

        Raises:
            OperatorError: The key cannot be used now.
        """
        ...

    def has_wrapped(self, wrapped: Wrapped) -> bool:
        """Whether it is this key that wrapped it, by what the file says; nothing is contacted."""
        ...

    def unwrapped(self, wrapped: Wrapped, context: Context) -> DataKey:
        """The data key.

        Raises:
            OperatorError: The key cannot be used now, or this was not wrapped by it for these words.
        """
        ...
