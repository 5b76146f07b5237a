"""A server on loopback whose threads all end with it, and the rule that a test sets for it; `proxy` builds on both."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from guardrails.testing.faults import Answer, Fault

__all__ = ["LOOPBACK", "Ask", "Chosen", "Request", "Rule", "Server", "Switch", "Through", "remembered", "running"]

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the client asked; the names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Chosen: TypeAlias = Callable[[Request], bool]
Ask: TypeAlias = Callable[[Request], Answer]
Through: TypeAlias = Callable[[Request, Ask], Answer]
"""How a request goes to the real server, by `Ask`, and what becomes of its answer."""


def remembered(key: Callable[[Request], Hashable]) -> Through:
    """Ask the real server once for each key, for a server that is slow and does not change."""
    kept: dict[Hashable, Answer] = {}

    def through(request: Request, ask: Ask) -> Answer:
        found = kept.get(key(request))
        if found is None:
            found = kept[key(request)] = ask(request)
        return found

    return through


@dataclass(slots=True)
class Rule:
    """What is broken, and how often it was; a `Shorten` that found no list to shorten is no hit.

    `first` is what a `Repeat` says again.
    """

    chosen: Chosen
    fault: Fault
    hits: int = 0
    first: Answer | None = None


@dataclass(slots=True)
class Switch:
    """The rule in force, shared between the test and the server's threads."""

    rule: Rule | None = None
    passed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def breaking(self, rule: Rule) -> Iterator[Rule]:
        """Put a rule in force for a block."""
        self.rule = rule
        try:
            yield rule
        finally:
            self.rule = None

    def count(self, rule: Rule | None) -> None:
        """Note that an answer met a rule, or passed."""
        with self.lock:
            if rule is None:
                self.passed += 1
            else:
                rule.hits += 1


class Server(socketserver.ThreadingTCPServer):
    """Knows the open connections, so that stopping ends every thread instead of waiting for a client."""

    allow_reuse_address = True
    server_address: tuple[str, int]

    def __init__(self, handler: type[socketserver.BaseRequestHandler], upstream: tuple[str, int], through: Through | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.upstream = upstream
        self.through = through
        self.switch = Switch()
        self.stopped = threading.Event()
        self.live: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # the library's types
        """Note the connection."""
        self.live.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  # the library's types
        """Forget it."""
        self.live.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """End every connection and wait for its thread."""
        self.stopped.set()
        self.shutdown()
        for connection in tuple(self.live):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextlib.contextmanager
def running(handler: type[socketserver.BaseRequestHandler], upstream: tuple[str, int], through: Through | None = None) -> Iterator[Server]:
    """A server with that handler, told of the real server's address; stopped afterwards."""
    server = Server(handler, upstream, through)
    accepting = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.stop()
        accepting.join()
