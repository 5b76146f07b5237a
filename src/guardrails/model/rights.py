"""What reading asks a system for, in the system's own words for rights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock

__all__ = ["Asked", "Right"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Right:
    """A right that reading takes.

    Attributes:
        name: As the system's own policies call it, such as `s3:GetBucketPolicy`, `read sys/auth` or `view ipam.prefix`.
        made: How many requests asked for it.
        refused: How many of those the system refused.
    """

    name: str
    made: int
    refused: int = 0


class Asked:
    """Counts requests by the rights that they take. A connector notes each request here, in the one place that makes them."""

    def __init__(self) -> None:
        self.calls = 0
        self._made: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._lock = Lock()  # requests may be made at once

    def note(self, *rights: str, calls: int = 1, refused: bool = False) -> None:
        """Count requests, and the rights that each of them takes; none for what the system tells to everybody."""
        with self._lock:
            self.calls += calls
            for right in rights:
                self._made[right] += calls
                self._refused[right] += refused

    @property
    def rights(self) -> tuple[Right, ...]:
        """Every right asked for, by name."""
        return tuple(Right(name=name, made=made, refused=self._refused[name]) for name, made in sorted(self._made.items()))
