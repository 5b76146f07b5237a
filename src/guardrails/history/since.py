"""What several runs in a row changed, taken together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from guardrails.history.runs import Change

__all__ = ["together"]

_LAST = {Change.NEW, Change.GONE, Change.BACK}


def together(changed: Iterable[tuple[datetime, Change, str]]) -> Mapping[Change, tuple[str, ...]]:
    """The ids of findings by what became of them, sorted; the changes are oldest first.

    What came and went between is gone: somebody had that access for a time. What went and came back is back, and what is new or back is
    told as that alone, even where it worsened since.
    """
    became: dict[str, list[Change]] = {}
    for _, change, name in changed:
        became.setdefault(name, []).append(change)
    found: dict[Change, list[str]] = {change: [] for change in Change}
    for name, told in sorted(became.items()):
        found[_outcome(told)].append(name)
    return {change: tuple(names) for change, names in found.items()}


def _outcome(told: list[Change]) -> Change:
    lasting = [change for change in told if change in _LAST]
    if not lasting:
        return Change.WORSENED
    if lasting[-1] is Change.GONE:
        return Change.GONE
    return Change.NEW if lasting[0] is Change.NEW else Change.BACK
