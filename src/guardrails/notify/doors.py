"""The hosts that may be told anything, and connections to them: resolved once, looked at, and then used as they were seen.

A declaration is changed by whoever may merge, so it alone must not be able to send anything anywhere: the host file names each host. Its
name may lead to another address tomorrow, so that private ones are refused unless the host file says that it is one of ours.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from guardrails.errors import OperatorError

__all__ = ["CONNECT_SECONDS", "READ_SECONDS", "Door", "Undelivered", "addresses", "connected", "context", "cut", "find", "limited"]

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
_WHOLE_SECONDS = 20.0
_MOST_ADDRESSES = 4
_NAT64 = IPv6Network("64:ff9b::/96")
_Resolver = Callable[[str, int], list[str]]


class Undelivered(OperatorError):
    """Something could not be told to somebody; it is kept, and tried again by the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A host that may be told something.

    Attributes:
        port: The only port there; 0 for any.
        private: Its addresses may be of our own networks, or of this host.
        plain: It may be told without TLS.
        ca: A file with the certificates that it is known by; empty for those of the system.
    """

    host: str
    port: int = 0
    private: bool = False
    plain: bool = False
    ca: str = ""


def find(doors: tuple[Door, ...], host: str, port: int) -> Door:
    """The door to a host.

    Raises:
        Undelivered: The host file does not name it.
    """
    wanted = host.lower().rstrip(".")
    for door in doors:
        if door.host == wanted and door.port in {0, port}:
            return door
    raise Undelivered(f"{host}:{port} is no host that the host file lets anything be sent to", remedy="name it under notify: there")


def addresses(door: Door, port: int, resolve: _Resolver | None = None) -> list[str]:
    """Where it is, now.

    Raises:
        Undelivered: It has no address, or one of them is of our own and must not be.
    """
    try:
        found = (resolve or _resolved)(door.host, port)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no name"
        raise Undelivered(f"{door.host} has no address: {why}", remedy="correct the name, or look at the resolver") from None
    inside = [address for address in found if not _is_public(address)]
    if not found or (inside and not door.private):
        told = f"leads to {', '.join(inside)}, which is no public address" if inside else "has no address"
        raise Undelivered(
            f"{door.host} {told}", remedy=f'if it is one of ours, write notify: {{"{door.host}": {{private: true}}}} in the host file'
        )
    return found


def connected(door: Door, port: int, resolve: _Resolver | None = None) -> socket.socket:
    """A connection to one of its addresses, as they were looked at.

    Raises:
        Undelivered: Like `addresses`, or none of them answers.
    """
    last = ""
    for address in addresses(door, port, resolve)[:_MOST_ADDRESSES]:
        try:
            found = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            last = error.strerror or str(error)
            continue
        found.settimeout(READ_SECONDS)
        return found
    raise Undelivered(f"{door.host}:{port} does not answer: {last}", remedy="look whether it runs, and whether this host may reach it")


def context(door: Door) -> ssl.SSLContext:
    """How TLS with it is made: its certificate has to be good, and its own.

    Raises:
        Undelivered: The file of certificates cannot be read.
    """
    try:
        found = ssl.create_default_context(cafile=door.ca or None)
    except OSError as error:
        raise Undelivered(f"{door.ca}: {error.strerror or error}", remedy="correct ca: of this host in the host file") from None
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    return found


@contextlib.contextmanager
def limited(shut: Callable[[], object], seconds: float = _WHOLE_SECONDS) -> Iterator[None]:
    """Whatever the block does with a connection ends in time: a peer that sends a byte now and then holds nobody."""
    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def cut(connection: socket.socket | None) -> None:
    """End whatever waits on a connection; one in TLS as well, whose own way to end would wait for the peer."""
    if connection is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _resolved(host: str, port: int) -> list[str]:
    return sorted({str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def _is_public(text: str) -> bool:
    """Whether an address is everybody's, and so is the one that it may stand for."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        within = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if within is None and address in _NAT64:
            within = IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return _is_everybodys(within)
    return _is_everybodys(address)


def _is_everybodys(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified
