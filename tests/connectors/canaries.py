"""Secrets that are planted, and everything that is searched for them, in whatever form they may come out."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Iterator
from urllib.parse import quote

_LEAST = 6


def forms(value: str) -> Iterator[str]:
    """The value as it stands, escaped, quoted, in hex, and in base64 wherever in a longer text it begins."""
    raw = value.encode()
    yield from (value, json.dumps(value)[1:-1], repr(value)[1:-1], quote(value), quote(value, safe=""), raw.hex(), raw.hex().upper())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            found = encode(b"\0" * before + raw).decode().rstrip("=")
            yield found[4 if before else 0 : -1]


def leaks(canaries: dict[str, str], outputs: dict[str, str]) -> list[tuple[str, str]]:
    """Which canary came out where."""
    assert all(len(value) >= _LEAST for value in canaries.values())
    told = {name: {form for form in forms(value) if len(form) >= _LEAST} for name, value in canaries.items()}
    return [(name, where) for where, text in outputs.items() for name, shapes in told.items() if any(shape in text for shape in shapes)]


def told(error: BaseException) -> str:
    """All that an error could tell: its words, its whole chain, and the values in the frames that are guardrails' own."""
    found, ahead = [*traceback.format_exception(error)], [error]
    while ahead:
        one = ahead.pop()
        found += [str(one), repr(one), repr(vars(one))]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if str(frame.f_globals.get("__name__", "")).startswith("guardrails."):
                found += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
        ahead += [more for more in (one.__cause__, one.__context__) if more is not None]
    return "\n".join(found)
