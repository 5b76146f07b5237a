"""Seals a file that grows line by line: each line on its own, with its number, so that none can be changed, moved, doubled or taken out.

Lines that are cut off at the end are not found here: a file that grows cannot know its end. Who needs that looks into the audit log.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Final

from guardrails.trust.errors import SealError
from guardrails.trust.sealed.cipher import NONCE_BYTES, TAG_BYTES, cipher, with_head
from guardrails.trust.sealed.head import DAMAGED
from guardrails.trust.sealed.keys import Opened

__all__ = ["SealedLines"]

_NUMBER_BYTES: Final = 8


class SealedLines:
    """The lines of one file, by their number from 0."""

    def __init__(self, opened: Opened) -> None:
        self._cipher, self._told = cipher(opened), with_head(opened, b"line")

    def sealed(self, number: int, content: bytes) -> bytes:
        """A line as it is written, with its end."""
        # drawn and not counted: the line that takes the place of a torn one has its number, and must not have its nonce
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, content, self._about(number))) + b"\n"

    def unsealed(self, number: int, line: bytes) -> bytes:
        """What a line holds, without its end.

        Raises:
            SealError: It is not the line of that number, or was changed.
        """
        found = self.if_whole(number, line)
        if found is None:
            raise SealError(f"line {number + 1} of the sealed file was changed or moved", remedy=DAMAGED)
        return found

    def if_whole(self, number: int, line: bytes) -> bytes | None:
        """What a line holds; `None` when it is not whole."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # plain files never load it

        try:
            raw = base64.b64decode(line, validate=True)
            if len(raw) < NONCE_BYTES + TAG_BYTES or base64.b64encode(raw) != line:
                return None
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._about(number))
        except (InvalidTag, binascii.Error):
            return None

    def _about(self, number: int) -> bytes:
        return self._told + number.to_bytes(_NUMBER_BYTES, "big")
