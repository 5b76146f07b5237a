"""A key in a file on this host: 32 random bytes as base64, readable by its owner alone."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from typing import Final

from guardrails.errors import SecretError
from guardrails.ports import Context, DataKey, Wrapped
from guardrails.ports.wrapping import KEY_BYTES
from guardrails.secret import SecretRef
from guardrails.trust.canonical import dump
from guardrails.trust.errors import SealError
from guardrails.trust.sealed.cipher import NONCE_BYTES
from guardrails.trust.sealed.head import DAMAGED

__all__ = ["KeyFile"]

_BY: Final = "file"
_MAKE: Final = "make one: (umask 077; openssl rand -base64 32 > FILE)"
_SHOWN: Final = 16


class KeyFile:
    """The key in a file. Its name is told by the key itself, so that a file that was moved is still found, and another key never is."""

    def __init__(self, reference: SecretRef) -> None:
        self._reference = reference

    @property
    def name(self) -> str:
        """Where it lies."""
        return str(self._reference)

    def fresh(self, context: Context) -> tuple[DataKey, Wrapped]:
        """A random key, under AES-256-GCM.

        Raises:
            SecretError: The file is absent, others can read it, or it holds no key.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # plain files never load it

        key, own, nonce = os.urandom(KEY_BYTES), self._key(), os.urandom(NONCE_BYTES)
        content = nonce + AESGCM(own).encrypt(nonce, key, dump(dict(context)))
        return DataKey(key), Wrapped(by=_BY, key=_named(own), content=base64.b64encode(content).decode())

    def has_wrapped(self, wrapped: Wrapped) -> bool:
        """By the name that the key itself has."""
        return wrapped.by == _BY and wrapped.key == _named(self._key())

    def unwrapped(self, wrapped: Wrapped, context: Context) -> DataKey:
        """The data key.

        Raises:
            SealError: It was changed.
            SecretError: The file cannot be used any more.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # plain files never load it
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # likewise

        try:
            content = base64.b64decode(wrapped.content, validate=True)
            return DataKey(AESGCM(self._key()).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], dump(dict(context))))
        except (InvalidTag, ValueError):
            raise SealError(f"{self.name} does not open the key of the sealed file: its head was changed", remedy=DAMAGED) from None

    def _key(self) -> bytes:
        try:
            key = base64.b64decode(self._reference.resolve().reveal(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise SecretError(f"{self._reference}: not {KEY_BYTES} bytes as base64", remedy=_MAKE)
        return key


def _named(key: bytes) -> str:
    """A name that tells nothing of the key."""
    return hmac.digest(key, b"guardrails: the name of this key", "sha256").hex()[:_SHOWN]
