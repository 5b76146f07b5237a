"""HCL version 1 and JSON as a tree with places: the grammar of policies, without what policies mean.

As both engines parse it: line breaks tell nothing, a comma between attributes may be left out, one between members of a list may not. A
block can have several names, an attribute one. What stands twice is kept twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import isinf

from guardrails.vault.errors import PolicyError
from guardrails.vault.tokens import Form, Token, tokens

__all__ = ["Item", "Literal", "Node", "Object", "Sequence", "parse"]

_DEEPEST = 64
"""Blocks within blocks; no policy has more than a few."""
_MOST_DIGITS = 300
_LARGEST = 2**63
"""Engines hold whole numbers in 64 bits."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number or truth value; `None` comes from JSON alone. `written` is a number as it stands in HCL."""

    value: str | int | float | bool | None
    line: int = 0
    column: int = 0
    written: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    members: tuple[Node, ...]
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A value with its keys: one of an attribute, or those of a block."""

    keys: tuple[str, ...]
    value: Node
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Object:
    """Items in their order, also those with the same keys."""

    items: tuple[Item, ...]
    line: int = 0
    column: int = 0


Node = Literal | Sequence | Object


def parse(text: str) -> Object:
    """The whole text: JSON when its first letter is `{`, else HCL.

    Raises:
        PolicyError: It is neither.
    """
    return _json(text) if text.lstrip().startswith("{") else _Parser(tuple(tokens(text))).document()


def _json(text: str) -> Object:
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number, parse_int=_whole, parse_float=_broken)
    except json.JSONDecodeError as error:
        raise PolicyError(f"not JSON: {error.msg}", line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError):
        raise PolicyError("not JSON that can be read", line=1, column=1) from None
    node = _node(found)
    assert isinstance(node, Object)  # noqa: S101  # the text begins with a brace
    return Object(tuple(inner for item in node.items for inner in _flat(item)))


def _flat(item: Item) -> Iterator[Item]:
    """As engines lay JSON out as blocks: a list of objects is each of them; an object of nothing but objects adds its keys."""
    value = item.value
    if isinstance(value, Sequence) and value.members and all(isinstance(member, Object) for member in value.members):
        for member in value.members:
            yield from _flat(Item(item.keys, member))
    elif isinstance(value, Object) and all(isinstance(inner.value, Object) for inner in value.items):
        for inner in value.items:
            yield from _flat(Item((*item.keys, *inner.keys), inner.value))
    elif isinstance(value, Object):
        yield Item(item.keys, Object(tuple(found for inner in value.items for found in _flat(inner))))
    else:
        yield item


def _no_number(word: str) -> float:
    raise ValueError(word)


def _pairs(pairs: list[tuple[str, object]]) -> Object:
    return Object(tuple(Item((key,), _node(value)) for key, value in pairs))


def _node(value: object) -> Node:
    if isinstance(value, Object):
        return value
    if isinstance(value, list):
        if None in value:
            raise PolicyError("a list holds null")
        return Sequence(tuple(map(_node, value)))
    if value is None or isinstance(value, str | int | float):
        return Literal(value)
    raise AssertionError(value)


class _Parser:
    """A recursive descent."""

    def __init__(self, found: tuple[Token, ...]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def document(self) -> Object:
        items = tuple(self._items(None))
        return Object(items, 1, 1)

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _is(self, sign: str) -> bool:
        return self._peek().form is Form.SIGN and self._peek().text == sign

    def _skip(self, sign: str) -> bool:
        found = self._is(sign)
        self._at += found
        return found

    def _items(self, until: str | None) -> Iterator[Item]:
        while not (self._is(until) if until else self._peek().form is Form.END):
            item = self._item()
            if item is not None:
                yield item
            self._skip(",")
        self._at += until is not None

    def _item(self) -> Item | None:
        """The next one; `None` for one of the document whose value is not there, which engines pass over."""
        first = self._peek()
        keys: list[str] = []
        while self._is_key(self._peek()):
            keys.append(self._take().text)
        if not keys:
            raise _wrong(first, f"a key is missing before {_shown(first)}")
        if self._skip("="):
            if len(keys) > 1:
                raise _wrong(first, f"{' '.join(keys)}: a block has no =")
            if self._peek().form is Form.END and not self._depth:
                return None
        elif not self._is("{"):
            raise _wrong(self._peek(), f"{keys[-1]} has no value")
        return Item(tuple(keys), self._value(), first.line, first.column)

    @staticmethod
    def _is_key(token: Token) -> bool:
        return token.form is Form.TEXT or (token.form is Form.WORD and token.text not in {"true", "false"})

    def _value(self) -> Node:
        token = self._take()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _wrong(token, f"there are more than {_DEEPEST} blocks within each other")
        node = self._node(token)
        self._depth -= 1
        return node

    def _node(self, token: Token) -> Node:
        if token.form is Form.SIGN and token.text == "{":
            return Object(tuple(self._items("}")), token.line, token.column)
        if token.form is Form.SIGN and token.text == "[":
            return Sequence(tuple(self._members()), token.line, token.column)
        if token.form is Form.TEXT:
            return Literal(token.text, token.line, token.column)
        if token.form is Form.NUMBER:
            return Literal(_number(token), token.line, token.column, token.text)
        if token.form is Form.WORD and token.text in {"true", "false"}:
            return Literal(token.text == "true", token.line, token.column)
        raise _wrong(token, f"{_shown(token)} is no value")

    def _members(self) -> Iterator[Node]:
        while not self._skip("]"):
            if self._skip(","):  # also where nothing stands before it
                continue
            yield self._value()
            if not (self._is(",") or self._is("]")):
                raise _wrong(self._peek(), "members of a list have a comma between them")


def _number(token: Token) -> int | float:
    text = token.text
    if len(text) > _MOST_DIGITS:
        raise _wrong(token, "the number is too long")
    body = text.lstrip("-")
    try:
        if body[:2].lower() == "0x":
            return _whole(text, 16)
        if body.isdigit():
            return _whole(text, 8 if len(body) > 1 and body[0] == "0" else 10)
        return _broken(text)
    except ValueError:
        raise _wrong(token, f"{text} is no number that engines hold") from None


def _whole(text: str, base: int = 10) -> int:
    """A whole number; what is none, or too large, is a `ValueError`."""
    found = int(text, base)
    if not -_LARGEST <= found < _LARGEST:
        raise ValueError(text)
    return found


def _broken(text: str) -> float:
    """A number with a point or an exponent; likewise."""
    found = float(text)
    if isinf(found):
        raise ValueError(text)
    return found


def _shown(token: Token) -> str:
    return token.text if token.form is Form.END else repr(token.text)


def _wrong(token: Token, what: str) -> PolicyError:
    return PolicyError(what, line=token.line, column=token.column)
