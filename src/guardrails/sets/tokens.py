"""The steps that patterns are made of, and how the text of each style of pattern is read into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

__all__ = ["ARN_PARTS", "UNKNOWN_TEXTS", "Token", "is_unknown", "tokens_of"]

ARN_PARTS = 6
UNKNOWN_TEXTS = ("\U000f0000", "\U000ffffd")
"""First and last of the characters that stand for whole texts which are not known (Unicode, private use: no text of a system has them)."""

_ANY = frozenset[str]()
_COLON = frozenset(":")
_SLASH = frozenset("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One step of a pattern: `char` alone, or any character outside `barred`, once or (`run`) any number of times."""

    char: str = ""
    barred: frozenset[str] = frozenset()
    run: bool = False


@cache
def _char(char: str) -> Token:
    return Token(char=char)


def is_unknown(char: str) -> bool:
    """Whether the character stands for a text that is not known: a single wildcard does not match it, for the text may be longer."""
    return UNKNOWN_TEXTS[0] <= char <= UNKNOWN_TEXTS[1]


def tokens_of(text: str, style: str) -> tuple[Token, ...]:
    """The steps of a pattern, neighbouring equal runs merged."""
    match style:
        case "literal":
            return tuple(map(_char, text))
        case "arn":
            return _merged(_arn(text))
        case "segments":
            return _merged(_segments(text))
        case _:
            return _merged(_globbed(text, _ANY))


def _globbed(text: str, barred: frozenset[str]) -> tuple[Token, ...]:
    wild = _wild(barred)
    return tuple(wild.get(char) or _char(char) for char in text)


@cache
def _wild(barred: frozenset[str]) -> Mapping[str, Token]:
    return {"*": Token(barred=barred, run=True), "?": Token(barred=barred)}


def _arn(text: str) -> tuple[Token, ...]:
    parts = text.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return _globbed(text, _ANY)
    colon = (_char(":"),)
    head = chain.from_iterable((*_globbed(part, _COLON), *colon) for part in parts[:-1])
    return (*head, *_globbed(parts[-1], _ANY))


def _segments(text: str) -> tuple[Token, ...]:
    run = text.endswith("*")
    body = text[:-1] if run else text
    tokens: list[Token] = []
    for number, segment in enumerate(body.split("/")):
        if number:
            tokens.append(_char("/"))
        # a final `+` directly before the star is no segment of its own (`foo+*` is refused by the readers)
        tokens += [Token(barred=_SLASH, run=True)] if segment == "+" else map(_char, segment)
    return (*tokens, Token(run=True)) if run else tuple(tokens)


def _merged(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    kept: list[Token] = []
    for token in tokens:
        if not (token.run and kept and kept[-1] == token):
            kept.append(token)
    return tuple(kept)
