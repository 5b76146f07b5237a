"""How one operand of a policy compares with one value of a request, by type; negation and lists are left to `conditions`.

A malformed operand is a doubt. A value or variable that cannot match is `NoMatch`: sources agree that nothing equals it and disagree on
whether it therefore differs. IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from guardrails.iam.context import Template
from guardrails.iam.patterns import ARN_PARTS, lowered, matches, split_arn, whole
from guardrails.iam.truth import Doubt, Truth, every

__all__ = [
    "Comparison",
    "NoMatch",
    "date_of",
    "in_network",
    "like_arn",
    "like_text",
    "number_of",
    "ordered",
    "same_binary",
    "same_boolean",
    "same_text",
    "same_text_without_case",
]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nothing matches, whatever is asked, and why."""

    why: str


Comparison = Callable[[Template, str], Truth | NoMatch]
"""Of an operand and a value of the request."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def same_text(operand: Template, value: str) -> Truth | NoMatch:
    """The same characters; `*` and `?` are themselves."""
    return _alike(operand, value, wild=False)


def same_text_without_case(operand: Template, value: str) -> Truth | NoMatch:
    """The same characters, small or capital."""
    return _alike(operand, value.lower(), wild=False, cased=False)


def like_text(operand: Template, value: str) -> Truth | NoMatch:
    """A pattern with `*` and `?`."""
    return _alike(operand, value)


def like_arn(operand: Template, value: str) -> Truth | NoMatch:
    """Each of the six parts by itself; ArnEquals and ArnLike are the same."""
    values = value.split(":", ARN_PARTS - 1)
    if not operand.has_variables and len(values) == len(plain := _plain_parts(operand.text)) == ARN_PARTS:
        return all(part(text) for part, text in zip(plain, values, strict=True))
    parts = operand.arn_parts()
    if len(parts) != ARN_PARTS:
        return Doubt.of(f"malformed ARN {operand.text!r} in a condition")
    if len(values) != ARN_PARTS:
        return NoMatch(f"the value {value!r} is no ARN")
    alike = [_alike(part, text) for part, text in zip(parts, values, strict=True)]
    if False in alike:
        return False
    unset = [part for part in alike if isinstance(part, NoMatch)]
    return unset[0] if unset else every(part for part in alike if not isinstance(part, NoMatch))


@lru_cache(maxsize=65536)
def _plain_parts(text: str) -> tuple[Callable[[str], object], ...]:
    """The parts of an ARN pattern that holds no variable."""
    return tuple(map(whole, split_arn(text, variables=False)))


def ordered(parse: Callable[[str], Decimal | None], sign: Callable[[Decimal, Decimal], bool]) -> Comparison:
    """What `parse` makes of the value stands in this order to what it makes of the operand."""

    def compare(operand: Template, value: str) -> Truth | NoMatch:
        wanted, given = parse(operand.text), parse(value)
        if wanted is None:
            return _malformed(operand)
        return NoMatch(f"the value {value!r} is of another type") if given is None else sign(given, wanted)

    return compare


def number_of(text: str) -> Decimal | None:
    """A decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def date_of(text: str) -> Decimal | None:
    """A point in time as seconds since 1970, from ISO 8601 with its zone or from those seconds themselves; a bare date is midnight UTC."""
    if text.isascii() and text.isdigit():
        return Decimal(text)
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # such as the thirtieth of February
        return None
    passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return Decimal(passed.days * 86400 + passed.seconds) + Decimal(passed.microseconds) / 1_000_000


def same_boolean(operand: Template, value: str) -> Truth | NoMatch:
    """Only `true` and `false` are, in any case."""
    return operand.text.lower() == value.lower() if operand.text.lower() in {"true", "false"} else _malformed(operand)


def same_binary(operand: Template, value: str) -> Truth | NoMatch:
    """The same base-64 text."""
    return operand.text == value if _BASE64.fullmatch(operand.text) else _malformed(operand)


def in_network(operand: Template, value: str) -> Truth | NoMatch:
    """An address in a block, or the address itself; a block of the other family holds it never."""
    try:
        network = ipaddress.ip_network(operand.text, strict=False)
    except ValueError:
        return _malformed(operand)
    try:
        return ipaddress.ip_address(value) in network
    except ValueError:
        return NoMatch(f"the value {value!r} is no address")


def _malformed(operand: Template) -> Doubt:
    return Doubt.of(f"malformed operand {operand.text!r}")


def _alike(operand: Template, value: str, *, wild: bool = True, cased: bool = True) -> Truth | NoMatch:
    tokens = operand.tokens()
    if tokens is None:
        return NoMatch(f"a variable without a value in {operand.text!r}")
    if isinstance(tokens, Doubt):
        return tokens
    if not wild:
        tokens = tuple(token if isinstance(token, str) else token.value for token in tokens)
    return matches(tokens if cased else lowered(tokens), value)
