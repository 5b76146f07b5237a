"""Text of foreign origin, made safe for where it is shown."""

from __future__ import annotations

import unicodedata

__all__ = ["show"]

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def show(text: str) -> str:
    """A text of foreign origin, safe for a terminal and a log: no escapes, no bidi, one line."""
    if text.isprintable():  # nothing of the unsafe is printable, and most texts are
        return text
    return "".join(char if unicodedata.category(char) not in _UNSAFE else f"\\u{{{ord(char):x}}}" for char in text)
