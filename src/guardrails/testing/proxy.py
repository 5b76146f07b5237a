"""Proxies on loopback that break chosen answers of a real server: a broken answer must never read as an empty one.

```python
with http_proxy("http://127.0.0.1:8200") as proxy:
    client = make_client(proxy.url)
    with proxy.breaking(lambda request: request.path.startswith("/v1/sys/policies"), HTML) as rule:
        ...  # observe, and expect a gap
    assert rule.hits  # else the fault was never met, and the test shows nothing
```

Nothing is read from the environment and nothing leaves loopback. Every answer closes its connection, so that no client keeps one from
before the fault.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from guardrails.errors import AuthorError
from guardrails.testing.faults import Answer, Cut, Delay, Fault, Hollow, Repeat, Reset, Shorten, TcpFault, shortened
from guardrails.testing.loopback import LOOPBACK, Chosen, Request, Rule, Server, Switch, Through, running

__all__ = ["Chosen", "Request", "RequestProxy", "Rule", "TcpProxy", "http_proxy", "tcp_proxy"]

_PATIENCE_SECONDS: Final = 30.0
_PIECE: Final = 65536
_PER_CONNECTION: Final = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class RequestProxy:
    """A running proxy; `url` stands in for the server's own."""

    url: str
    _switch: Switch

    @property
    def passed(self) -> int:
        """How many answers went through unbroken so far."""
        return self._switch.passed

    def breaking(self, chosen: Chosen, fault: Fault) -> contextlib.AbstractContextManager[Rule]:
        """Within the block, break the answer to each chosen request."""
        return self._switch.breaking(Rule(chosen, fault))


@dataclass(frozen=True, slots=True)
class TcpProxy:
    """A running proxy for any protocol; `port` on 127.0.0.1 stands in for the server's own."""

    port: int
    _switch: Switch

    @property
    def passed(self) -> int:
        """How many connections were opened and left unbroken so far."""
        return self._switch.passed

    def breaking(self, fault: TcpFault) -> contextlib.AbstractContextManager[Rule]:
        """Break every connection that is opened within the block."""
        return self._switch.breaking(Rule(lambda _: True, fault))


@contextlib.contextmanager
def http_proxy(upstream: str, through: Through | None = None) -> Iterator[RequestProxy]:
    """Stand before the HTTP server at a URL such as `http://127.0.0.1:8200`; only its host and port are used.

    Args:
        upstream: The URL.
        through: What stands between the faults and the server, such as `loopback.remembered`, or pages where the server has none.

    Raises:
        AuthorError: The server is not plain HTTP on loopback.
    """
    parts = urlsplit(upstream)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise AuthorError(f"{upstream} is not plain HTTP on loopback", remedy="name a server such as http://127.0.0.1:8200")
    with running(_HttpHandler, (parts.hostname, parts.port or 80), through) as server:
        yield RequestProxy(f"http://127.0.0.1:{server.server_address[1]}", server.switch)


@contextlib.contextmanager
def tcp_proxy(port: int, host: str = "127.0.0.1") -> Iterator[TcpProxy]:
    """Stand before any TCP server on loopback, such as a directory.

    Raises:
        AuthorError: The host is not loopback.
    """
    if host not in LOOPBACK:
        raise AuthorError(f"{host} is not loopback", remedy="name a server on 127.0.0.1")
    with running(_TcpHandler, (host, port)) as server:
        yield TcpProxy(server.server_address[1], server.switch)


class _HttpHandler(http.server.BaseHTTPRequestHandler):
    """One request and one answer, after which the connection ends."""

    server: Server
    protocol_version = "HTTP/1.1"  # as 1.0, a client that expects `100 Continue` would wait
    timeout = _PATIENCE_SECONDS

    def log_message(self, *_: object) -> None:
        """Say nothing: a test's output is its own."""

    def _respond(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client left
            request = self._request()
            rule = self.server.switch.rule
            if rule is not None and rule.chosen(request):
                self._break(request, rule)
            else:
                self._pass(request)

    do_DELETE = do_GET = do_HEAD = do_LIST = do_OPTIONS = do_PATCH = do_POST = do_PUT = _respond  # noqa: N815  # named by the library

    def _request(self) -> Request:
        headers = MappingProxyType({name.lower(): value for name, value in self.headers.items()})
        body = self.rfile.read(int(headers.get("content-length") or 0))
        return Request(method=self.command, path=self.path, headers=headers, body=body)

    def _pass(self, request: Request) -> None:
        answer = self._asked(request)
        self.server.switch.count(None)
        self._send(answer)

    def _break(self, request: Request, rule: Rule) -> None:
        # Counted before anything is sent: whoever has the answer may already look at the count.
        match rule.fault:
            case Reset():
                self.server.switch.count(rule)
                reset(self.connection)
            case Delay(seconds):
                self.server.switch.count(rule)
                self.server.stopped.wait(seconds)
                self._send(self._asked(request))
            case Cut(after):
                answer = self._asked(request)
                self.server.switch.count(rule)
                self._send(answer, cut_after=after)
            case Shorten(keep):
                answer = self._asked(request)
                shorter = shortened(answer.body, keep)
                self.server.switch.count(rule if shorter != answer.body else None)
                self._send(replace(answer, body=shorter))
            case fault:
                answer = self._instead(request, rule, fault)
                self.server.switch.count(rule)
                self._send(answer)

    def _instead(self, request: Request, rule: Rule, fault: Answer | Hollow | Repeat) -> Answer:
        match fault:
            case Answer():
                return fault
            case Hollow(body):
                return replace(self._asked(request), body=body)
            case Repeat():
                rule.first = rule.first or self._asked(request)
                return rule.first

    def _asked(self, request: Request) -> Answer:
        through = self.server.through
        return through(request, self._ask) if through else self._ask(request)

    def _ask(self, request: Request) -> Answer:
        """The real server's answer; 502 when there is none."""
        connection = http.client.HTTPConnection(*self.server.upstream, timeout=_PATIENCE_SECONDS)
        connection.set_debuglevel(0)  # what a test set for its client is not meant for the proxy
        try:
            connection.request(request.method, request.path, request.body or None, dict(request.headers))
            found = connection.getresponse()
            kept = tuple((name, value) for name, value in found.getheaders() if name.lower() not in _PER_CONNECTION)
            return Answer(found.status, found.read(), kept)
        except (OSError, http.client.HTTPException) as error:
            return Answer(502, f"the server behind the proxy gave no answer: {error}".encode())
        finally:
            connection.close()

    def _send(self, answer: Answer, cut_after: int | None = None) -> None:
        self.close_connection = True
        self.send_response_only(answer.status)
        for name, value in (*answer.headers, ("Connection", "close")):
            self.send_header(name, value)
        if self.command != "HEAD":
            # One byte more than is sent is promised, else a short body would pass whole.
            promised = len(answer.body) if cut_after is None else max(len(answer.body), cut_after + 1)
            self.send_header("Content-Length", str(promised))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[:cut_after])


class _TcpHandler(socketserver.BaseRequestHandler):
    """One connection: what the client says goes through, what the server says meets the fault."""

    server: Server

    def handle(self) -> None:
        rule = self.server.switch.rule
        self.server.switch.count(rule)
        with contextlib.suppress(OSError), socket.create_connection(self.server.upstream, _PATIENCE_SECONDS) as upstream:
            upstream.settimeout(None)
            self.server.live.add(upstream)
            there = threading.Thread(target=_pour, args=(self.request, upstream))
            there.start()
            with contextlib.suppress(OSError):
                self._answer(upstream, rule.fault if rule else None)
            for side in (self.request, upstream):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
            there.join()
            self.server.live.discard(upstream)

    def _answer(self, upstream: socket.socket, fault: Fault | None) -> None:
        left = fault.after if isinstance(fault, Cut) else None
        while piece := upstream.recv(_PIECE):
            if isinstance(fault, Reset):
                reset(self.request)
                return
            if isinstance(fault, Delay):
                self.server.stopped.wait(fault.seconds)
            self.request.sendall(piece[:left])
            if left is not None and (left := left - len(piece)) <= 0:
                return


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def reset(connection: socket.socket) -> None:
    """Close with RST in place of FIN: to linger for zero seconds means to throw away what is under way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):  # the client may have left
        connection.shutdown(socket.SHUT_RD)  # wakes a thread that reads here, and sends nothing
    connection.close()
