"""Where the parts of a text in HCL end, whatever stands in them: strings with templates in them, heredocs, comments, brackets."""

from __future__ import annotations

import re

__all__ = ["NotReadError", "Scanner"]

_BLANK = re.compile(r"(?:[ \t\r]+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_BLANKS = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
HEREDOC = re.compile(r"<<(-?)([A-Za-z_][\w-]*)[ \t\r]*\n")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEPTH = 64


class NotReadError(Exception):
    """The text is not understood from here on."""


class Scanner:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def blank(self, *, lines: bool) -> None:
        """Go behind blanks and comments, and behind ends of lines as well."""
        if found := (_BLANKS if lines else _BLANK).match(self.text, self.at):
            self.at = found.end()

    def next(self) -> str:
        """The letter here; empty at the end."""
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here, and go behind it."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def skip(self, ends: str, depth: int = _DEPTH) -> None:
        """Go on to the first letter of some that stands in no bracket, string or comment."""
        if depth == 0:
            raise NotReadError
        while (here := self.next()) and here not in ends:
            if here == '"':
                self.at += 1
                self.skip_string(depth - 1)
            elif here in _CLOSING:
                self.at += 1
                self.skip(_CLOSING[here], depth - 1)
                self.at += 1
            elif found := self.take(HEREDOC):
                self.heredoc_end(found[2])
            else:
                before = self.at
                self.blank(lines=False)
                self.at += self.at == before
        if not here and ends != "\n":
            raise NotReadError

    def skip_string(self, depth: int) -> None:
        """Go behind the quote that ends a string which has begun."""
        while (here := self.next()) != '"':
            if here in {"", "\n"}:
                raise NotReadError
            if here == "\\" or self.text.startswith(("$${", "%%{"), self.at):
                self.at += 2 if here == "\\" else 3
            elif self.text.startswith(("${", "%{"), self.at):
                self.at += 2
                self.skip("}", depth)
                self.at += 1
            else:
                self.at += 1
        self.at += 1

    def heredoc_end(self, word: str) -> str:
        """Go to the end of the line that ends a heredoc, and give what stands before it."""
        found = re.compile(rf"^[ \t]*{re.escape(word)}[ \t\r]*$", re.MULTILINE).search(self.text, self.at)
        if found is None:
            raise NotReadError
        content = self.text[self.at : found.start()]
        self.at = found.end()
        return content
