"""Patterns of policies: globs with `*` and `?`, actions, and ARNs segment by segment.

IAM User Guide, "IAM JSON policy elements: Action" and "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from guardrails.iam.truth import Doubt, Truth

__all__ = [
    "ARN_PARTS",
    "Actions",
    "Token",
    "Wild",
    "action_among",
    "actions_of",
    "expression",
    "glob",
    "lowered",
    "matches",
    "split_arn",
    "whole",
]

ARN_PARTS = 6
"""`arn:partition:service:region:account:resource`; the resource keeps its own colons."""


class Wild(Enum):
    """A character of a pattern that stands for others."""

    ONE = "?"
    MANY = "*"

    __hash__ = object.__hash__  # that of an enum is slow, and patterns are looked up by their tokens


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
    """Whether the pattern is the whole text."""
    return expression(tuple(pattern)).fullmatch(text) is not None


@lru_cache(maxsize=65536)
def expression(pattern: tuple[Token, ...]) -> re.Pattern[str]:
    """What matches the texts that are the whole pattern.

    What stands between two stars is looked for at its first place only: a later one never helps, so no pattern makes it slow.
    """
    parts = [""]
    for token in pattern:
        if token is Wild.MANY:
            parts.append("")
        else:
            parts[-1] += "." if token is Wild.ONE else re.escape(token)
    first, *others = parts
    if others:
        *middle, last = others
        first += "".join(f"(?>.*?{part})" for part in middle if part) + f".*{last}"
    return re.compile(first, re.DOTALL)


@lru_cache(maxsize=65536)
def whole(text: str) -> Callable[[str], object]:
    """What says whether a glob is the whole of a text; most globs are a text or its beginning, and need no expression."""
    start = text.rstrip("*")
    if "*" in start or "?" in start:
        return expression(glob(text)).fullmatch
    return text.__eq__ if start == text else lambda asked: asked.startswith(start)


def action_among(patterns: tuple[str, ...], action: str) -> Truth:
    """Whether a pattern matches. Actions have no case, and a wildcard may stand anywhere, in the name of the service too."""
    found, asked = actions_of(patterns), action.lower()
    if asked in found.names or asked.startswith(found.starts) or any(other.fullmatch(asked) for other in found.others):
        return True
    return Doubt.of(*found.malformed) if found.malformed else False


@dataclass(frozen=True, slots=True)
class Actions:
    """Patterns of actions in small letters, sorted by what they are: whole names, beginnings with a star behind, and others."""

    names: frozenset[str]
    starts: tuple[str, ...]
    others: tuple[re.Pattern[str], ...]
    malformed: tuple[str, ...]


@lru_cache(maxsize=65536)
def actions_of(patterns: tuple[str, ...]) -> Actions:
    """The patterns of an element, sorted."""
    formed = [text.lower() for text in patterns if _is_formed(text)]
    wild = {text for text in formed if "*" in text or "?" in text}
    open_ended = {text for text in wild if text.endswith("*") and not {"*", "?"} & set(text[:-1])}
    return Actions(
        names=frozenset(formed) - wild,
        starts=tuple(text[:-1] for text in open_ended),
        others=tuple(expression(glob(text)) for text in wild - open_ended),
        malformed=tuple(f"malformed action {text!r}" for text in patterns if not _is_formed(text)),
    )


def _is_formed(text: str) -> bool:
    return ":" in text or set(text) == {"*"}


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
