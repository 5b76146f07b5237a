"""What asking a server, or its export, can come to; and who can be asked. The same for both, so that both make the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from guardrails.model.words import GapReason

__all__ = ["LEASES", "NAMESPACES", "QUOTAS", "SEAL", "TOKENS", "Absent", "Answer", "Failed", "Found", "Source"]

LEASES = "sys/leases/lookup"
"""The folder of all leases; at its top stand the first parts of the paths that handed something out."""

NAMESPACES = "sys/namespaces"
"""The folder of the namespaces that lie directly below the one that is asked."""

QUOTAS = ("sys/quotas/rate-limit", "sys/quotas/lease-count")
"""The folders of quotas, by kind."""

SEAL = "sys/seal-status"
"""The path whose answer everybody gets, without the envelope of the others."""

TOKENS = "auth/token/accessors"
"""The folder in which the accessors of all tokens are listed."""


@dataclass(frozen=True, slots=True)
class Found:
    """The `data` of a whole answer; a list of names stands under `keys`, and what it tells of each under `key_info`."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Absent:
    """The server says that there is none; of a list, that it is empty."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer that could be relied on. `message` holds no secret; `rights` are those that were denied."""

    reason: GapReason
    message: str
    rights: tuple[str, ...] = ()


Answer = Found | Absent | Failed


class Source(Protocol):
    """Where answers come from, by the paths of the HTTP API."""

    @property
    def calls(self) -> int:
        """Requests so far."""
        ...

    @property
    def parallel(self) -> int:
        """How many questions it takes at once."""
        ...

    def read(self, path: str) -> Answer:
        """One object."""
        ...

    def listed(self, path: str) -> Answer:
        """Names below a path, all of them or `Failed`."""
        ...

    def looked_up(self, folder: str, accessor: str) -> Answer:
        """What an accessor in a list stands for, a token or a secret id; absent when it ended since it was listed."""
        ...

    def glimpsed(self, kind: str) -> tuple[tuple[str, str], ...]:
        """Mounts of a kind (`auth` or `transit`) with their type, of which something is known although they could not be listed."""
        ...
