"""The native syntax of Terraform (HCL 2) with places: blocks, and values as far as they are written out. All else is skipped exactly.

What Terraform would refuse may be let through here; what stands here as a value is what Terraform takes it for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from guardrails.written.strings import here, quoted
from guardrails.written.tree import Call, Entry, Fields, Items, Node, NotRead, Opaque, Plain, Reference, Text, line_of

__all__ = ["Block", "Body", "read_hcl"]

_SPACE = re.compile(r"(?:[ \t\r\ufeff]|/\*.*?\*/)*", re.DOTALL)
_LINES = re.compile(r"(?:\s|\ufeff|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[^\W\d][\w-]*")
_DOT = re.compile(r"\.([^\W\d][\w-]*)")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_OTHER = re.compile(r'[^"#/<\[\](){},\n]+')
_CLOSES = {"[": "]", "(": ")", "{": "}"}
_PLAIN = {"true": True, "false": False, "null": None}
_DEEPEST = 60


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
    body = reader.body(0, is_file=True)
    if body.end != len(text):
        raise reader.error(body.end, "a brace too many")
    return body


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._depth = 0

    def error(self, at: int, what: str) -> NotRead:
        return NotRead(f"line {line_of(self._text, at)}: {what}")

    def _past(self, at: int, *, lines: bool) -> int:
        found = (_LINES if lines else _SPACE).match(self._text, at)
        return found.end() if found else at

    def body(self, at: int, *, is_file: bool = False) -> Body:
        """From behind its brace to the one that closes it."""
        start, attributes, blocks = at, [], []
        while True:
            at = self._past(at, lines=True)
            if at == len(self._text) or self._text[at] == "}":
                break
            word = _WORD.match(self._text, at)
            if word is None:
                raise self.error(at, "a name should stand here")
            after = self._past(word.end(), lines=False)
            if self._text[after : after + 1] == "=" and self._text[after + 1 : after + 2] != "=":
                value, end = self._attribute(after + 1)
                attributes.append(Entry(name=word[0], value=value, start=at, end=end))
                at = end
            else:
                blocks.append(self._block(word[0], at, after))
                at = blocks[-1].end
        if not is_file and at == len(self._text):
            raise self.error(start, "a block has no end")
        if len({entry.name for entry in attributes}) != len(attributes):
            raise self.error(start, "an attribute stands twice")
        return Body(attributes=tuple(attributes), blocks=tuple(blocks), start=start, end=at)

    def _attribute(self, at: int) -> tuple[Node, int]:
        value, end = self.expression(self._past(at, lines=False), lines=False)
        after = self._past(end, lines=False)
        if self._text[after : after + 1] not in {"", "\n", "}", "#", "/"}:
            raise self.error(after, "a line should end here")
        return value, end

    def _block(self, kind: str, start: int, at: int) -> Block:
        labels = []
        while self._text[at : at + 1] != "{":
            label = self._text[at : at + 1] == '"'
            word = _WORD.match(self._text, at)
            if label:
                found = quoted(self._text, at, self._unlabelled)
                labels.append(found.value if isinstance(found, Text) else "")
                at = found.end
            elif word:
                labels.append(word[0])
                at = word.end()
            else:
                raise self.error(at, "a block should begin here")
            at = self._past(at, lines=False)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(at, f"more than {_DEEPEST} within each other")
        body = self.body(at + 1)
        self._depth -= 1
        return Block(type=kind, labels=tuple(labels), body=body, start=start, end=body.end + 1)

    def _unlabelled(self, at: int) -> int:
        raise self.error(at, "a label is built of parts")

    def expression(self, at: int, *, lines: bool) -> tuple[Node, int]:
        """A value that ends where a line, an item or a bracket does; with `lines` a line does not end it."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(at, f"more than {_DEEPEST} within each other")
        found = self._term(at)
        self._depth -= 1
        if found is not None:
            node, end = found
            after = self._past(end, lines=lines)
            if self._ends(after):
                return node, end
        end = self._skipped(at, lines=lines)
        if end == at:
            raise self.error(at, "a value should stand here")
        said = " ".join(self._text[at:end].split())
        return Opaque(why=said if len(said) <= 60 and '"' not in said else "an expression", start=at, end=end), end  # noqa: PLR2004

    def _ends(self, at: int) -> bool:
        rest = self._text[at : at + 2]
        return rest[:1] in {"", "\n", ",", "]", "}", ")", "#"} or rest in {"//", "/*"}

    def _term(self, at: int) -> tuple[Node, int] | None:
        letter = self._text[at : at + 1]
        if letter == '"':
            text = quoted(self._text, at, self._closing)
            return text, text.end
        if letter == "<" and self._text.startswith("<<", at):
            return here(self._text, at, self._closing)
        if letter == "[":
            return self._items(at)
        if letter == "{":
            return self._fields(at)
        if number := _NUMBER.match(self._text, at):
            text_ = number[0]
            value = float(text_) if re.search("[.eE]", text_) else int(text_)
            return Plain(value=value, start=at, end=number.end()), number.end()
        return self._named(at)

    def _named(self, at: int) -> tuple[Node, int] | None:
        word = _WORD.match(self._text, at)
        if word is None:
            return None
        if word[0] in _PLAIN:
            return Plain(value=_PLAIN[word[0]], start=at, end=word.end()), word.end()
        if self._text[word.end() : word.end() + 1] == "(":
            return self._call(word[0], at, word.end())
        path, end = [word[0]], word.end()
        while found := _DOT.match(self._text, end):
            path.append(found[1])
            end = found.end()
        return Reference(path=tuple(path), start=at, end=end), end

    def _call(self, name: str, start: int, at: int) -> tuple[Node, int] | None:
        found = self._listed(at + 1, ")")
        if found is None:
            return None
        arguments, end = found
        return Call(name=name, arguments=arguments, start=start, end=end), end

    def _items(self, start: int) -> tuple[Node, int] | None:
        found = self._listed(start + 1, "]")
        if found is None:
            return None
        items, end = found
        return Items(items=items, start=start, end=end), end

    def _listed(self, at: int, close: str) -> tuple[tuple[Node, ...], int] | None:
        """Values with commas between them; `None` for what is made by `for`, or of another form."""
        items: list[Node] = []
        at = self._past(at, lines=True)
        if re.match(r"for\s", self._text[at : at + 4]):
            return None
        while self._text[at : at + 1] != close:
            item, at = self.expression(at, lines=True)
            items.append(item)
            at = self._past(at, lines=True)
            if self._text[at : at + 1] == ",":
                at = self._past(at + 1, lines=True)
            elif self._text[at : at + 1] != close:
                return None
        return tuple(items), at + 1

    def _fields(self, start: int) -> tuple[Node, int] | None:
        entries: list[Entry] = []
        at = self._past(start + 1, lines=True)
        if re.match(r"for\s", self._text[at : at + 4]):
            return None
        while self._text[at : at + 1] != "}":
            found = self._entry(at)
            if found is None:
                return None
            entries.append(found)
            at = self._past(found.end, lines=False)
            if self._text[at : at + 1] == ",":
                at += 1
            elif not self._ends(at):
                return None
            at = self._past(at, lines=True)
        return Fields(entries=tuple(entries), start=start, end=at + 1), at + 1

    def _entry(self, at: int) -> Entry | None:
        """A name, `=` or `:`, and a value; `None` where the name is not written out."""
        if self._text[at : at + 1] == '"':
            key = quoted(self._text, at, self._closing)
            name, end = (key.value if isinstance(key, Text) else None), key.end
        else:
            word = _WORD.match(self._text, at)
            name, end = (word[0], word.end()) if word else (None, at)
        after = self._past(end, lines=False)
        if name is None or self._text[after : after + 1] not in {"=", ":"}:
            return None
        value, end = self.expression(self._past(after + 1, lines=True), lines=False)
        return Entry(name=name, value=value, start=at, end=end)

    def _closing(self, at: int) -> int:
        """From behind `${` to behind its `}`."""
        return self._closed(at, "}")

    def _closed(self, at: int, close: str) -> int:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(at, f"more than {_DEEPEST} within each other")
        begun = at
        while self._text[at : at + 1] != close:
            at = self._step(at)
            if at >= len(self._text):
                raise self.error(begun, f"a {close} is missing")
        self._depth -= 1
        return at + 1

    def _step(self, at: int) -> int:
        """Behind whatever stands here, with all that is within it."""
        letter = self._text[at : at + 1]
        if letter == '"':
            return quoted(self._text, at, self._closing).end
        if letter in _CLOSES:
            return self._closed(at + 1, _CLOSES[letter])
        if letter == "<" and self._text.startswith("<<", at):
            return here(self._text, at, self._closing)[1]
        if letter in {"#", "/"} and (comment := self._past(at, lines=True)) > at:
            return comment
        if letter and letter in "])}":
            raise self.error(at, f"a {letter} too many")
        other = _OTHER.match(self._text, at)
        return other.end() if other else at + 1

    def _skipped(self, start: int, *, lines: bool) -> int:
        at = start
        while not self._stops(at, lines=lines):
            at = self._step(at)
        return start + len(self._text[start:at].rstrip())

    def _stops(self, at: int, *, lines: bool) -> bool:
        if lines and self._text[at : at + 1] == "\n":
            return False
        rest = self._text[at : at + 2]
        return rest[:1] in {"", "\n", ",", "]", "}", ")"} or (not lines and (rest[:1] == "#" or rest in {"//", "/*"}))
