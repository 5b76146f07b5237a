"""Variables of policies, of which the prover does not know the value: each is one letter of its own, that only `*` and itself match.

A proof over such letters holds whatever the values are. IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Any

from guardrails.sets import UNKNOWN_TEXTS, BudgetExceededError, Context, Language

__all__ = ["SPECIAL", "filled", "lettered", "letters_in", "letters_of", "variables_of", "widened"]

SPECIAL = frozenset("*?$")
"""`${*}` and the like stand for the character itself."""

_VARIABLE = re.compile(r"\$\{(?:[*?$]|[^{},']+(?:,\s*'[^']*')?)\}")
_letters: dict[str, str] = {}
_texts: dict[str, str] = {}
_free = map(chr, count(ord(UNKNOWN_TEXTS[0])))

_CURRENT = "2012-10-17"
"""Under any other version there are no variables."""
_OF_TEXTS = re.compile(r"string|arn", re.IGNORECASE)
"""The operators whose operands may have variables; no other element but the resources may."""


def filled(text: str, known: Context) -> str:
    """A document with what is known put in place of its variables; the others stay, and so does a value that would read as a pattern."""
    if "${" not in text or not any(key in known for key, _ in variables_of(text)):
        return text
    try:
        document = json.loads(text)
    except ValueError:
        return text
    if not isinstance(document, dict) or document.get("Version") != _CURRENT or "Statement" not in document:
        return text
    return json.dumps({**document, "Statement": _put(document["Statement"], known)}, sort_keys=True)


def _put(found: Any, known: Context) -> Any:  # noqa: ANN401  # JSON
    """Statements, with the values where variables may stand."""
    if isinstance(found, list):
        return [_put(each, known) for each in found]
    if not isinstance(found, dict):
        return found
    put = {name: _put_texts(found[name], known) for name in ("Resource", "NotResource") if name in found}
    if isinstance(block := found.get("Condition"), dict):
        put["Condition"] = {name: _put_texts(tests, known) if _OF_TEXTS.search(name) else tests for name, tests in block.items()}
    return {**found, **put}


def _put_texts(found: Any, known: Context) -> Any:  # noqa: ANN401  # JSON
    if isinstance(found, dict):
        return {key: _put_texts(values, known) for key, values in found.items()}
    if isinstance(found, list):
        return [_put_texts(each, known) for each in found]
    return _VARIABLE.sub(lambda variable: _value(variable[0], known), found) if isinstance(found, str) else found


def _value(variable: str, known: Context) -> str:
    key, default = _parted(variable[2:-1])
    state = default if key in known and known[key] is None else known.get(key)
    return state if isinstance(state, str) and not set(state) & SPECIAL else variable


def widened(text: str) -> str:
    """The text with any text in place of each variable."""
    return _VARIABLE.sub("*", text)


def lettered(text: str) -> str:
    """The text with the letter of each variable in its place.

    Raises:
        BudgetExceededError: There are more variables than letters.
    """
    return _VARIABLE.sub(lambda found: _letter(found[0]), text)


def _letter(variable: str) -> str:
    key, comma, default = variable[2:-1].partition(",")
    canonical = f"{key.strip().lower()}{comma}{default.strip()}"
    if canonical not in _letters:
        letter = next(_free)
        if letter > UNKNOWN_TEXTS[1]:
            raise BudgetExceededError
        _letters[canonical] = letter
        _texts[letter] = canonical
    return _letters[canonical]


@lru_cache(maxsize=65536)
def letters_of(resources: Language) -> str:
    """The letters that stand in the patterns of a language."""
    written = {char for term in resources.terms for pattern in term.included if not pattern.text.isascii() for char in pattern.text}
    return "".join(sorted(written & _texts.keys()))


def variables_of(text: str) -> Iterator[tuple[str, str | None]]:
    """Key and default of each variable in a text."""
    for found in _VARIABLE.finditer(text):
        yield _parted(found[0][2:-1])


def letters_in(text: str) -> Iterator[tuple[str, str, str | None]]:
    """Each letter in a text, with key and default of its variable."""
    for letter in dict.fromkeys(text):
        if letter in _texts:
            yield (letter, *_parted(_texts[letter]))


def _parted(inner: str) -> tuple[str, str | None]:
    key, comma, default = inner.partition(",")
    return key.strip().lower(), default.strip().strip("'") if comma else None
