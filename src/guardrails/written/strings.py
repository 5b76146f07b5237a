"""Texts of HCL 2: quoted ones, here-documents, and what is put into both. Each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable

from guardrails.written.tree import NotRead, Opaque, Reference, Text, line_of

__all__ = ["MARK", "here", "quoted", "quoted_text", "spelled"]

MARK = re.compile(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_TRAVERSAL = re.compile(r"[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)+")
_BUILT = "an expression"
_LAST, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)
Skip = Callable[[int], int]
"""From behind `${` to behind the `}` that belongs to it."""


def quoted(text: str, start: int, skip: Skip) -> Text | Opaque:
    """A text that begins with a quotation mark at `start`.

    Raises:
        NotRead: It has no end, or an escape that there is not.
    """
    parts: list[Text | Reference] = []
    found: list[str] = []
    at, is_built, whole = start + 1, False, True
    while True:
        letter = text[at : at + 1]
        if letter in {"", "\n"}:
            raise NotRead(f"line {line_of(text, at)}: a text has no end")
        if letter == '"':
            break
        if text.startswith(("${", "%{"), at):
            end = skip(at + 2)
            parts.append(Text(value="".join(found), start=at, end=at))
            found, is_built = [], True
            named = _named(text[at + 2 : end - 1])
            whole &= text[at] == "$" and named != _BUILT
            parts.append(Reference(path=tuple(named.split(".")), start=at, end=end))
            at = end
            continue
        value, at = _letter(text, at)
        found.append(value)
    if not is_built:
        return Text(value="".join(found), start=start, end=at + 1)
    parts.append(Text(value="".join(found), start=at, end=at))
    return Opaque(why=_why(parts), start=start, end=at + 1, parts=tuple(parts) if whole else ())


def _named(expression: str) -> str:
    """What is put in, where it is names alone; anything else may hold what nobody should read."""
    named = expression.strip()
    return named if _TRAVERSAL.fullmatch(named) else _BUILT


def _why(parts: list[Text | Reference]) -> str:
    return ", ".join(dict.fromkeys(".".join(part.path) for part in parts if isinstance(part, Reference)))[:80]


def _letter(text: str, at: int) -> tuple[str, int]:
    if text.startswith(("$${", "%%{"), at):
        return text[at] + "{", at + 3
    if text[at] != "\\":
        return text[at], at + 1
    found = _ESCAPE.match(text, at)
    number = int(found[2] or found[3] or "0", 16) if found else 0
    if found is None or number > _LAST or number in _SURROGATES:
        raise NotRead(f"line {line_of(text, at)}: an escape that there is not")
    return _LETTERS[found[1]] if found[1] else chr(number), found.end()


def here(text: str, start: int, skip: Skip) -> tuple[Text | Opaque, int]:
    """A here-document whose `<<` is at `start`, and where the line of its end does end. Its place is that of its lines.

    Raises:
        NotRead: It has no end.
    """
    found = MARK.match(text, start)
    if found is None:
        raise NotRead(f"line {line_of(text, start)}: << without a name behind it")
    at = begun = found.end()
    built: list[str] = []
    while True:
        end = text.find("\n", at)
        line = text[at : len(text) if end < 0 else end]
        if line.strip() == found[2]:
            break
        if end < 0:
            raise NotRead(f"line {line_of(text, start)}: a here-document has no end")
        at = _line(text, at, end, skip, built)
    closed = at + len(line.rstrip())
    if built:
        return Opaque(why=", ".join(dict.fromkeys(built))[:80], start=begun, end=at), closed
    value = text[begun:at].replace("$${", "${").replace("%%{", "%{")
    return Text(value=_flush(value) if found[1] else value, start=begun, end=at, form="here"), closed


def _line(text: str, at: int, end: int, skip: Skip, built: list[str]) -> int:
    """Behind a line, and behind all that is put into it, which may go over several."""
    while at < end:
        if text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            after = skip(at + 2)
            built.append(_named(text[at + 2 : after - 1]))
            at = after
            end = max(end, text.find("\n", at))
        else:
            at += 1
    return end + 1


def _flush(value: str) -> str:
    """Without the white space that all lines begin with; one that has nothing else keeps it."""
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", value)
    least = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "".join(line[least:] if line.strip() else line for line in lines)


def quoted_text(value: str) -> str:
    """A value as it is written between quotation marks."""
    escaped = "".join(_spelled_letter(letter) for letter in value)
    return f'"{spelled(escaped)}"'


def _spelled_letter(letter: str) -> str:
    simple = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return simple.get(letter) or (letter if letter.isprintable() else f"\\U{ord(letter):08x}")


def spelled(value: str) -> str:
    """So that nothing is put into it."""
    return value.replace("${", "$${").replace("%{", "%%{")
