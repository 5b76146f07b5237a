"""Files of Terraform read as far as it takes to know the words around references. What is not read is nothing, and never guessed."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import Final

from guardrails.proposals.terraform.sources.nodes import Block, Call, Literal, Many, Node, Reference, Template, Together
from guardrails.proposals.terraform.sources.scanning import HEREDOC, NotReadError, Scanner

__all__ = ["NotReadError", "read_blocks"]

_NAME: Final = re.compile(r"[A-Za-z_][\w-]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?![\w.])")
_TRAVERSAL: Final = re.compile(r'[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[(?:\d+|"[^"\\$%]*")\])*')
_LABEL: Final = re.compile(r'"([^"\\$%]*)"')
_ASSIGNS: Final = re.compile(r"=(?!=)")
_PLAIN: Final = re.compile(r'(?:[^"\\$%\n]|\$(?![{$])|%(?![{%]))+')
_PLAIN_LINES: Final = re.compile(r"(?:[^$%]|\$(?![{$])|%(?![{%]))+")
_ESCAPE: Final = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4}))')
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_DEPTH: Final = 48


def read_blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a file.

    Raises:
        NotReadError: It is no file of Terraform, or written in a way that is not read.
    """
    parser = _Parser(text.removeprefix("\ufeff"))
    _, blocks = parser.body("", _DEPTH)
    return blocks


class _Parser(Scanner):
    def body(self, end: str, depth: int) -> tuple[dict[str, Node], tuple[Block, ...]]:
        attributes: dict[str, Node] = {}
        blocks: list[Block] = []
        self.blank(lines=True)
        while self.next() != end:
            name = self.take(_NAME)
            if name is None or depth == 0:
                raise NotReadError
            self.blank(lines=False)
            if self.take(_ASSIGNS):
                if name[0] in attributes:
                    raise NotReadError
                attributes[name[0]] = self.whole("\n}" if end else "\n", depth)
            else:
                blocks.append(self._block(name[0], depth))
            self.blank(lines=True)
        self.at += len(end)
        return attributes, tuple(blocks)

    def _block(self, kind: str, depth: int) -> Block:
        labels = []
        while found := self.take(_LABEL) or self.take(_NAME):
            labels.append(found[1] if found.re is _LABEL else found[0])
            self.blank(lines=False)
        if self.next() != "{":
            raise NotReadError
        self.at += 1
        attributes, blocks = self.body("}", depth - 1)
        return Block(kind=kind, labels=tuple(labels), attributes=attributes, blocks=blocks)

    def whole(self, ends: str, depth: int) -> Node:
        """An expression that goes on to one of some letters; nothing where it holds what is not read."""
        self.blank(lines="\n" not in ends)
        begin = self.at
        try:
            found = self._expression(depth)
            self.blank(lines="\n" not in ends)
        except NotReadError:
            found, self.at = None, begin
        if self.at == begin or (self.next() and self.next() not in ends):
            # it goes on with an operator, or was not read at all
            found, self.at = None, begin
            self.skip(ends)
        return found

    def _expression(self, depth: int) -> Node:
        if depth == 0:
            raise NotReadError
        if heredoc := self.take(HEREDOC):
            content = self.heredoc_end(heredoc[2])
            return _Parser(dedent(content) if heredoc[1] else content).template("", _PLAIN_LINES, depth - 1)
        match self.next():
            case '"':
                self.at += 1
                return self.template('"', _PLAIN, depth - 1)
            case "[":
                return Many(tuple(self._separated("]", depth - 1)))
            case "{":
                return self._together(depth - 1)
            case _:
                pass
        if number := self.take(_NUMBER):
            return Literal(int(number[0]))
        return self._named(depth - 1)

    def _named(self, depth: int) -> Node:
        found = self.take(_TRAVERSAL)
        if found is None:
            raise NotReadError
        if found[0] in _WORDS:
            return Literal(_WORDS[found[0]])
        if self.next() == "(":
            return Call(found[0], tuple(self._separated(")", depth)))
        if self.next() in {".", "["}:  # splats and computed keys
            raise NotReadError
        return Reference(found[0])

    def _separated(self, end: str, depth: int) -> list[Node]:
        self.at += 1
        items: list[Node] = []
        self.blank(lines=True)
        while self.next() != end:
            items.append(self.whole(f",{end}", depth))
            self.at += self.next() == ","
            self.blank(lines=True)
            if not self.next():
                raise NotReadError
        self.at += 1
        return items

    def _together(self, depth: int) -> Node:
        self.at += 1
        entries: list[tuple[Node, Node]] = []
        self.blank(lines=True)
        while self.next() != "}":
            entries.append((self._key(depth), self.whole(",\n}", depth)))
            self.at += self.next() == ","
            self.blank(lines=True)
        self.at += 1
        return Together(tuple(entries))

    def _key(self, depth: int) -> Node:
        name = self.take(_NAME)
        if name is None and self.next() != '"':
            raise NotReadError
        key = Template((name[0],)) if name else self._expression(depth)
        self.blank(lines=False)
        if not (self.take(_ASSIGNS) or self.take(re.compile(":"))):
            raise NotReadError
        return key

    def template(self, end: str, plain: re.Pattern[str], depth: int) -> Node:
        """A text up to its end, which is a quote, or nothing where it is all of a heredoc."""
        parts: list[str | Node] = []
        while self.next() != end:
            if found := self.take(plain):
                parts.append(found[0])
            elif self.text.startswith(("$$$", "%%%"), self.at):
                raise NotReadError
            elif self.text.startswith(("$${", "%%{"), self.at):
                parts.append(self.text[self.at + 1 : self.at + 3])
                self.at += 3
            elif self.text.startswith("${", self.at):
                self.at += 2
                parts.append(self.whole("}", depth))
                self.at += 1
            elif end and (escape := self.take(_ESCAPE)):
                parts.append(_ESCAPED[escape[1]] if escape[1] else chr(int(escape[2], 16)))
            else:
                raise NotReadError
        self.at += len(end)
        return Template(tuple(parts))
