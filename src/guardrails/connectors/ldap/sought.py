"""What a filter asks for by name (RFC 4515), as servers write it down: `ATTRIBUTE=VALUE` under any `&` and `|`, under no `!`. Pure."""

from __future__ import annotations

import re

__all__ = ["Sought", "equal", "sought"]

Sought = tuple[str, str]
"""The small name of an attribute, without options and rules, and a value."""
_PART = re.compile(r"\((?:([&|!])|([^()]*)\))|\)")
_KIND = re.compile(r"\??([A-Za-z0-9][\w.-]*)(?:[;:].*)?", re.DOTALL)
"""A server puts `?` before what it does not know."""
_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2})")


def sought(text: str) -> tuple[Sought, ...]:
    """Every value that is named, as it was before it was escaped; nothing where it is no filter."""
    found: list[Sought] = []
    opened: list[str] = []
    at, denied = 0, 0
    while part := _PART.match(text, at):
        at = part.end()
        if part[1]:
            opened.append(part[1])
            denied += part[1] == "!"
        elif part[2] is not None:
            found += () if denied or "*" in part[2] else [(kind, _plain(value)) for kind, value in equal(part[2])]
        elif opened:
            denied -= opened.pop() == "!"
        else:
            return ()
    return tuple(found) if at == len(text) and not opened else ()


def equal(assertion: str) -> tuple[Sought, ...]:
    """What a comparison names, whose value stands there as it is; nothing where it compares otherwise."""
    kind, _, value = assertion.partition("=")
    found = _KIND.fullmatch(kind)
    return ((found[1].lower(), value),) if found and value else ()


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda byte: bytes.fromhex(byte[1].decode()), value.encode()).decode(errors="replace")
