"""Entries as YAML in the one form: an entry that fits a line stands in one, everything that is not a plain name is quoted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

__all__ = ["documents"]

_LINE = 130
_BYTES = 400_000
"""Of a file: half of what the reader takes, so that there is room to edit."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Plain texts that some reader of YAML takes for something else."""

_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""What YAML takes in an escape only, or for the end of a line."""
_BREAKS = {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}

_ORDER = ("people", "classes", "assets", "networks", "allowlists", "entitlements", "everyone", "roles", "workloads")


def documents(entries: Mapping[str, Mapping[str, object]], head: str) -> Iterator[str]:
    """The text of each file; every one has the head, and no more entries than a reader likes."""
    lines: list[str] = []
    size, section_at = 0, ""
    for section in sorted(entries, key=_ORDER.index):
        for name, entry in entries[section].items():
            text = _entry(name, entry)
            if size + len(text) > _BYTES and lines:
                yield _file(head, lines)
                lines, size, section_at = [], 0, ""
            if section != section_at:
                lines += ["", f"{section}:"]
            lines += text.splitlines()
            size, section_at = size + len(text.encode()), section
    if lines:
        yield _file(head, lines)


def _file(head: str, lines: list[str]) -> str:
    return "\n".join([*(f"# {line}" for line in head.splitlines()), *lines]) + "\n"


def _entry(name: str, entry: object) -> str:
    return "\n".join(_lines(f"{_key(name)}:", entry, 1))


def _lines(start: str, value: object, depth: int) -> Iterator[str]:
    line = f"{'  ' * depth}{start} {_flow(value)}"
    if len(line) <= _LINE or not isinstance(value, dict | list) or not value:
        yield line
        return
    yield f"{'  ' * depth}{start}"
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(f"{_key(key)}:", inner, depth + 1)
    else:
        yield from (f"{'  ' * (depth + 1)}- {_flow(item)}" for item in value)


def _flow(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_key(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case _:
            return _text(str(value))


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _text(text: str) -> str:
    return text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else _key(text)


def _quoted(text: str) -> str:
    return _UNREADABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return _BREAKS.get(found[0]) or (f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}")  # noqa: PLR2004  # what two digits can say
