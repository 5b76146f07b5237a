"""The byte format of SSH (RFC 4251 section 5), read strictly: one spelling for each value, nothing left over."""

from __future__ import annotations

from guardrails.trust.errors import BadSignature

__all__ = ["Reader", "string"]


def string(content: bytes) -> bytes:
    """The bytes with their length before them."""
    return len(content).to_bytes(4, "big") + content


class Reader:
    """Takes fields from the front of some bytes; every method raises `BadSignature` where they are not what they should be."""

    __slots__ = ("_content", "_position")

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes."""
        end = self._position + count
        if end > len(self._content):
            raise BadSignature("the signature is cut short")
        taken = self._content[self._position : end]
        self._position = end
        return taken

    def uint32(self) -> int:
        """A number of four bytes."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.uint32())

    def positive_mpint(self) -> int:
        """A positive number in its shortest form; zero and negative ones are refused, for no signature holds them."""
        spelled = self.string()
        if not spelled or spelled[0] & 0x80:
            raise BadSignature("a number in the signature is not positive")
        if spelled[0] == 0 and not (len(spelled) > 1 and spelled[1] & 0x80):
            raise BadSignature("a number in the signature is not in its shortest form")
        return int.from_bytes(spelled, "big")

    def end(self) -> None:
        """Nothing may be left."""
        if self._position != len(self._content):
            raise BadSignature("bytes are left over behind the signature")
