"""Sets of ports per protocol, such as `443/tcp`, `1000-2000/udp`, `icmp` or `all`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count

from guardrails.sets.intervals import Intervals, joined, less, meet

__all__ = ["PortError", "Ports"]

_LAST = 65535
_WHOLE: Intervals = ((0, _LAST),)
_NAMED = re.compile(r"(?:(\d{1,5})(?:-(\d{1,5}))?/)?([a-z][a-z0-9-]*)")
_EXPERIMENTAL = 253
"""A protocol number that is left for experiments (RFC 3692)."""
_OTHER = "*"
"""Stands for every protocol that is not named."""


class PortError(ValueError):
    """The text names no ports."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Pairs of protocol and port. `spans` is sorted; `*` stands for all protocols that it does not name."""

    spans: tuple[tuple[str, Intervals], ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Ports:
        """Unite texts such as `443/tcp`, `1000-2000/udp`, `tcp` (all its ports), `icmp`, `all`.

        Raises:
            PortError: Not of that form, or a port above 65535.
        """
        found = cls()
        for text in texts:
            found |= _one(text)
        return found

    @classmethod
    def everything(cls) -> Ports:
        """Every port of every protocol."""
        return cls(((_OTHER, _WHOLE),))

    @classmethod
    def nothing(cls) -> Ports:
        """No port."""
        return cls()

    def _of(self, protocol: str) -> Intervals:
        spans = dict(self.spans)
        return spans.get(protocol, spans.get(_OTHER, ()))

    def _combined(self, other: Ports, operation: str) -> Ports:
        protocols = {name for name, _ in self.spans} | {name for name, _ in other.spans} | {_OTHER}
        table = {}
        for name in protocols:
            mine, theirs = self._of(name), other._of(name)  # the same class
            table[name] = {"or": joined(mine + theirs), "and": meet(mine, theirs), "sub": less(mine, theirs)}[operation]
        rest = table.pop(_OTHER)
        kept = {name: spans for name, spans in table.items() if spans != rest}
        return Ports(tuple(sorted({**kept, **({_OTHER: rest} if rest else {})}.items())))

    def __or__(self, other: Ports) -> Ports:
        return self._combined(other, "or")

    def __and__(self, other: Ports) -> Ports:
        return self._combined(other, "and")

    def __sub__(self, other: Ports) -> Ports:
        return self._combined(other, "sub")

    def __contains__(self, text: str) -> bool:
        return self.covers(Ports.parse([text]))

    def covers(self, other: Ports) -> bool:
        """Whether every port of the other is in this one."""
        return (other - self).is_empty()

    def is_empty(self) -> bool:
        """Whether there is no port."""
        return not any(spans for _, spans in self.spans)

    def witness(self) -> str | None:
        """The lowest port of the first protocol; tcp before others."""
        named = sorted(((name != "tcp", name == _OTHER, name, spans) for name, spans in self.spans if spans))
        if not named:
            return None
        _, _, name, spans = named[0]
        if name == _OTHER:
            unnamed = chain(("tcp", "udp", "icmp"), map("proto-{}".format, count(_EXPERIMENTAL)))
            name = next(protocol for protocol in unnamed if self._of(protocol))
        return f"{spans[0][0]}/{name}"

    def texts(self) -> tuple[str, ...]:
        """The set in the form that `parse` reads; what named protocols lack of `all` is not shown."""
        return tuple(_shown(name, low, high) for name, spans in self.spans for low, high in spans)


def _shown(name: str, low: int, high: int) -> str:
    label = "all" if name == _OTHER else name
    if (low, high) == (0, _LAST):
        return label
    return f"{low}/{label}" if low == high else f"{low}-{high}/{label}"


def _one(text: str) -> Ports:
    form = _NAMED.fullmatch(text)
    if form is None:
        raise PortError(f"{text!r} names no ports: write 443/tcp, 1000-2000/udp, icmp or all")
    first, last, protocol = form.groups()
    low, high = (0, _LAST) if first is None else (int(first), int(last or first))
    if low > high or high > _LAST:
        raise PortError(f"{text!r}: ports go from 0 to {_LAST}, the lower one first")
    return Ports(((_OTHER if protocol == "all" else protocol, ((low, high),)),))
