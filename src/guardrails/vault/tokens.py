"""The tokens of HCL version 1, with their places, as the scanner of both engines finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from guardrails.vault.errors import PolicyError

__all__ = ["Form", "Token", "tokens"]


class Form(Enum):
    """What a token is."""

    WORD = "word"
    TEXT = "text"
    LINES = "lines"
    """A here-document."""
    NUMBER = "number"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the value of a text or of lines, else what is written."""

    form: Form
    text: str
    line: int
    column: int


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<quote>")
    |(?P<here><<-?[^\n]*\n)
    |(?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![\w.]))
    |(?P<word>[^\W\d][\w.-]*)
    |(?P<sign>[{}\[\]=,])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_CODED = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
_MOST_BYTE, _LAST_LETTER = 0xFF, 0x10FFFF
_NO_LETTER = re.compile("[\0\ue123\ud800-\udfff]")
"""One of them the scanner keeps for itself."""
_SURROGATES = range(0xD800, 0xE000)
_NEGATIVE = range(2**31, 2**32)
"""Go holds numbers of letters in 32 bits with a sign; of one below nothing the last byte counts, so `\\Uff000061` is `a`."""


def tokens(text: str) -> Iterator[Token]:
    """All tokens, the end last.

    Raises:
        PolicyError: Something that is none.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    yield from scanner.all()


def _letters(word: str) -> int:
    """How many letters belong to the word: to Python a number such as `²` does as well."""
    return next((at for at, letter in enumerate(word) if not (letter.isalpha() or letter.isdecimal() or letter in "_.-")), len(word))


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._begun = 1, 0

    def all(self) -> Iterator[Token]:
        if broken := _NO_LETTER.search(self._text):
            self._at = broken.start()
            self._count(0)
            raise self._error(f"a text has no {broken[0]!r} in it")
        while self._at < len(self._text):
            found = _TOKEN.match(self._text, self._at)
            if found is None or not (found.lastgroup != "word" or _letters(found[0])):
                raise self._error(f"{self._text[self._at]!r} cannot stand here")
            start, place = self._at, self._place()
            if found.lastgroup == "quote":
                yield Token(Form.TEXT, self._quoted(), *place)
            elif found.lastgroup == "here":
                yield Token(Form.LINES, self._here(found[0]), *place)
            else:
                self._at = found.end() if found.lastgroup != "word" else self._at + _letters(found[0])
                if found.lastgroup != "space":
                    yield Token(Form[str(found.lastgroup).upper()], found[0], *place)
            self._count(start)
        yield Token(Form.END, "the end", *self._place())

    def _place(self) -> tuple[int, int]:
        return self._line, self._at - self._begun + 1

    def _count(self, start: int) -> None:
        passed = self._text[start : self._at]
        if breaks := passed.count("\n"):
            self._line += breaks
            self._begun = start + passed.rindex("\n") + 1

    def _error(self, what: str) -> PolicyError:
        line, column = self._place()
        return PolicyError(what, line=line, column=column)

    def _quoted(self) -> str:
        """The value of a text; `${...}` in it is kept as it stands, quotes and line breaks included."""
        found: list[str] = []
        at, braces = self._at + 1, 0
        while True:
            letter = self._text[at : at + 1]
            if not letter or (letter == "\n" and not braces):
                raise self._error("a text has no end")
            if letter == '"' and not braces:
                break
            if letter == "\\":
                value, taken = self._escaped(at + 1)
                found.append(self._text[at : at + 1 + taken] if braces else value)
                at += 1 + taken
                continue
            if not braces and self._text.startswith("${", at):
                found.append("${")
                at, braces = at + 2, 1
                continue
            braces += (letter == "{") - (letter == "}") if braces else 0
            found.append(letter)
            at += 1
        try:
            value = "".join(found).encode("utf-8", "surrogateescape").decode()
        except UnicodeError:
            raise self._error("a text holds a part of a letter") from None
        self._at = at + 1
        return value

    def _escaped(self, at: int) -> tuple[str, int]:
        """What is escaped, and how many letters say so."""
        letter = self._text[at : at + 1]
        if letter in _ESCAPES and letter:
            return _ESCAPES[letter], 1
        coded = _CODED.match(self._text, at)
        if coded is None:
            raise self._error(f"\\{letter} is no escape")
        number = int(coded[4], 8) if coded[4] else int(coded[1] or coded[2] or coded[3], 16)
        if (number > _LAST_LETTER and number not in _NEGATIVE) or (coded[4] and number > _MOST_BYTE):
            raise self._error(f"\\{coded[0]} is no letter")
        if coded[1] or coded[4] or number in _NEGATIVE:  # one byte, of a letter that may have several
            return bytes([number & _MOST_BYTE]).decode("utf-8", "surrogateescape"), len(coded[0])
        return "\ufffd" if number in _SURROGATES else chr(number), len(coded[0])

    def _here(self, opening: str) -> str:
        """The lines up to one that holds the mark alone.

        What stands before the mark counts as well. After `<<-` something must, and is taken away from each line, if all begin with it.
        """
        indented = opening.startswith("<<-")
        mark = opening[2 + indented : -1]
        if not re.fullmatch(r"\w+", mark) or _letters(mark) < len(mark):
            raise self._error("a here-document has no mark")
        begin = self._at + len(opening)
        end = re.compile(rf"^([ \t\v\f\r]{'+' if indented else '*'}){mark}$", re.MULTILINE).search(self._text, begin)
        if end is None:
            raise self._error(f"the here-document has no {mark} at its end")
        self._at = end.end()
        text, before = self._text[begin : end.start()], end[1]
        lines = [f"{line}\n" for line in text.split("\n")[:-1]]
        if indented and all(line.startswith(before) for line in lines):
            return "".join(line[len(before) :] for line in lines)
        return f"{text}{before}".rstrip(" \t") if indented else f"{text}{before}"
