"""Sets of IPv4 and IPv6 addresses. The families never meet: an IPv4-mapped IPv6 address is IPv6 (RFC 4291)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from guardrails.sets.intervals import Intervals, holds, joined, less, meet

__all__ = ["AddressError", "Addresses"]

_V4_BITS = 32
_V4_LAST = 2**_V4_BITS - 1
_V6_LAST = 2**128 - 1
_OCTET = r"(0|[1-9]\d{0,2})"
_USUAL = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}(?:/(0|[1-9]\d?))?", re.ASCII)


class AddressError(ValueError):
    """The text is no address, network or range; says what was probably meant."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """A set of addresses, as merged integer intervals per family."""

    v4: Intervals = ()
    v6: Intervals = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Addresses:
        """Unite CIDRs, single addresses and `first-last` ranges.

        Raises:
            AddressError: Not an address, or host bits are set.
        """
        spans = [_span(text) for text in texts]
        return cls(
            joined((low, high) for family, low, high in spans if family == 4),  # noqa: PLR2004  # the family
            joined((low, high) for family, low, high in spans if family == 6),  # noqa: PLR2004  # the family
        )

    @classmethod
    def everything(cls) -> Addresses:
        """Every address of both families."""
        return cls(((0, _V4_LAST),), ((0, _V6_LAST),))

    @classmethod
    def nothing(cls) -> Addresses:
        """No address."""
        return cls()

    def __or__(self, other: Addresses) -> Addresses:
        return Addresses(joined(self.v4 + other.v4), joined(self.v6 + other.v6))

    def __and__(self, other: Addresses) -> Addresses:
        return Addresses(meet(self.v4, other.v4), meet(self.v6, other.v6))

    def __sub__(self, other: Addresses) -> Addresses:
        return Addresses(less(self.v4, other.v4), less(self.v6, other.v6))

    def __contains__(self, text: str) -> bool:
        family, low, high = _span(text)
        return holds(self.v4 if family == 4 else self.v6, low, high)  # noqa: PLR2004  # the family

    def covers(self, other: Addresses) -> bool:
        """Whether every address of the other is in this one."""
        pairs = ((self.v4, other.v4), (self.v6, other.v6))
        return all(holds(mine, *span) for mine, theirs in pairs for span in theirs)

    def is_empty(self) -> bool:
        """Whether there is no address."""
        return not self.v4 and not self.v6

    def witness(self) -> str | None:
        """The lowest address, IPv4 first."""
        if self.v4:
            return str(ipaddress.IPv4Address(self.v4[0][0]))
        return str(ipaddress.IPv6Address(self.v6[0][0])) if self.v6 else None

    def cidrs(self) -> tuple[str, ...]:
        """The fewest networks that make up the set, sorted, IPv4 first."""
        v4 = (
            network
            for low, high in self.v4
            for network in ipaddress.summarize_address_range(ipaddress.IPv4Address(low), ipaddress.IPv4Address(high))
        )
        v6 = (
            network
            for low, high in self.v6
            for network in ipaddress.summarize_address_range(ipaddress.IPv6Address(low), ipaddress.IPv6Address(high))
        )
        return (*map(str, v4), *map(str, v6))

    def size(self) -> tuple[int, int]:
        """How many IPv4 and IPv6 addresses."""
        return sum(high - low + 1 for low, high in self.v4), sum(high - low + 1 for low, high in self.v6)


def _span(text: str) -> tuple[int, int, int]:
    return _plain(text) or _careful(text)


def _plain(text: str) -> tuple[int, int, int] | None:
    """What nearly all texts are, an IPv4 network in its usual form, read four times faster; `None` for anything else."""
    form = _USUAL.fullmatch(text)
    if form is None:
        return None
    *parts, length = map(int, form.groups(str(_V4_BITS)))
    low = int.from_bytes(bytes(parts)) if max(parts) < 256 else -1  # noqa: PLR2004  # an octet
    rest = _V4_LAST >> length
    return (4, low, low | rest) if low >= 0 and length <= _V4_BITS and not low & rest else None


def _careful(text: str) -> tuple[int, int, int]:
    first, dash, last = text.partition("-")
    try:
        if dash:
            low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            if low.version != high.version or int(low) > int(high):
                raise AddressError(f"{text!r} is no range: write it from the lower to the higher address of one family")
            return low.version, int(low), int(high)
        if "%" in text or text != text.strip():
            raise AddressError(f"{text!r}: zone ids and blanks are not part of an address")
        network = ipaddress.ip_network(text)
    except ValueError as error:
        if isinstance(error, AddressError):
            raise
        raise AddressError(_meant(text, error)) from None
    return network.version, int(network.network_address), int(network.broadcast_address)


def _meant(text: str, error: ValueError) -> str:
    try:
        probable = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return f"{text!r} is not an address, network or range: {error}"
    return f"{text!r} has host bits set: write {probable} for the network, or {text.split('/', maxsplit=1)[0]} for the one address"
