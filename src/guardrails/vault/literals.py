"""Single values as engines decode them where they want a text, a number, a duration or a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from math import floor

from guardrails.vault.errors import PolicyError
from guardrails.vault.hcl import Item, Literal, Node, Object, Sequence

__all__ = ["as_moment", "as_object", "as_seconds", "as_text", "as_texts", "as_whole", "mistake"]

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DAY_SECONDS = 86400
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_CODED = re.compile(r"[+-]?(0[xX](_?[0-9a-fA-F]){1,15}|0[bB](_?[01]){1,62}|0[oO]?(_?[0-7]){1,20}|0|[1-9](_?[0-9]){0,17})")
"""Whole numbers in a text, as Go reads them."""
_OLD_OCTAL = re.compile(r"^([+-]?)0(_?[0-7])")
_DURATION = re.compile(r"([0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(ns|us|µs|μs|ms|s|m|h)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_LONGEST_SECONDS = (2**63 - 1) // 10**9


def mistake(item: Item, what: str) -> PolicyError:
    """What is wrong, at the place of an item."""
    return PolicyError(what, line=item.line, column=item.column)


def as_text(node: Node, item: Item) -> str:
    """A text; a whole number counts as it is written, nothing in JSON as the empty text."""
    match node:
        case Literal(value=None):
            return ""
        case Literal(value=str(text)):
            return text
        case Literal(value=int(number), written=written) if not isinstance(number, bool):
            return written or str(number)
        case _:
            raise mistake(item, f"{item.keys[0]} is no text")


def as_whole(node: Node, item: Item) -> int:
    """A whole number, also in a text."""
    value = node.value if isinstance(node, Literal) else None
    if isinstance(value, str) and _CODED.fullmatch(value):
        return int(_OLD_OCTAL.sub(r"\g<1>0o\g<2>", value), 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise mistake(item, f"{item.keys[0]} is no whole number")
    return value


def as_texts(node: Node, item: Item) -> tuple[str, ...]:
    """A list of texts, in order."""
    if not isinstance(node, Sequence):
        raise mistake(item, f"{item.keys[0]} is no list")
    return tuple(as_text(member, item) for member in node.members)


def as_seconds(node: Node, item: Item) -> float:
    """Seconds, or a duration such as `1h30m` or `2d`. Of a number a part of a second is cut off, of a duration it counts."""
    value = node.value if isinstance(node, Literal) else False
    match value:
        case None | "":
            return 0
        case bool():
            raise mistake(item, f"{item.keys[0]} is no duration")
        case int() | float():
            found = Fraction(int(value))
        case _:
            found = _duration(value, item)
    if not 0 <= found <= _LONGEST_SECONDS:
        raise mistake(item, f"{item.keys[0]} is negative" if found < 0 else f"{item.keys[0]} is longer than engines can tell")
    return int(found) if found.denominator == 1 else float(found)


def _duration(text: str, item: Item) -> Fraction:
    sign, body = (-1 if text.startswith("-") else 1), text[text.startswith(("+", "-")) :]
    if days := re.fullmatch(r"([0-9]{1,18})(d?)", body):
        return Fraction(sign * int(days[1]) * (_DAY_SECONDS if days[2] else 1))
    if not body or _DURATION.sub("", body):
        raise mistake(item, f"{item.keys[0]}: {text!r} is no duration; write seconds, or 1h30m")
    return sign * sum((_nanoseconds(number, unit) for number, unit in _DURATION.findall(body)), Fraction(0)) / _UNITS["s"]


def _nanoseconds(number: str, unit: str) -> Fraction:
    return Fraction(floor(Fraction(number) * _UNITS[unit]))


def as_moment(node: Node, item: Item) -> datetime | None:
    """A moment in UTC, from RFC 3339 or seconds since 1970; the empty text is none."""
    text = as_text(node, item)
    if not text:
        return None
    try:
        if _WHOLE.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise mistake(item, f"expiration: {text!r} is no moment; write 2026-11-30T12:00:00Z")


def as_object(node: Node, item: Item, wrong: str) -> Object:
    """A block, or what stands in braces after `=`."""
    if not isinstance(node, Object):
        raise mistake(item, wrong)
    return node
