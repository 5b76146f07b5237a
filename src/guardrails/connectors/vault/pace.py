"""When a request may be made: so many in a second, and again where a server asks to wait, for a bounded time of the whole run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["AGAIN", "Pace"]

AGAIN = frozenset({412, 429, 472, 473, 503})
"""Statuses that pass: a replica that is behind, too many requests, a standby that does not answer yet, a server that changes its leader."""

_TRIES = 5
_FIRST_SECONDS = 0.25
_SLOWEST_SECONDS = 1.0


class Pace:
    """The pace of one run, for all of its threads. A server that wants less gets half as many requests from then on."""

    def __init__(
        self,
        per_second: int,
        patience_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart = 1 / per_second
        self._left = patience_seconds
        self._clock, self._sleep = clock, sleep
        self._next = self._until = clock()
        self._lock = threading.Lock()

    def turn(self) -> None:
        """Wait until a request may be made. What was not used of the last second may be made up for."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now - 1) + self._apart
            wait = max(self._next, self._until) - now
        if wait > 0:
            self._sleep(wait)

    def again(self, number: int, asked_for: str) -> bool:
        """Whether to ask once more, after as long as the server asked for; waiting for that here. Threads that wait at once wait once."""
        wait = float(asked_for) if asked_for.isascii() and asked_for.isdecimal() else _FIRST_SECONDS * 2**number
        with self._lock:
            now = self._clock()
            more = max(0.0, now + wait - max(now, self._until))
            if number + 1 >= _TRIES or more > self._left:
                return False
            if more:
                self._left -= more
                self._until = now + wait
                self._apart = min(2 * self._apart, max(self._apart, _SLOWEST_SECONDS))
        self._sleep(wait)
        return True
