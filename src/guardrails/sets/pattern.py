"""One pattern over texts: literal characters, single wildcards and runs, each run with the characters that it cannot cross."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

__all__ = ["Pattern", "Token"]

_ARN_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One step of a pattern: `char` alone, or any character outside `barred`, once or (`run`) any number of times."""

    char: str = ""
    barred: frozenset[str] = frozenset()
    run: bool = False

    def takes(self, char: str) -> bool:
        """Whether the token accepts this character."""
        return char == self.char if self.char else char not in self.barred


_ANY = frozenset[str]()
_COLON = frozenset(":")
_SLASH = frozenset("/")


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """The set of texts that one pattern matches. Build it with `glob`, `literal`, `arn` or `segments`."""

    text: str
    style: str = "glob"

    @classmethod
    def glob(cls, text: str) -> Pattern:
        """`*` is any text and `?` any one character; both cross every separator."""
        return cls(text, "glob")

    @classmethod
    def literal(cls, text: str) -> Pattern:
        """Exactly this text."""
        return cls(text, "literal")

    @classmethod
    def arn(cls, text: str) -> Pattern:
        """An ARN pattern: in its first five parts wildcards stop at `:`, in the sixth they cross everything.

        A pattern of fewer than six parts is read as a glob, so a `*` that ends it expands beyond colons
        (AWS, IAM User Guide, "Resource").
        """
        return cls(text, "arn")

    @classmethod
    def segments(cls, text: str) -> Pattern:
        """A Vault path: `+` alone in a segment is one segment, a final `*` any text, everything else literal."""
        return cls(text, "segments")

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The steps of the pattern, neighbouring equal runs merged."""
        return _tokens(self)

    @property
    def is_literal(self) -> bool:
        """Whether it matches exactly one text."""
        return all(token.char for token in self.tokens)

    def matches(self, text: str) -> bool:
        """Whether the text is in the set; linear in its length whatever the pattern."""
        tokens = self.tokens
        live = _closed({0}, tokens)
        for char in text:
            live = _closed({step for at in live for step in _steps(tokens, at, char)}, tokens)
            if not live:
                return False
        return len(tokens) in live


def _steps(tokens: tuple[Token, ...], at: int, char: str) -> tuple[int, ...]:
    if at == len(tokens) or not tokens[at].takes(char):
        return ()
    return (at,) if tokens[at].run else (at + 1,)


def _closed(live: set[int], tokens: tuple[Token, ...]) -> set[int]:
    found = set(live)
    for at in live:
        step = at
        while step < len(tokens) and tokens[step].run:
            step += 1
            found.add(step)
    return found


@lru_cache(maxsize=65536)
def _tokens(pattern: Pattern) -> tuple[Token, ...]:
    match pattern.style:
        case "literal":
            return tuple(Token(char=char) for char in pattern.text)
        case "arn":
            return _merged(_arn(pattern.text))
        case "segments":
            return _merged(_segments(pattern.text))
        case _:
            return _merged(_globbed(pattern.text, _ANY))


def _globbed(text: str, barred: frozenset[str]) -> tuple[Token, ...]:
    wild = {"*": Token(barred=barred, run=True), "?": Token(barred=barred)}
    return tuple(wild.get(char) or Token(char=char) for char in text)


def _arn(text: str) -> tuple[Token, ...]:
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return _globbed(text, _ANY)
    colon = (Token(char=":"),)
    head = chain.from_iterable((*_globbed(part, _COLON), *colon) for part in parts[:-1])
    return (*head, *_globbed(parts[-1], _ANY))


def _segments(text: str) -> tuple[Token, ...]:
    run = text.endswith("*")
    body = text[:-1] if run else text
    tokens: list[Token] = []
    for number, segment in enumerate(body.split("/")):
        if number:
            tokens.append(Token(char="/"))
        # a final `+` directly before the star is no segment of its own (`foo+*` is refused by the readers)
        tokens += [Token(barred=_SLASH, run=True)] if segment == "+" else [Token(char=char) for char in segment]
    return (*tokens, Token(run=True)) if run else tuple(tokens)


def _merged(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    kept: list[Token] = []
    for token in tokens:
        if not (token.run and kept and kept[-1] == token):
            kept.append(token)
    return tuple(kept)
