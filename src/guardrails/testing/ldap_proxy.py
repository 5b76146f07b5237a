"""A proxy before a real directory that breaks the answers to chosen requests; it knows LDAP's messages (RFC 4511), and no TLS.

A request reads as `Request(method="SEARCH", path=BASE, headers={"cookie": HEX})`, or `BIND` with the name that binds; so the same rules and
faults serve as over HTTP. An `Answer` of status 200 stands for its bytes, after which the connection ends, and an empty one for success
with nothing behind it; any other status for insufficientAccessRights.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from guardrails.errors import AuthorError
from guardrails.testing.faults import Answer, Cut, Delay, Fault, Hollow, Repeat, Reset, Shorten
from guardrails.testing.loopback import LOOPBACK, Request, Rule, Server, running
from guardrails.testing.proxy import RequestProxy, reset

__all__ = ["ldap_proxy"]

_PAGED: Final = b"1.2.840.113556.1.4.319"
_METHODS: Final = {0x60: "BIND", 0x63: "SEARCH", 0x42: "UNBIND"}
_LAST: Final = {"BIND": 0x61, "SEARCH": 0x65}
"""The message that ends the answer to each."""

_OK: Final = 200
_DENIED: Final = 50
_PATIENCE_SECONDS: Final = 30.0
_LONG: Final = 0x80


@contextlib.contextmanager
def ldap_proxy(upstream: str) -> Iterator[RequestProxy]:
    """Stand before the directory at a URL such as `ldap://127.0.0.1:389`.

    Raises:
        AuthorError: It is not plain LDAP on loopback.
    """
    parts = urlsplit(upstream)
    if parts.scheme != "ldap" or parts.hostname not in LOOPBACK:
        raise AuthorError(f"{upstream} is not plain LDAP on loopback", remedy="name a server such as ldap://127.0.0.1:389")
    with running(_Handler, (parts.hostname, parts.port or 389)) as server:
        yield RequestProxy(f"ldap://127.0.0.1:{server.server_address[1]}", server.switch)


class _Handler(socketserver.BaseRequestHandler):
    """One connection; as one request waits for the end of the answer before it, so do the answers here."""

    server: Server

    def handle(self) -> None:
        with contextlib.suppress(OSError, EOFError), socket.create_connection(self.server.upstream, _PATIENCE_SECONDS) as upstream:
            while True:
                message = _received(self.request)
                request = _request(message)
                rule = self.server.switch.rule
                broken = rule is not None and rule.chosen(request)
                self.server.switch.count(rule if broken else None)
                if not self._answered(upstream, message, request, rule if broken else None):
                    return

    def _answered(self, upstream: socket.socket, message: bytes, request: Request, rule: Rule | None) -> bool:
        """Whether the connection goes on."""
        fault = rule.fault if rule else None
        if request.method not in _LAST:
            upstream.sendall(message)
            return False
        if rule is not None and isinstance(fault, Repeat):
            rule.first = rule.first or Answer(_OK, _asked(upstream, message, request))
            self.request.sendall(_as_answer_to(message, rule.first.body))
            return True
        if isinstance(fault, Answer | Hollow | Reset):
            return self._instead(message, request, fault)
        return self._passed(_asked(upstream, message, request), fault)

    def _passed(self, answer: bytes, fault: Fault | None) -> bool:
        match fault:
            case Cut(after):
                self.request.sendall(answer[: min(after, len(answer) - 1)])
                return False
            case Delay(seconds):
                self.server.stopped.wait(seconds)
            case Shorten():
                raise AuthorError("an answer of a directory cannot be shortened", remedy="break it in another way")
            case _:
                pass
        self.request.sendall(answer)
        return True

    def _instead(self, message: bytes, request: Request, fault: Answer | Hollow | Reset) -> bool:
        match fault:
            case Reset():
                reset(self.request)
                return False
            case Answer(status, _) if status != _OK:
                self.request.sendall(_ended(message, _LAST[request.method], _DENIED))
                return True
            case Answer(_, b"") if request.method == "SEARCH":
                self.request.sendall(_ended(message, _LAST["SEARCH"], 0))
                return True
            case Answer() | Hollow():
                self.request.sendall(fault.body)
        return False


def _asked(upstream: socket.socket, message: bytes, request: Request) -> bytes:
    """Every message of the real server's answer."""
    upstream.sendall(message)
    found = b""
    while True:
        part = _received(upstream)
        found += part
        if _operation(part)[0] == _LAST[request.method]:
            return found


def _received(source: socket.socket) -> bytes:
    """One whole message."""
    head = _exactly(source, 2)
    if head[1] & _LONG:
        head += _exactly(source, head[1] & ~_LONG)
        return head + _exactly(source, int.from_bytes(head[2:]))
    return head + _exactly(source, head[1])


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = source.recv(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """The tags and contents that follow one another (X.690, 8.1, definite lengths)."""
    found, at = [], 0
    while at < len(content):
        tag, size = content[at], content[at + 1]
        at += 2
        if size & _LONG:
            more = size & ~_LONG
            size, at = int.from_bytes(content[at : at + more]), at + more
        found.append((tag, content[at : at + size]))
        at += size
    return found


def _encoded(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(4)
    return bytes((tag, _LONG | len(size))) + size + content


def _fields(message: bytes) -> list[tuple[int, bytes]]:
    return _parts(_parts(message)[0][1])


def _operation(message: bytes) -> tuple[int, bytes]:
    return _fields(message)[1]


def _request(message: bytes) -> Request:
    _, (tag, content), *controls = _fields(message)
    method = _METHODS.get(tag, "OTHER")
    texts = [value for kind, value in _parts(content) if kind == 0x04] if method in _LAST else []  # noqa: PLR2004  # OCTET STRING
    headers = {"cookie": _cookie(controls[0][1]).hex()} if controls else {}
    return Request(method=method, path=texts[0].decode() if texts else "", headers=headers, body=message)


def _cookie(controls: bytes) -> bytes:
    for _, control in _parts(controls):
        parts = _parts(control)
        if parts[0][1] == _PAGED:
            return _parts(_parts(parts[-1][1])[0][1])[1][1]
    return b""


def _ended(message: bytes, tag: int, code: int) -> bytes:
    """An answer to a message that says a result code and nothing else."""
    result = _encoded(0x0A, bytes((code,))) + _encoded(0x04, b"") + _encoded(0x04, b"")
    return _encoded(0x30, _encoded(*_fields(message)[0]) + _encoded(tag, result))


def _as_answer_to(message: bytes, answer: bytes) -> bytes:
    """The messages of an answer, with the number of another request."""
    number = _encoded(*_fields(message)[0])
    return b"".join(_encoded(0x30, number + b"".join(_encoded(*part) for part in _parts(content)[1:])) for _, content in _parts(answer))
