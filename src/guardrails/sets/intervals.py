"""Sets of integers as sorted, disjoint, inclusive intervals that do not touch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import inf

__all__ = ["Intervals", "holds", "joined", "less", "meet"]

Intervals = tuple[tuple[int, int], ...]


def joined(intervals: Iterable[tuple[int, int]]) -> Intervals:
    """Sort and merge, neighbours included."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged)


def meet(left: Intervals, right: Intervals) -> Intervals:
    """What is in both."""
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            found.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def less(left: Intervals, right: Intervals) -> Intervals:
    """What is in the left and not in the right."""
    found: list[tuple[int, int]] = []
    j = 0
    for low, high in left:
        at = low
        while j < len(right) and right[j][1] < at:
            j += 1
        k = j
        while k < len(right) and right[k][0] <= high:
            if right[k][0] > at:
                found.append((at, right[k][0] - 1))
            at = right[k][1] + 1
            k += 1
        if at <= high:
            found.append((at, high))
    return tuple(found)


def holds(intervals: Intervals, low: int, high: int) -> bool:
    """Whether one interval lies within; it never lies in two, because neighbours are merged."""
    at = bisect_right(intervals, (low, inf))
    return at > 0 and high <= intervals[at - 1][1]
