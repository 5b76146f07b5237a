"""Patterns of policies: globs with `*` and `?`, actions, and ARNs segment by segment.

IAM User Guide, "IAM JSON policy elements: Action" and "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from guardrails.iam.truth import Doubt, Truth, some

__all__ = ["ARN_PARTS", "Token", "Wild", "action_among", "glob", "lowered", "matches", "may_be_among", "split_arn"]

_WILDCARD = re.compile(r"[*?]")
ARN_PARTS = 6
"""`arn:partition:service:region:account:resource`; the resource keeps its own colons."""


class Wild(Enum):
    """A character of a pattern that stands for others."""

    ONE = "?"
    MANY = "*"


Token = str | Wild
"""One character of a pattern. What a variable was replaced by is characters only, never a wildcard."""


@lru_cache(maxsize=65536)
def glob(text: str) -> tuple[Token, ...]:
    """A text in which `*` and `?` are wildcards."""
    return tuple(Wild(character) if character in "*?" else character for character in text)


def lowered(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The same pattern in small letters."""
    return tuple(token.lower() if isinstance(token, str) else token for token in tokens)


def matches(pattern: Sequence[Token], text: str) -> bool:
    """Whether the pattern is the whole text. Steps back to the last `*` only, so no pattern makes it slow."""
    at = here = 0
    star, resumed = -1, 0
    while here < len(text):
        token = pattern[at] if at < len(pattern) else None
        if token is Wild.MANY:
            star, resumed, at = at, here, at + 1
        elif token is Wild.ONE or token == text[here]:
            at, here = at + 1, here + 1
        elif star >= 0:
            resumed += 1
            at, here = star + 1, resumed
        else:
            return False
    return all(token is Wild.MANY for token in pattern[at:])


def action_among(patterns: tuple[str, ...], action: str) -> Truth:
    """Whether a pattern matches. Actions have no case, and a wildcard may stand anywhere, in the name of the service too."""
    asked = action.lower()
    return some(_action_matches(pattern, asked) for start, pattern in _parted(patterns) if asked.startswith(start))


def may_be_among(patterns: tuple[str, ...], action: str) -> bool:
    """Whether a pattern begins as the action does; where none does, none matches."""
    return action.lower().startswith(_starts(patterns))


@lru_cache(maxsize=65536)
def _starts(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({start for start, _ in _parted(patterns)})


@lru_cache(maxsize=65536)
def _parted(patterns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each pattern behind how an action has to begin for it to match; anyhow, for one that is malformed."""
    return tuple((_start(pattern) if ":" in pattern else "", pattern) for pattern in patterns)


def _start(pattern: str) -> str:
    """What stands before the first wildcard, in small letters."""
    return _WILDCARD.split(pattern.lower(), 1)[0]


def _action_matches(pattern: str, asked: str) -> Truth:
    if ":" not in pattern and set(pattern) != {"*"}:
        return Doubt.of(f"malformed action {pattern!r}")
    start, tokens = _action(pattern)
    if tokens[len(start) :] == (Wild.MANY,):
        return asked.startswith(start)
    return asked.startswith(start) and matches(tokens, asked)


@lru_cache(maxsize=65536)
def _action(pattern: str) -> tuple[str, tuple[Token, ...]]:
    """What it begins with, and all of it, in small letters."""
    return _start(pattern), glob(pattern.lower())


def split_arn(text: str, *, variables: bool) -> list[str]:
    """The parts of an ARN pattern, six at most; where there are variables, colons inside `${...}` do not part it."""
    if not variables or "${" not in text:
        return text.split(":", ARN_PARTS - 1)
    parts: list[str] = []
    depth = start = 0
    for place, character in enumerate(text):
        if text.startswith("${", place):
            depth += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == ":" and not depth and len(parts) < ARN_PARTS - 1:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
