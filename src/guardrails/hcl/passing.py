"""Where what stands in a text of HCL 2 ends, whatever it is: by brackets, texts and remarks."""

from __future__ import annotations

import re

from guardrails.hcl.texts import EXPRESSION, here, quoted
from guardrails.hcl.tree import Node, NotRead, Opaque, line_of

__all__ = ["DEEPEST", "Passing"]

_SPACE = re.compile(r"(?:[ \t\r]|/\*.*?\*/)*", re.DOTALL)
_LINES = re.compile(r"(?:\s|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_OTHER = re.compile(r'[^"#/<\[\](){},\n]+')
_CLOSES = {"[": "]", "(": ")", "{": "}"}
DEEPEST = 48


class Passing:
    """A text, and how deep within each other things are where it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._depth = 0

    def error(self, at: int, what: str) -> NotRead:
        """That it is not understood, with the line."""
        return NotRead(f"line {line_of(self.text, at)}: {what}")

    def deeper(self, at: int) -> None:
        """Into what stands at a place; `out` leads out of it.

        Raises:
            NotRead: It is nested too deep.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error(at, f"more than {DEEPEST} within each other")

    def out(self) -> None:
        """Out of what `deeper` led into."""
        self._depth -= 1

    def past(self, at: int, *, lines: bool) -> int:
        """Behind white space and remarks; with `lines` behind ends of lines as well."""
        found = (_LINES if lines else _SPACE).match(self.text, at)
        return found.end() if found else at

    def ends(self, at: int) -> bool:
        """Whether an expression may end here."""
        rest = self.text[at : at + 2]
        return rest[:1] in {"", "\n", ",", "]", "}", ")", "#"} or rest in {"//", "/*"}

    def passed(self, at: int) -> tuple[Node, int]:
        """What is put into a text at `${` or `%{`, without a look at it."""
        end = self._closed(at + 2, "}")
        return Opaque(why=EXPRESSION, start=at, end=end), end

    def skipped(self, start: int, *, lines: bool) -> int:
        """Behind an expression, whatever it is."""
        at = start
        while not self._stops(at, lines=lines):
            at = self._step(at)
        return start + len(self.text[start:at].rstrip())

    def _closed(self, at: int, close: str) -> int:
        self.deeper(at)
        begun = at
        while self.text[at : at + 1] != close:
            at = self._step(at)
            if at >= len(self.text):
                raise self.error(begun, f"a {close} is missing")
        self.out()
        return at + 1

    def _step(self, at: int) -> int:
        """Behind whatever stands here, with all that is within it."""
        letter = self.text[at : at + 1]
        if letter == '"':
            return quoted(self.text, at, self.passed).end
        if letter in _CLOSES:
            return self._closed(at + 1, _CLOSES[letter])
        if letter == "<" and self.text.startswith("<<", at):
            return here(self.text, at, self.passed)[1]
        if letter in {"#", "/"} and (comment := self.past(at, lines=True)) > at:
            return comment
        if letter and letter in "])}":
            raise self.error(at, f"a {letter} too many")
        other = _OTHER.match(self.text, at)
        return other.end() if other else at + 1

    def _stops(self, at: int, *, lines: bool) -> bool:
        if lines and self.text[at : at + 1] == "\n":
            return False
        rest = self.text[at : at + 2]
        return rest[:1] in {"", "\n", ",", "]", "}", ")"} or (not lines and (rest[:1] == "#" or rest in {"//", "/*"}))
