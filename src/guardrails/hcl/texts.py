"""Texts of HCL 2: quoted ones, here-documents, and what is put into both. Each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from unicodedata import combining

from guardrails.hcl.tree import Node, NotRead, Opaque, Reference, Text, line_of

__all__ = ["EXPRESSION", "here", "quoted", "quoted_text", "spelled"]

_MARK = re.compile(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_TRAVERSAL = re.compile(r"[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)+")
EXPRESSION = "an expression"
"""What is told of one that may hold what nobody should read."""
_LAST, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)
Put = Callable[[int], tuple[Node, int]]
"""From a `${` or `%{` to what is put in there, and to behind the `}` that belongs to it."""

_PutIn = tuple[int, Node, int]
"""Where its sign is, what it is, and behind it."""


def quoted(text: str, start: int, put: Put) -> Text | Opaque:
    """A text that begins with a quotation mark at `start`.

    Raises:
        NotRead: It has no end, or an escape that there is not.
    """
    texts: list[Text] = []
    puts: list[_PutIn] = []
    found: list[str] = []
    at = begun = start + 1
    while (letter := text[at : at + 1]) != '"':
        if letter in {"", "\n"}:
            raise NotRead(f"line {line_of(text, at)}: a text has no end")
        if text.startswith(("${", "%{"), at):
            node, end = put(at)
            texts.append(Text(value="".join(found), start=begun, end=at))
            puts.append((at, node, end))
            found, at, begun = [], end, end
            continue
        value, at = _letter(text, at)
        found.append(value)
    if not puts:
        return Text(value="".join(found), start=start, end=at + 1)
    texts.append(Text(value="".join(found), start=begun, end=at))
    return _built(text, texts, puts, Opaque(why="", start=start, end=at + 1, form="quoted"))


def _built(text: str, texts: list[Text], puts: list[_PutIn], whole: Opaque) -> Opaque:
    """A text with what is put into it; where a part of it is steered by words such as `if`, what it is made of is not understood."""
    names = [_named(text[at + 2 : end - 1]) for at, _, end in puts]
    nodes = [node for _, node, _ in puts]
    between = (one for node, behind in zip(nodes, texts[1:], strict=True) for one in (node, behind))
    made = (texts[0], *between) if all(text[at] == "$" for at, _, _ in puts) else ()
    parts = tuple(one for one in made if isinstance(one, Text | Reference))
    is_plain = whole.form == "quoted" and EXPRESSION not in names and len(parts) == len(made)
    return replace(whole, why=", ".join(dict.fromkeys(names))[:80], parts=parts if is_plain else (), made=made)


def _named(expression: str) -> str:
    """What is put in, where it is names alone; anything else may hold what nobody should read."""
    named = expression.strip()
    return named if _TRAVERSAL.fullmatch(named) else EXPRESSION


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


def here(text: str, start: int, put: Put) -> tuple[Text | Opaque, int]:
    """A here-document whose `<<` is at `start`, and where the line of its end does end. Its place is that of its lines.

    Raises:
        NotRead: It has no end, or a line of it begins so that nobody counts its white space alike.
    """
    found = _MARK.match(text, start)
    if found is None:
        raise NotRead(f"line {line_of(text, start)}: << without a name behind it")
    at = begun = found.end()
    puts: list[_PutIn] = []
    while True:
        end = text.find("\n", at)
        line = text[at : len(text) if end < 0 else end]
        if line.strip() == found[2]:
            break
        if end < 0:
            raise NotRead(f"line {line_of(text, start)}: a here-document has no end")
        at = _line(text, at, end, put, puts)
    segments = _segments(text, begun, at, puts)
    if found[1]:
        segments = _flushed(segments, f"line {line_of(text, start)}")
    return _document(text, (begun, at), segments, puts), at + len(line.rstrip())


def _line(text: str, at: int, end: int, put: Put, puts: list[_PutIn]) -> int:
    """Behind a line, and behind all that is put into it, which may go over several."""
    while at < end:
        if text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            node, after = put(at)
            puts.append((at, node, after))
            at, end = after, text.find("\n", after)
            if end < 0:
                return len(text)
        else:
            at += 1
    return end + 1


def _bounds(start: int, end: int, puts: list[_PutIn]) -> tuple[list[int], list[int]]:
    """Where each text before, between and behind all that is put in begins and ends."""
    return [start, *(after for _, _, after in puts)], [*(at for at, _, _ in puts), end]


def _segments(text: str, start: int, end: int, puts: list[_PutIn]) -> list[str]:
    found = (text[one:other] for one, other in zip(*_bounds(start, end, puts), strict=True))
    return [segment.replace("$${", "${").replace("%%{", "%{") for segment in found]


def _document(text: str, place: tuple[int, int], segments: list[str], puts: list[_PutIn]) -> Text | Opaque:
    start, end = place
    begins, ends = _bounds(start, end, puts)
    texts = [Text(value=said, start=one, end=other, form="here") for said, one, other in zip(segments, begins, ends, strict=True)]
    return _built(text, texts, puts, Opaque(why="", start=start, end=end, form="here")) if puts else texts[0]


def _flushed(segments: Sequence[str], place: str) -> list[str]:
    """Without the white space that all lines begin with; one that has nothing else keeps it. What is put in goes on with its line.

    Raises:
        NotRead: A mark that joins the letter before it stands behind the white space, and Terraform takes both away as one.
    """
    lines = [segment.split("\n") for segment in segments]
    begins = [
        (one, at)
        for one, pieces in enumerate(lines)
        for at, piece in enumerate(pieces)
        if (at or not one) and (piece.strip() or (at == len(pieces) - 1 and one < len(lines) - 1))
    ]
    least = min((_indent(lines[one][at]) for one, at in begins), default=0)
    for one, at in begins:
        piece = lines[one][at]
        if combining(piece.lstrip()[:1] or " "):
            raise NotRead(f"{place}: a line of a here-document begins with a mark that joins what is before it")
        lines[one][at] = piece[least:]
    return ["\n".join(pieces) for pieces in lines]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


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
