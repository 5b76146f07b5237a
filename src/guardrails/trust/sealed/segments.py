"""Seals a file as a whole, in segments, each of which says which one it is and whether it is the last.

So a segment that was taken out, put elsewhere, cut off or added is found, as is every changed byte. Nothing is given out before all of it
was verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

from guardrails.trust.errors import SealError
from guardrails.trust.sealed.cipher import NONCE_BYTES, TAG_BYTES, cipher, with_head
from guardrails.trust.sealed.head import DAMAGED, LONGEST_HEAD, Head, Kind
from guardrails.trust.sealed.keys import Keys, Opened

__all__ = ["SEGMENT_BYTES", "read_head", "sealed", "unsealed"]

SEGMENT_BYTES: Final = 2**20
_SEALED_BYTES: Final = SEGMENT_BYTES + TAG_BYTES


def sealed(content: bytes, opened: Opened) -> Iterator[bytes]:
    """The parts of the sealed file, in order; none of them holds anything of the content in clear."""
    yield opened.head.written()
    box, told, view = cipher(opened), with_head(opened), memoryview(content)
    count = max(1, -(-len(content) // SEGMENT_BYTES))
    for number in range(count):
        segment = view[number * SEGMENT_BYTES : (number + 1) * SEGMENT_BYTES]
        yield box.encrypt(_nonce(number, is_last=number == count - 1), segment, told)


def read_head(stream: IO[bytes]) -> Head:
    """The head of a sealed file, from its beginning on.

    Raises:
        SealError: It is none, or was changed.
    """
    return Head.read(stream.readline(LONGEST_HEAD))


def unsealed(stream: IO[bytes], keys: Keys, kind: Kind) -> bytes:
    """All that a sealed file holds.

    Raises:
        SealError: It was changed, cut or put together, is of another kind, or no key at hand opens it.
        OperatorError: The key cannot be used now.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # plain files never load it

    opened = keys.opened(read_head(stream), kind)
    box, told = cipher(opened), with_head(opened)
    found = bytearray()
    segment, number = stream.read(_SEALED_BYTES), 0
    while True:
        following = stream.read(_SEALED_BYTES)
        try:
            found += box.decrypt(_nonce(number, is_last=not following), segment, told)
        except (InvalidTag, ValueError):
            raise SealError(f"segment {number + 1} of the sealed file was changed, moved or cut", remedy=DAMAGED) from None
        if not following:
            return bytes(found)
        segment, number = following, number + 1


def _nonce(number: int, *, is_last: bool) -> bytes:
    """A file's key is its own, so a number is enough."""
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([is_last])
