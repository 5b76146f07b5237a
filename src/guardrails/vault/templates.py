"""Values that depend on who asks, put into the paths of rules.

Engines differ in what a value may bring along: see `Profile.blocked`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum

from guardrails.vault.profiles import Profile

__all__ = ["Filled", "Known", "Missing", "Values", "expressions", "fill", "nothing_known"]

_EXPRESSION = re.compile(r"\{\{\s*(.*?)\s*\}\}")


class Missing(Enum):
    """Why there is no value, or no path."""

    ABSENT = "absent"
    """It is known that there is none: the rule falls away, also one that denies."""
    UNKNOWN = "unknown"
    """It was not seen."""
    REFUSED = "refused"
    """The value holds a letter for which the server refuses every request of whoever has it."""


Known = str | Missing
Values = Callable[[str], Known]
"""The value of an expression such as `identity.entity.name`."""
Filled = str | Missing
"""A path without expressions, or why there is none."""


def nothing_known(_expression: str) -> Known:
    """The values of somebody of whom nothing is known."""
    return Missing.UNKNOWN


def expressions(path: str) -> tuple[str, ...]:
    """What stands between `{{` and `}}`, in order."""
    return tuple(dict.fromkeys(_EXPRESSION.findall(path)))


def fill(path: str, values: Values, profile: Profile, unblocked: frozenset[str] = frozenset()) -> Filled:
    """The path with its values put in; letters that are `unblocked` may stand in them, whatever the engine blocks."""
    found = {expression: values(expression) for expression in expressions(path)}
    for value in found.values():  # in their order: a server stops at the first that it cannot put in
        if value is Missing.ABSENT:
            return Missing.ABSENT
        if isinstance(value, str) and _is_blocked(value, profile.blocked - unblocked):
            return Missing.REFUSED if profile.refuses_blocked else Missing.ABSENT
    texts = {expression: value for expression, value in found.items() if isinstance(value, str)}
    if len(texts) < len(found):
        return Missing.UNKNOWN
    return _EXPRESSION.sub(lambda match: texts[match[1]], path).removeprefix("/")


def _is_blocked(value: str, letters: Iterable[str]) -> bool:
    return any(letter in value for letter in letters)
