"""Distinguished names (RFC 4514), so taken apart that equal names are equal values.

Values are compared as directories do it by default: case, Unicode form and spacing make no difference (RFC 4518). Where a server tells
apart what is equal here, two entries have one name, and whoever looks one up gets both.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["DN", "common", "normal", "parse", "text", "within"]

DN = tuple[tuple[tuple[str, str], ...], ...]
"""From the entry up to the root; each part holds its sorted pairs of type and value. The empty name is the root."""

_PAIR = re.compile(
    r"\s*(?:OID\.|oid\.)?([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)\s*="
    r"(\s*\#(?:[0-9A-Fa-f]{2})+\s*|\s*(?![\s#])(?:[^\"+,;<>\\\0]|\\[0-9A-Fa-f]{2}|\\[ \"#+,;<=>\\])*|\s*)(?=[,+]|\Z)"
)
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
_SPECIAL = re.compile(r'[",+;<>\\=]|^[# ]| $')
_SHORT = {
    "2.5.4.3": "cn", "commonname": "cn",
    "2.5.4.4": "sn", "surname": "sn",
    "2.5.4.6": "c", "countryname": "c",
    "2.5.4.7": "l", "localityname": "l",
    "2.5.4.8": "st", "stateorprovincename": "st",
    "2.5.4.9": "street", "streetaddress": "street",
    "2.5.4.10": "o", "organizationname": "o",
    "2.5.4.11": "ou", "organizationalunitname": "ou",
    "0.9.2342.19200300.100.1.1": "uid", "userid": "uid",
    "0.9.2342.19200300.100.1.25": "dc", "domaincomponent": "dc",
    "1.2.840.113549.1.9.1": "email", "emailaddress": "email",
}  # fmt: skip
_STRINGS = frozenset({0x04, 0x0C, 0x13, 0x16})
"""BER tags of values that are text: OCTET STRING, UTF8String, PrintableString, IA5String."""
_LONG_FORM = 0x80


@lru_cache(maxsize=1 << 17)
def parse(name: str) -> DN:
    """Take a name apart.

    Raises:
        ValueError: It is not a distinguished name.
    """
    if not name.strip():
        return ()
    parts: list[tuple[tuple[str, str], ...]] = []
    pairs: list[tuple[str, str]] = []
    position = 0
    while True:
        found = _PAIR.match(name, position)
        if found is None:
            raise ValueError(f"{name!r} is not a distinguished name, from its letter {position + 1} on")
        kind = found[1].lower()
        pairs.append((_SHORT.get(kind, kind), _value(found[2])))
        position = found.end()
        if name[position : position + 1] != "+":
            parts.append(tuple(sorted(pairs)))
            pairs = []
        if position == len(name):
            return tuple(parts)
        position += 1


def _value(written: str) -> str:
    bare = written.strip()
    if bare.startswith("#"):
        return _encoded(bytes.fromhex(bare[1:]))
    if "\\" in written:
        written = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if len(found[1]) > 1 else found[1], written.encode()).decode()
    return normal(written)


def _encoded(ber: bytes) -> str:
    if len(ber) > 1 and ber[0] in _STRINGS and ber[1] < _LONG_FORM and ber[1] == len(ber) - 2:
        return normal(ber[2:].decode())
    return "\0" + ber.hex()  # a value of another form is equal only to itself, and to no text


def normal(value: str) -> str:
    """A value as it is compared."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return " ".join(value.lower().split())


def within(name: DN, base: DN) -> bool:
    """Whether the name is the base or lies below it."""
    return name[len(name) - len(base) :] == base if len(name) >= len(base) else False


def common(one: DN, other: DN) -> DN:
    """The nearest name that both lie below."""
    while not within(other, one):
        one = one[1:]
    return one


def text(name: DN) -> str:
    """The name as written after normalising; for realms and ids, not for the server."""
    return ",".join("+".join(f"{kind}={_escaped(value)}" for kind, value in part) for part in name)


def _escaped(value: str) -> str:
    return f"#{value[1:]}" if value.startswith("\0") else _SPECIAL.sub(lambda found: f"\\{found[0]}", value)
