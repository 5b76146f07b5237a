"""JSON as a tree with places, laid out in blocks as the engines do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from guardrails.vault.errors import PolicyError
from guardrails.vault.tree import DEEPEST, Item, Literal, Node, Object, Sequence, fraction, whole

__all__ = ["parse_json"]

_T = TypeVar("_T")
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:[^"\\\x00-\x1f]|\\(?:["\\bfnrt]|u[0-9a-fA-F]{4}))*")
    |(?P<whole>-?(?:0|[1-9][0-9]*)(?![0-9.eE]))
    |(?P<fraction>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<word>true|false|null)
    |(?P<sign>[{}\[\]:,])""",
    re.VERBOSE,
)
_HALF = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
_WORDS = {"true": True, "false": False, "null": None}
_END = "the end"

_Found = tuple[str, str, int, int]
"""Kind, text, line and column."""


def parse_json(text: str) -> Object:
    r"""The object that a text is.

    Raises:
        PolicyError: It is none, or something stands behind it. The parser of engines takes some texts that are not JSON, which do not pass;
            of JSON it does not take `\/`.
    """
    found = _Parser(tuple(_tokens(text))).document()
    return Object(tuple(inner for item in found.items for inner in _flat(item)), found.line, found.column)


def _flat(item: Item) -> Iterator[Item]:
    """A list of objects is each of them; an object of nothing but objects, if there are some, adds its keys."""
    value = item.value
    if isinstance(value, Sequence) and value.members and all(isinstance(member, Object) for member in value.members):
        for member in value.members:
            yield from _flat(Item(item.keys, member, item.line, item.column))
    elif isinstance(value, Object) and value.items and all(isinstance(inner.value, Object) for inner in value.items):
        for inner in value.items:
            yield from _flat(Item((*item.keys, *inner.keys), inner.value, inner.line, inner.column))
    elif isinstance(value, Object):
        inners = tuple(found for inner in value.items for found in _flat(inner))
        yield Item(item.keys, Object(inners, value.line, value.column), item.line, item.column)
    else:
        yield item


def _tokens(text: str) -> Iterator[_Found]:
    at, line, begun = 0, 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _wrong(f"{text[at]!r} cannot stand here", line, at - begun + 1)
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0], line, at - begun + 1
        at = found.end()
        if breaks := found[0].count("\n"):
            line, begun = line + breaks, found.start() + found[0].rindex("\n") + 1
    yield "end", _END, line, at - begun + 1


def _wrong(what: str, line: int, column: int) -> PolicyError:
    return PolicyError(f"not JSON: {what}", line=line, column=column)


class _Parser:
    """A recursive descent."""

    def __init__(self, found: tuple[_Found, ...]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def document(self) -> Object:
        node = self._node()
        if not isinstance(node, Object) or self._tokens[self._at][0] != "end":
            raise self._error("something stands behind the object")
        return node

    def _error(self, what: str = "") -> PolicyError:
        _, said, line, column = self._tokens[self._at]
        return _wrong(what or f"{said if said == _END else repr(said)} cannot stand here", line, column)

    def _skip(self, sign: str) -> bool:
        found = self._tokens[self._at][:2] == ("sign", sign)
        self._at += found
        return found

    def _node(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"there are more than {DEEPEST} blocks within each other")
        line, column = self._tokens[self._at][2:]
        if self._skip("{"):
            node: Node = Object(self._listed("}", self._item), line, column)
        elif self._skip("["):
            node = Sequence(self._listed("]", self._member), line, column)
        else:
            node = Literal(self._value(), line, column)
        self._depth -= 1
        return node

    def _listed(self, until: str, one: Callable[[], _T]) -> tuple[_T, ...]:
        found: list[_T] = []
        while not self._skip(until):
            if found and not self._skip(","):
                raise self._error()
            found.append(one())
        return tuple(found)

    def _item(self) -> Item:
        kind, said, line, column = self._tokens[self._at]
        if kind != "text":
            raise self._error()
        key = self._text(said)
        self._at += 1
        if not self._skip(":"):
            raise self._error()
        return Item((key,), self._node(), line, column)

    def _member(self) -> Node:
        if self._tokens[self._at][1] == "null":
            raise self._error("a list holds null")
        if self._tokens[self._at][:2] == ("sign", "["):
            # engines pass over its bracket, so that the first to close ends both, and take what follows for something else
            raise self._error("a list in a list, which engines do not read")
        return self._node()

    def _value(self) -> str | int | float | bool | None:
        kind, said = self._tokens[self._at][:2]
        try:
            match kind:
                case "text":
                    value: str | float | bool | None = self._text(said)
                case "whole":
                    value = whole(said)
                case "fraction":
                    value = fraction(said)
                case "word":
                    value = _WORDS[said]
                case _:
                    raise self._error()
        except ValueError:
            raise self._error(f"{said} is no number that engines hold") from None
        self._at += 1
        return value

    def _text(self, said: str) -> str:
        if _HALF.search(said):
            # also next to its other half: there the parser of engines breaks off
            raise self._error("a text holds a part of a letter")
        return str(json.loads(said))
