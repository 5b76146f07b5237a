"""Canonical JSON (RFC 8785) on a profile where the standard library writes it exactly, and a reader that is as strict.

The profile: keys of ASCII, no fractions, whole numbers below 2**53, text that can be encoded. On it, one value has one spelling, so two
readers cannot see two values in bytes that were signed once.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

from guardrails.trust.errors import MalformedJson

__all__ = ["JSON", "dump", "parse", "sha256_hex"]

JSON: TypeAlias = "bool | int | str | list[JSON] | dict[str, JSON] | None"

_SHOWN = 8
_BIGGEST = 2**53 - 1
_MOST_DIGITS = 20
_DEEPEST = 32
"""Far more than any document of ours; without a bound, the depth of the stack would decide."""


def sha256_hex(content: bytes) -> str:
    """The lower-case hexadecimal SHA-256, the only form in which we write a digest."""
    return hashlib.sha256(content).hexdigest()


def dump(value: JSON) -> bytes:
    """The one canonical spelling of `value`; no newline at the end.

    Raises:
        MalformedJson: The value lies outside the profile.
    """
    _require_profile(value, _DEEPEST)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise MalformedJson("text holds half a character (a lone surrogate)", remedy="remove it") from error


def parse(content: bytes) -> JSON:
    """Read JSON of the profile, canonical in layout or not.

    Raises:
        MalformedJson: Not UTF-8, not JSON, a key twice, a fraction, a number too big, or nested too deep.
    """
    try:
        value: JSON = json.loads(
            content.decode(),
            object_pairs_hook=_without_duplicates,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_whole_number,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson(f"not UTF-8 at byte {error.start}", remedy="save it as UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(f"not JSON at {where}: {error.msg}", remedy="correct it there") from error
    except RecursionError as error:
        raise _too_deep() from error
    return value


def _without_duplicates(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = sorted(name for name in times if times[name] > 1)[:_SHOWN]
        raise MalformedJson(f"key twice in one object: {', '.join(map(repr, twice))}", remedy="keep one of them")
    return fields


def _refuse_number(literal: str) -> NoReturn:
    raise MalformedJson(f"{literal[:40]} is not a whole number", remedy="write whole numbers only")


def _whole_number(literal: str) -> int:
    # 20 letters hold every number allowed; longer ones are not even converted.
    if len(literal) > _MOST_DIGITS or abs(int(literal)) > _BIGGEST:
        raise MalformedJson(f"{literal[:40]} is 2**53 or more", remedy="write a smaller number, or text")
    return int(literal)


def _require_profile(value: JSON, levels: int) -> None:
    if not levels:
        raise _too_deep()
    match value:
        case None | bool() | str():
            return
        case int():
            _whole_number(str(value))
        case list():
            for item in value:
                _require_profile(item, levels - 1)
        case dict():
            _require_ascii(value.keys())
            _require_profile(list(value.values()), levels)
        case _:
            raise MalformedJson(f"{type(value).__name__} has no canonical spelling", remedy="use text")


def _require_ascii(keys: Iterable[str]) -> None:
    # With other keys, sorting by code point and by UTF-16 (what RFC 8785 asks) could differ.
    for key in keys:
        if not key.isascii():
            raise MalformedJson(f"key {key!r} is not ASCII", remedy="rename it")


def _too_deep() -> MalformedJson:
    return MalformedJson("nested too deep to be a document of ours", remedy="write it again")
