"""The only module that knows ldap3: one connection that reads, and says why when it cannot read everything; or one that writes an entry.

ldap3 by itself verifies no certificate, follows referrals to any host with the password, and takes a search that a limit cut short for a
whole one. Here the certificate and its name are verified by the ssl module, referrals become holes, and every page must say success.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import ldap3  # type: ignore[import-untyped]  # it ships no types
from ldap3.core.exceptions import LDAPException, LDAPSocketOpenError  # type: ignore[import-untyped]  # likewise
from ldap3.utils import log  # type: ignore[import-untyped]  # likewise

from guardrails.connectors.ldap.ber import equality
from guardrails.connectors.ldap.entry import ATTRIBUTES, Entry, entry
from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.rights import ENTRY, WHOLE, of_search, right
from guardrails.connectors.quiet import quiet
from guardrails.errors import ConnectorError
from guardrails.model import dn
from guardrails.model.rights import Asked
from guardrails.model.words import GapReason
from guardrails.secret import HoldsSecret, Secret

__all__ = ["ASSERTION", "Hole", "LdapApi", "Subtree", "connected"]

_PAGE = 500
_PAGED = "1.2.840.113556.1.4.319"
"""The control of RFC 2696."""

ASSERTION = "1.3.6.1.1.12"
"""The control of RFC 4528."""

_CONNECT_SECONDS = 10
_RECEIVE_SECONDS = 60
_SUCCESS, _NO_SUCH_OBJECT = 0, 32
_REASONS = MappingProxyType(
    {
        8: GapReason.DENIED,  # strongerAuthRequired
        13: GapReason.DENIED,  # confidentialityRequired
        50: GapReason.DENIED,  # insufficientAccessRights
        51: GapReason.THROTTLED,  # busy
        52: GapReason.UNREACHABLE,  # unavailable
    }
)
"""Result codes (RFC 4511, appendix A) that mean more than that the answer is not whole."""

_LIMITS, _HIDDEN = frozenset({3, 4, 11}), frozenset({32, 50})
"""Result codes of a right that may be lacking: limits of time, size and administration; a base that is hidden or refused."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Why there may be more than was read. `message` holds nothing that the server said but its result code."""

    reason: GapReason
    message: str
    rights: tuple[str, ...] = ()


@dataclass(slots=True)
class Subtree:
    """What was read below a name: whole only without holes. `counted` is the server's own estimate, 0 when it has none."""

    entries: list[Entry] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    pages: int = 0
    counted: int = 0
    names: set[str] = field(default_factory=set)
    """Under which something was sent, as the server spelled them."""

    @property
    def so_far(self) -> str:
        """How much was read, for whoever is told that the rest was not."""
        return f"after {self.pages} pages and {len(self.entries)} entries"


class _VerifiedTls(ldap3.Tls):  # type: ignore[misc]  # it ships no types
    """TLS as the ssl module does it by default, name included; ldap3's own check needs a function that Python 3.12 lacks."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ANN401, FBT001, FBT002  # ldap3's signature
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        connection.socket = context.wrap_socket(
            connection.socket, server_hostname=connection.server.host, do_handshake_on_connect=do_handshake
        )


class _Connection(ldap3.Connection):  # type: ignore[misc]  # it ships no types
    def __repr__(self) -> str:
        return f"<connection to {self.server.host}>"  # ldap3's own shows the password


class LdapApi(HoldsSecret):
    """A bound connection. Notes its requests with their rights; the one to be let in takes none."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401  # ldap3 ships no types
        self._connection = connection
        self.asked = Asked()
        self.asked.note()

    def subtree(self, base: str) -> Subtree:
        """Every entry at and below a name, page by page, until the server says that there is no more."""
        found = Subtree()
        cookie: bytes = b""
        while True:
            try:
                self._connection.search(
                    base,
                    "(objectClass=*)",
                    search_scope=ldap3.SUBTREE,
                    dereference_aliases=ldap3.DEREF_NEVER,
                    attributes=sorted(ATTRIBUTES),
                    paged_size=_PAGE,
                    paged_criticality=True,
                    paged_cookie=cookie or None,
                )
            except (LDAPException, OSError) as error:
                message = f"{base}: the connection ended in the middle, {found.so_far}: {type(error).__name__}"
                found.holes.append(Hole(GapReason.UNREACHABLE, message))
                self.asked.note(*of_search(base))
                return found
            known, before = len(found.names), cookie
            cookie = self._page(base, found)
            if not cookie:
                return found
            if len(found.names) == known and (cookie == before or self._connection.response):
                # a page without entries may be on the way to others; one that was sent before leads round in a circle
                found.holes.append(Hole(GapReason.INCOMPLETE, f"{base}: the server goes on sending the same page, {found.so_far}"))
                return found

    def entries(self, base: str, filtered: str, kinds: Sequence[str], *, below: bool = True) -> list[tuple[str, Mapping[str, list[bytes]]]]:
        """The few entries that a filter finds: names, and values by lower-case attribute.

        Raises:
            ConnectorError: The answer is not whole.
        """
        scope = ldap3.SUBTREE if below else ldap3.BASE
        with _told(base):
            self._connection.search(base, filtered, search_scope=scope, dereference_aliases=ldap3.DEREF_NEVER, attributes=list(kinds))
        code = self._connection.result["result"]
        items = self._connection.response or ()
        self.asked.note(*of_search(base), refused=_REASONS.get(code) is GapReason.DENIED)
        if code not in {_SUCCESS, _NO_SUCH_OBJECT} or any(item["type"] != "searchResEntry" for item in items):
            raise ConnectorError(f"{base}: the search ended with {code}", remedy="see what the name may read")
        return [(bytes(i["raw_dn"]).decode(), {kind.lower(): held for kind, held in i["raw_attributes"].items() if held}) for i in items]

    def modify(self, name: str, changes: Mapping[str, tuple[Sequence[str], Sequence[str]]], csn: str) -> tuple[int, str]:
        """Take values and give others, at once; with a CSN, only if the entry still has it. The result code (0 is success) and its name.

        Raises:
            ConnectorError: The connection ended, so nobody can tell whether it was done.
        """
        steps = {
            kind: [(way, list(values)) for way, values in ((ldap3.MODIFY_DELETE, removes), (ldap3.MODIFY_ADD, adds)) if values]
            for kind, (removes, adds) in changes.items()
        }
        with _told(name):
            self._connection.modify(name, steps, controls=[(ASSERTION, True, equality("entryCSN", csn))] if csn else None)
        result = self._connection.result
        self.asked.note(f"write {name}")
        return int(result["result"]), str(result["description"])

    def _page(self, base: str, found: Subtree) -> bytes:
        """Take one page and return the cookie of the next; empty at the end, and where going on is no use."""
        result = self._connection.result
        found.pages += 1
        for item in self._connection.response or ():
            self._item(base, item, found)
        code = result["result"]
        reason = _REASONS.get(code, GapReason.INCOMPLETE)
        self.asked.note(*of_search(base), refused=code != _SUCCESS and reason is GapReason.DENIED)
        if code != _SUCCESS:
            lacking = (WHOLE,) if code in _LIMITS else (right(base, ENTRY),) if code in _HIDDEN or reason is GapReason.DENIED else ()
            message = f"{base}: the search ended with {result['description']} ({code}), {found.so_far}"
            found.holes.append(Hole(reason, message, lacking))
            return b""
        paged = (result.get("controls") or {}).get(_PAGED)
        if paged is None:
            message = f"{base}: the server did not say whether there are more pages, {found.so_far}"
            found.holes.append(Hole(GapReason.INCOMPLETE, message))
            return b""
        found.counted = max(found.counted, int(paged["value"]["size"] or 0))
        return bytes(paged["value"]["cookie"] or b"")

    def _item(self, base: str, item: Any, found: Subtree) -> None:  # noqa: ANN401  # ldap3 ships no types
        if item["type"] != "searchResEntry":
            found.holes.append(Hole(GapReason.INCOMPLETE, f"{base}: a part of it is on another server, which was not asked"))
            return
        try:
            read = entry(bytes(item["raw_dn"]).decode(), item["raw_attributes"].items())
        except ValueError:
            found.holes.append(Hole(GapReason.MALFORMED, f"{base}: an entry has a name that cannot be read: {item['raw_dn']!r}"))
            return
        if not dn.within(read.dn, dn.parse(base)):
            found.holes.append(Hole(GapReason.MALFORMED, f"{base}: the server sent {read.name}, which is not below it"))
            return
        found.names.add(read.name)
        found.entries.append(read)


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except (LDAPException, OSError) as error:
        raise ConnectorError(f"{where}: the connection ended: {type(error).__name__}", remedy="see whether the server runs") from None


@contextmanager
def connected(settings: Settings, *, read_only: bool = True) -> Iterator[LdapApi]:
    """A connection as the name of the settings; ended afterwards.

    Raises:
        ConnectorError: The server cannot be reached, proves to be another, or does not let the reader in.
        SecretError: The password is not where it should be.
    """
    if settings.password is None:
        raise ConnectorError(f"{settings.url}: there is no password to read with", remedy="declare read: {bind: ..., password: env:NAME}")
    connection = _connection(settings, settings.password.resolve(), read_only=read_only)
    try:
        step = "connecting"
        try:
            connection.open(read_server_info=False)
            if settings.start_tls:
                step = "turning to TLS"
                connection.start_tls(read_server_info=False)
            step = "binding"
            connection.bind(read_server_info=False)
        except (LDAPException, OSError) as error:
            raise _unreachable(settings, step, error) from None  # a cause could carry what the server echoed
        _admitted(settings, connection)
        yield LdapApi(connection)
    finally:
        _end(connection)


def _connection(settings: Settings, password: Secret, *, read_only: bool) -> Any:  # noqa: ANN401  # ldap3 ships no types
    """A connection that is not open yet."""
    log.set_library_log_hide_sensitive_data(True)
    quiet("ldap3")
    url = urlsplit(settings.url)
    try:
        tls = _VerifiedTls(validate=ssl.CERT_REQUIRED, ca_certs_file=settings.ca or None)
    except LDAPException:
        raise ConnectorError(f"{settings.ca}: there is no such file", remedy="name a file with the authorities to trust") from None
    server = ldap3.Server(
        url.hostname,
        port=url.port,
        use_ssl=url.scheme == "ldaps",
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=_CONNECT_SECONDS,
        allowed_referral_hosts=[],
    )
    return _Connection(
        server,
        user=settings.bind,
        password=password.reveal(),
        auto_referrals=False,
        auto_range=False,
        read_only=read_only,
        receive_timeout=_RECEIVE_SECONDS,
    )


def _admitted(settings: Settings, connection: Any) -> None:  # noqa: ANN401  # ldap3 ships no types
    code, described = connection.result["result"], connection.result["description"]
    if code != _SUCCESS or not connection.bound:
        raise ConnectorError(
            f"{settings.url} does not let {settings.bind} in: {described} ({code})",
            remedy=f"check the name and the password at {settings.password}",
        )


def _unreachable(settings: Settings, step: str, error: Exception) -> ConnectorError:
    if "certificate" in str(error).lower():
        return ConnectorError(
            f"{settings.url} cannot prove that it is that server: its certificate was refused",
            remedy="name its authority with ca:, and the server by a name that stands in its certificate",
        )
    kind = "cannot be reached" if isinstance(error, LDAPSocketOpenError) else "ended the talk before it began"
    return ConnectorError(
        f"{settings.url} {kind} ({step}: {type(error).__name__})", remedy="check the url, the network and the server's TLS"
    )


def _end(connection: Any) -> None:  # noqa: ANN401  # ldap3 ships no types
    with suppress(LDAPException, OSError):  # it may have ended already, which is what is wanted
        connection.unbind()
    if connection.socket is not None:  # ldap3 leaves a socket open that could not be connected or verified
        connection.socket.close()
