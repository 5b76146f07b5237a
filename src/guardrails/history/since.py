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
    told as that alone, even where it worsened since. What is not gone and passed its deadline is overdue, whatever else became of it.
    """
    became: dict[str, list[Change]] = {}
    for _, change, name in changed:
        became.setdefault(name, []).append(change)
    found: dict[Change, list[str]] = {change: [] for change in Change}
    for name, told in sorted(became.items()):
        for change in _outcome(told):
            found[change].append(name)
    return {change: tuple(names) for change, names in found.items()}


def _outcome(told: list[Change]) -> list[Change]:
    lasting = [number for number, change in enumerate(told) if change in _LAST]
    if lasting and told[lasting[-1]] is Change.GONE:
        return [Change.GONE]
    stretch = told[lasting[-1] :] if lasting else told  # a deadline of an earlier stretch is over
    late = [Change.OVERDUE] if Change.OVERDUE in stretch else []
    if lasting:
        return [Change.NEW if told[lasting[0]] is Change.NEW else Change.BACK, *late]
    return [*([Change.WORSENED] if Change.WORSENED in told else []), *late]
