"""What earlier runs say beside a report: since when something is so, how it has been, and what is otherwise since the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from guardrails.reports.trend import Earlier

__all__ = ["NOTHING_BEFORE", "Before"]

_NEVER: Mapping[str, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The past of one run.

    Attributes:
        earlier: The runs before it, oldest first.
        first_seen: By the id of a finding, the run that had it first; what is not in it is not known.
        since: When the run before was; `None` when there is none, or when the run is not to be compared with it.
        untold: Findings of earlier runs of which this one could not tell whether they are still so.
    """

    earlier: tuple[Earlier, ...] = ()
    first_seen: Mapping[str, datetime] = field(default_factory=lambda: _NEVER)
    since: datetime | None = None
    new: int = 0
    gone: int = 0
    back: int = 0
    worsened: int = 0
    untold: int = 0

    def __str__(self) -> str:
        """In a line; empty when there is nothing to compare with."""
        if self.since is None:
            return ""
        counts = ((self.back, "back"), (self.worsened, "worsened"), (self.untold, "not told any more, which is not gone"))
        rest = "".join(f", {number} {word}" for number, word in counts if number)
        return f"{self.new} new, {self.gone} gone{rest} since {self.since:%Y-%m-%d %H:%M} UTC"


NOTHING_BEFORE = Before()
"""What holds without a history."""
