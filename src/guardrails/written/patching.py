"""Cuts of a text as a unified diff that `git apply` and `patch -p1` take. No line of it may hold a secret.

Lines around a change are told as far as it is sure that they hold none. Where the line behind a change is not told, git takes the patch
with `--unidiff-zero` alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.written.concealed import concealed, unsure
from guardrails.written.cuts import Cut
from guardrails.written.rewriting import NoPatch

__all__ = ["Diff", "patched", "unified"]

_CONTEXT = 3
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
"""As git sees them: other letters that end a line for Python do not."""
_HUNK = re.compile(r"@@ -(\d+),(\d+) \+")
_PATH = re.compile(r"[\w .@+,=/-]+")


_HOLDS = "a line that would have to be told may hold a secret"


@dataclass(frozen=True, slots=True)
class Diff:
    """A difference; `is_bare` where nothing is told behind a change, so that git has to be told that this is meant."""

    text: str
    is_bare: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """Lines `start` to `end` of the old text, from 0, that become others."""

    start: int
    end: int
    new: tuple[str, ...]


def unified(path: str, text: str, cuts: Sequence[Cut]) -> Diff:
    """The difference that some cuts make to a file.

    Raises:
        NoPatch: A line that would have to be told may hold a secret, or the name of the file has no spelling in a patch.
    """
    if not _PATH.fullmatch(path) or path != path.strip():
        raise NoPatch("the name of the file has letters that patches spell in several ways")
    lines = _LINE.findall(text)
    hidden = concealed(text)
    changes = _changes(text, lines, sorted(cuts))
    for change in changes:
        if any(at in hidden for at in range(change.start, change.end)) or concealed("".join(change.new)):
            raise NoPatch(_HOLDS)
    tail = "\t" if " " in path else ""
    told = unsure(text)
    hunks = "".join(_hunks(lines, changes, told))
    is_bare = any(change.end in told and change.end < len(lines) for change in changes)
    return Diff(f"--- a/{path}{tail}\n+++ b/{path}{tail}\n{hunks}", is_bare)


def patched(text: str, diff: str) -> str:
    """What a diff makes of a text, by the diff alone.

    Raises:
        ValueError: It does not fit.
    """
    lines, found, at, was = _LINE.findall(text), list[str](), 0, ""
    for line in _LINE.findall(diff)[2:]:
        if hunk := _HUNK.match(line):
            start = int(hunk[1]) - (hunk[2] != "0")
            found += lines[at:start]
            at = start
        elif line.startswith("\\"):
            found[-1:] = [found[-1].removesuffix("\n")] if was != "-" else found[-1:]
            continue
        elif line[0] != "+":
            if at >= len(lines) or lines[at].removesuffix("\n") != line[1:].removesuffix("\n"):
                raise ValueError("a line of the patch is not there")
            at += 1
        if line[0] in "+ ":
            found.append(line[1:])
        was = line[0]
    return "".join([*found, *lines[at:]])


def _changes(text: str, lines: Sequence[str], cuts: Sequence[Cut]) -> list[_Change]:
    """The lines that differ; cuts within the same lines are one change."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    groups: list[tuple[int, int, list[Cut]]] = []
    for cut in cuts:
        first, last = _lines_of(cut, lines, starts)
        if groups and first <= groups[-1][1]:
            groups[-1] = (groups[-1][0], max(last, groups[-1][1]), [*groups[-1][2], cut])
        else:
            groups.append((first, last, [cut]))
    return [change for first, last, held in groups if (change := _change(text, lines, starts, (first, last), held))]


def _lines_of(cut: Cut, lines: Sequence[str], starts: Sequence[int]) -> tuple[int, int]:
    """The lines that a cut changes: also the next one, where it takes the break before it."""
    first = bisect_right(starts, cut.start) - 1
    if first == len(lines) and lines and not lines[-1].endswith("\n"):
        first -= 1
    last = max(first + 1, bisect_right(starts, max(cut.end - 1, cut.start)))
    is_whole = cut.start == starts[first] and (not cut.text or cut.text.endswith("\n"))
    if last < len(lines) and cut.end == starts[last] and not is_whole:
        last += 1
    return first, min(last, len(lines))


def _change(text: str, lines: Sequence[str], starts: Sequence[int], span: tuple[int, int], cuts: Sequence[Cut]) -> _Change | None:
    start, end = span
    at, found = starts[start], []
    for cut in cuts:
        found += [text[at : cut.start], cut.text]
        at = cut.end
    new = _LINE.findall("".join(found) + text[at : starts[end]])
    if at > starts[end]:
        raise ValueError("a cut goes beyond its lines")
    while start < end and new and lines[end - 1] == new[-1]:  # first, so that what comes stands before an empty line, which is told
        end, new = end - 1, new[:-1]
    while start < end and new and lines[start] == new[0]:
        start, new = start + 1, new[1:]
    return _Change(start=start, end=end, new=tuple(new)) if start < end or new else None


def _hunks(lines: Sequence[str], changes: Sequence[_Change], hidden: frozenset[int]) -> Iterator[str]:
    shifted = 0
    for group in _grouped(changes, hidden):
        before = _context(group[0].start - 1, -1, lines, hidden)
        after = _context(group[-1].end, 1, lines, hidden)
        high = group[-1].end + after
        if after == 0 and high < len(lines):
            before = 0  # patch takes a hunk with more before it than behind it for the end of the file, and puts it there
        low = group[0].start - before
        if low == high and lines:
            raise NoPatch(_HOLDS)  # a line that comes and tells nothing around it goes anywhere
        told, at, size = [], low, high - low
        for change in group:
            told += [_line(" ", line) for line in lines[at : change.start]]
            told += [_line("-", line) for line in lines[change.start : change.end]]
            told += [_line("+", line) for line in change.new]
            size += len(change.new) - (change.end - change.start)
            at = change.end
        told += [_line(" ", line) for line in lines[at:high]]
        yield f"@@ -{_range(low, high - low)} +{_range(low + shifted, size)} @@\n{''.join(told)}"
        shifted += size - (high - low)


def _grouped(changes: Sequence[_Change], hidden: frozenset[int]) -> Iterator[list[_Change]]:
    """Changes that are near each other, with nothing between them that is not told."""
    group: list[_Change] = []
    for change in changes:
        if group and (change.start - group[-1].end > 2 * _CONTEXT or any(at in hidden for at in range(group[-1].end, change.start))):
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _context(at: int, step: int, lines: Sequence[str], hidden: frozenset[int]) -> int:
    """How many lines can be told, from one on."""
    found = 0
    while found < _CONTEXT and 0 <= at < len(lines) and at not in hidden:
        found, at = found + 1, at + step
    return found


def _range(start: int, size: int) -> str:
    return f"{start + 1 if size else start},{size}"


def _line(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
