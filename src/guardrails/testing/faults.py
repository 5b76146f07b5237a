"""The ways in which an answer can be broken; values only, `proxy` does the breaking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree as ET

__all__ = [
    "BRACES",
    "EMPTY",
    "FAULTS",
    "HTML",
    "REFUSALS",
    "Answer",
    "Cut",
    "Delay",
    "Fault",
    "Hollow",
    "Repeat",
    "Reset",
    "Shorten",
    "TcpFault",
    "redirect",
    "shortened",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """Another answer in place of the real one; the server is not asked."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends after this many bytes: of an HTTP answer's body, or of all that a TCP server said on it."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer comes whole and late; over TCP, each piece of it does. Stopping the proxy ends the wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (RST) where the answer would begin."""


@dataclass(frozen=True, slots=True)
class Shorten:
    """The answer stays well formed, and every list in its JSON or XML holds at most `keep` items."""

    keep: int = 1


@dataclass(frozen=True, slots=True)
class Hollow:
    """The real answer's status and headers around another body, so that nothing but the body tells."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Repeat:
    """The answer to the first chosen request is the answer to each further one: the same page, which names the same next one."""


TcpFault: TypeAlias = Cut | Delay | Reset
Fault: TypeAlias = TcpFault | Answer | Hollow | Repeat | Shorten

_HTML: Final = (("Content-Type", "text/html"),)
EMPTY: Final = Answer(200)
BRACES: Final = Answer(200, b"{}", (("Content-Type", "application/json"),))
HTML: Final = Answer(200, b"<html><body>please log in</body></html>", _HTML)
"""What a captive portal says, with success."""
REFUSALS: Final = tuple(Answer(status, b"<html><body>no</body></html>", _HTML) for status in (401, 403, 429, 500, 503))

FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "empty": EMPTY,
        "empty with its headers": Hollow(b""),
        "braces": BRACES,
        "braces with its headers": Hollow(b"{}"),
        "html": HTML,
        "cut": Cut(5),
        "repeated": Repeat(),
        "denied": Answer(403, b"<html><body>no</body></html>", _HTML),
        "reset": Reset(),
        "slow": Delay(5),
    }
)
"""What every page of every connector is put to. `slow` is slow to a client whose patience is shorter, so a test makes it so."""


def redirect(to: str) -> Answer:
    """Send the client elsewhere; one that follows takes its credential along."""
    return Answer(302, headers=(("Location", to),))


def shortened(body: bytes, keep: int) -> bytes:
    """The same document with at most `keep` items in every list; what is neither JSON nor XML comes back as it is."""
    if body.lstrip()[:1] in {b"{", b"["}:
        document = json.loads(body)
        shorter = _shorter(document, keep)
        return body if shorter == document else json.dumps(shorter).encode()
    if body.lstrip()[:1] == b"<":
        root = ET.fromstring(body)  # noqa: S314  # the answer of a test's own server
        return ET.tostring(root, xml_declaration=True, encoding="utf-8") if _drop_siblings(root, keep) else body
    return body


def _shorter(value: Any, keep: int) -> Any:  # noqa: ANN401  # JSON
    match value:
        case list():
            return [_shorter(item, keep) for item in value[:keep]]
        case dict():
            return {name: _shorter(item, keep) for name, item in value.items()}
        case _:
            return value


def _drop_siblings(parent: ET.Element, keep: int) -> bool:
    """In XML a list is elements of one name side by side; tells whether anything was dropped."""
    seen: dict[str, int] = {}
    dropped = False
    for child in tuple(parent):
        seen[child.tag] = seen.get(child.tag, 0) + 1
        if seen[child.tag] > keep:
            parent.remove(child)
            dropped = True
        else:
            dropped |= _drop_siblings(child, keep)
    return dropped
