"""JSON with places: a file of its own, or what a here-document says."""

from __future__ import annotations

import json
import re

from guardrails.hcl.tree import Entry, Fields, Items, Node, NotRead, Plain, Text, line_of

__all__ = ["read_json"]

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_DEEPEST = 100


def read_json(text: str, start: int = 0, end: int | None = None, *, is_template: bool = False) -> Node:
    """A value that takes up a part of a text; in a template `$${` stands for `${`.

    Raises:
        NotRead: It is no JSON, or nested too deep.
    """
    reader = _Reader(text, len(text) if end is None else end, is_template=is_template)
    node = reader.value(start, 0)
    if reader.past(node.end) != reader.end:
        raise reader.error(node.end, "the JSON should end here")
    return node


class _Reader:
    def __init__(self, text: str, end: int, *, is_template: bool) -> None:
        self._text, self.end, self._is_template = text, end, is_template

    def error(self, at: int, what: str) -> NotRead:
        return NotRead(f"line {line_of(self._text, at)}: {what}")

    def past(self, at: int) -> int:
        found = _SPACE.match(self._text, at, self.end)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> Node:
        at = self.past(at)
        if depth > _DEEPEST:
            raise self.error(at, f"more than {_DEEPEST} within each other")
        letter = self._text[at : min(at + 1, self.end)]
        if letter == '"':
            return self._string(at)
        if letter == "[":
            return self._items(at, depth)
        if letter == "{":
            return self._fields(at, depth)
        for word, plain in _WORDS.items():
            if self._text.startswith(word, at, self.end):
                return Plain(value=plain, start=at, end=at + len(word))
        number = _NUMBER.match(self._text, at, self.end)
        if number is None:
            raise self.error(at, "a value of JSON should stand here")
        return Plain(value=json.loads(number[0]), start=at, end=number.end())

    def _string(self, at: int) -> Text:
        found = _STRING.match(self._text, at, self.end)
        if found is None:
            raise self.error(at, "a text of JSON should stand here")
        # a here-document is a template first, and its text JSON afterwards
        written = found[0].replace("$${", "${").replace("%%{", "%{") if self._is_template else found[0]
        return Text(value=json.loads(written), start=at, end=found.end())

    def _items(self, start: int, depth: int) -> Items:
        items: list[Node] = []
        at = self.past(start + 1)
        while self._text[at : at + 1] != "]" or items:
            items.append(self.value(at, depth + 1))
            at = self._after(items[-1].end, "]")
            if self._text[at - 1] == "]":
                return Items(items=tuple(items), start=start, end=at)
        return Items(items=(), start=start, end=at + 1)

    def _after(self, at: int, close: str) -> int:
        """Behind the comma or the bracket that follows a value."""
        at = self.past(at)
        if at >= self.end or self._text[at] not in {",", close}:
            raise self.error(at, f"a comma or {close} should stand here")
        return at + 1

    def _fields(self, start: int, depth: int) -> Fields:
        entries: list[Entry] = []
        at = self.past(start + 1)
        while self._text[at : at + 1] != "}" or entries:
            name = self._string(self.past(at))
            colon = self.past(name.end)
            if self._text[colon : colon + 1] != ":":
                raise self.error(colon, "a colon should stand here")
            value = self.value(colon + 1, depth + 1)
            entries.append(Entry(name=name.value, value=value, start=name.start, end=value.end))
            at = self._after(value.end, "}")
            if self._text[at - 1] == "}":
                return Fields(entries=tuple(entries), start=start, end=at)
        return Fields(entries=(), start=start, end=at + 1)
