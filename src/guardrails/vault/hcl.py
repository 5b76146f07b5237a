"""HCL version 1 and JSON as a tree with places: the grammar of policies, without what policies mean.

As both engines parse it: line breaks tell nothing, a comma between attributes may be left out, one between members of a list may not, but
for one behind a list. A block can have several names, an attribute one. What stands twice is kept twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.vault.errors import PolicyError
from guardrails.vault.json_form import parse_json
from guardrails.vault.tokens import Form, Token, tokens
from guardrails.vault.tree import DEEPEST, Item, Literal, Node, Object, Sequence, fraction, whole

__all__ = ["Item", "Literal", "Node", "Object", "Sequence", "parse"]


def parse(text: str) -> Object:
    """The whole text: JSON when its first letter is `{`, else HCL.

    Raises:
        PolicyError: It is neither.
    """
    return parse_json(text) if text.lstrip().startswith("{") else _Parser(tuple(tokens(text))).document()


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
        if self._depth > DEEPEST:
            raise _wrong(token, f"there are more than {DEEPEST} blocks within each other")
        node = self._node(token)
        self._depth -= 1
        return node

    def _node(self, token: Token) -> Node:
        if token.form is Form.SIGN and token.text == "{":
            return Object(tuple(self._items("}")), token.line, token.column)
        if token.form is Form.SIGN and token.text == "[":
            return Sequence(tuple(self._members()), token.line, token.column)
        if token.form in {Form.TEXT, Form.LINES}:
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
            value = self._value()
            yield value
            if not (isinstance(value, Sequence) or self._is(",") or self._is("]")):
                raise _wrong(self._peek(), "members of a list have a comma between them")


def _number(token: Token) -> int | float:
    text = token.text
    body = text.lstrip("-")
    try:
        if body[:2].lower() == "0x":
            return whole(text, 16)
        if body.isdigit():
            return whole(text, 8 if len(body) > 1 and body[0] == "0" else 10)
        return fraction(text)
    except ValueError:
        raise _wrong(token, f"{text} is no number that engines hold") from None


def _shown(token: Token) -> str:
    return token.text if token.form is Form.END else repr(token.text)


def _wrong(token: Token, what: str) -> PolicyError:
    return PolicyError(what, line=token.line, column=token.column)
