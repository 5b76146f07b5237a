"""Lines of LDIF (RFC 2849): what was folded in one piece again, and each `NAME: VALUE` taken apart. No message holds a value."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["LONGEST", "Field", "taken", "unfolded"]

LONGEST = 1 << 26
"""Bytes of one value, which nobody keeps in a directory; a file that never ends a line is not read into memory."""
_LINE = re.compile(rb"([A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9=*-]+)*):([:<]?)[ ]*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """A value, with the small name of its attribute and its line."""

    line: int
    kind: str
    value: bytes


def unfolded(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Whole lines, each with the number of its first.

    Raises:
        ValueError: One is longer than any value.
    """
    at, parts, size = 0, [b""], 0
    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        size += len(line)
        if size > LONGEST:
            raise ValueError(f"{at or number}: a value has more than {LONGEST} bytes")
        if line.startswith(b" ") and parts[0]:
            parts.append(line[1:])
            continue
        if at:
            yield at, b"".join(parts)
        at, parts, size = number, [line], len(line)
    if at:
        yield at, b"".join(parts)


def taken(line: int, text: bytes) -> Field:
    """A line that is neither empty nor a comment.

    Raises:
        ValueError: It is no value, one that stands elsewhere, or one in broken base64.
    """
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError("this line is neither NAME: VALUE nor a comment")
    kind, form, value = found[1].decode().lower(), found[2], found[3]
    if form == b"<":
        raise ValueError(f"the value of {kind} stands elsewhere, and nothing is fetched")
    try:
        return Field(line, kind, base64.b64decode(value.rstrip(b" "), validate=True) if form else value)
    except binascii.Error:
        raise ValueError(f"the value of {kind} is broken base64") from None
