"""AES-256-GCM under a key that is of one file alone: derived from its data key and every byte of its head."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from guardrails.ports.wrapping import KEY_BYTES
from guardrails.trust.sealed.head import SCHEMA

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from guardrails.trust.sealed.keys import Opened

__all__ = ["NONCE_BYTES", "TAG_BYTES", "cipher", "with_head"]

NONCE_BYTES, TAG_BYTES = 12, 16


def cipher(opened: Opened) -> AESGCM:
    """The cipher of one file. A head that was changed in any byte leads to another key, which opens nothing."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # plain files never load it
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # likewise
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  # likewise

    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=SCHEMA.encode() + _digest(opened))
    return AESGCM(derived.derive(opened.key.reveal()))


def with_head(opened: Opened, rest: bytes = b"") -> bytes:
    """What is authenticated beside the content: the head, and where in the file it stands."""
    return _digest(opened) + rest


def _digest(opened: Opened) -> bytes:
    return hashlib.sha256(opened.head.written()).digest()
