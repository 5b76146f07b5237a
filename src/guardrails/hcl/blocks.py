"""Files of HCL 2 with places: blocks, and attributes with their values.

What Terraform would refuse may be let through here; what stands here as a value is what Terraform takes it for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from guardrails.hcl.expressions import WORD, Expressions
from guardrails.hcl.texts import quoted
from guardrails.hcl.tree import Entry, Node, Text

__all__ = ["Block", "Body", "read_hcl"]

_MARK = "\ufeff"
"""What some editors write before all else; anywhere else Terraform refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block with its labels; `start` is where its type begins, and `end` is behind its last brace."""

    type: str
    labels: tuple[str, ...]
    body: Body
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands in a block: attributes, and further blocks. `start` and `end` are those of its braces."""

    attributes: tuple[Entry, ...]
    blocks: tuple[Block, ...]
    start: int
    end: int

    def get(self, name: str) -> Node | None:
        """The value of an attribute; `None` where it is not there."""
        return next((entry.value for entry in self.attributes if entry.name == name), None)

    def entry(self, name: str) -> Entry | None:
        """An attribute with its place."""
        return next((entry for entry in self.attributes if entry.name == name), None)

    def of(self, *types: str) -> tuple[Block, ...]:
        """The blocks of some types within."""
        return tuple(block for block in self.blocks if block.type in types)


def read_hcl(text: str) -> Body:
    """A whole file.

    Raises:
        NotRead: It is not of this syntax, or nested too deep.
    """
    reader = _Reader(text)
    body = reader.body(len(_MARK) if text.startswith(_MARK) else 0, is_file=True)
    if body.end != len(text):
        raise reader.error(body.end, "a brace too many")
    return body


class _Reader(Expressions):
    def body(self, at: int, *, is_file: bool = False) -> Body:
        """From behind its brace to the one that closes it."""
        start, attributes, blocks = at, [], []
        while True:
            at = self.past(at, lines=True)
            if at == len(self.text) or self.text[at] == "}":
                break
            word = WORD.match(self.text, at)
            if word is None:
                raise self.error(at, "a name should stand here")
            after = self.past(word.end(), lines=False)
            if self.text[after : after + 1] == "=" and self.text[after + 1 : after + 2] != "=":
                value, end = self._attribute(after + 1)
                attributes.append(Entry(name=word[0], value=value, start=at, end=end))
                at = end
            else:
                blocks.append(self._block(word[0], at, after))
                at = blocks[-1].end
        if not is_file and at == len(self.text):
            raise self.error(start, "a block has no end")
        if len({entry.name for entry in attributes}) != len(attributes):
            raise self.error(start, "an attribute stands twice")
        return Body(attributes=tuple(attributes), blocks=tuple(blocks), start=start, end=at)

    def _attribute(self, at: int) -> tuple[Node, int]:
        value, end = self.expression(self.past(at, lines=False), lines=False)
        after = self.past(end, lines=False)
        if self.text[after : after + 1] not in {"", "\n", "}", "#", "/"}:
            raise self.error(after, "a line should end here")
        return value, end

    def _block(self, kind: str, start: int, at: int) -> Block:
        labels = []
        while self.text[at : at + 1] != "{":
            label = self.text[at : at + 1] == '"'
            word = WORD.match(self.text, at)
            if label:
                found = self._label(at)
                labels.append(found.value)
                at = found.end
            elif word:
                labels.append(word[0])
                at = word.end()
            else:
                raise self.error(at, "a block should begin here")
            at = self.past(at, lines=False)
        self.deeper(at)
        body = self.body(at + 1)
        self.out()
        return Block(type=kind, labels=tuple(labels), body=body, start=start, end=body.end + 1)

    def _label(self, at: int) -> Text:
        """One that stands as it is, letter by letter."""
        found = quoted(self.text, at, self._unlabelled)
        if not isinstance(found, Text) or self.text[at + 1 : found.end - 1] != found.value:
            raise self.error(at, "a label with an escape")
        return found

    def _unlabelled(self, at: int) -> NoReturn:
        raise self.error(at, "a label is built of parts")
