"""Members that go from a list or come to it, so that what stays keeps every byte of its own, and the list its form."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from guardrails.written.cuts import Cut

__all__ = ["Span", "added", "indent_at", "line_end", "line_start", "lines_of", "removed"]

_REST = re.compile(r"[ \t]*(,?)[ \t]*(?:(?:#|//)[^\r\n]*|/\*[^\r\n]*?\*/[ \t]*)?(?=\r?\n|\Z)")
_COMMA = re.compile(r"[ \t\r\n]*,")


@dataclass(frozen=True, slots=True)
class Span:
    """Where one member stands."""

    start: int
    end: int


def line_start(text: str, at: int) -> int:
    """Where the line of a place begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Behind the line of a place, with its break."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def indent_at(text: str, at: int) -> str:
    """The white space that the line of a place begins with."""
    return re.match(r"[ \t]*", text[line_start(text, at) : at])[0]  # type: ignore[index]  # it always matches


def lines_of(text: str, span: Span) -> Cut | None:
    """Its lines, with a comma and a remark behind it; `None` where something else stands there too."""
    start = line_start(text, span.start)
    rest = _REST.match(text, span.end)
    if text[start : span.start].strip() or rest is None:
        return None
    return Cut(start, line_end(text, rest.end()))


def removed(text: str, whole: Span, members: Sequence[Span], gone: Collection[int], *, may_trail: bool) -> Iterator[Cut]:
    """The cuts that take some members out; `whole` is the list with its brackets, and `may_trail` whether a comma may stand last."""
    if len(gone) == len(members):
        yield Cut(whole.start + 1, whole.end - 1)
        return
    runs = [list(run) for is_gone, run in groupby(range(len(members)), key=lambda at: at in gone) if is_gone]
    for run in runs:
        yield from _run(text, members, run[0], run[-1], may_trail=may_trail)


def _run(text: str, members: Sequence[Span], first: int, last: int, *, may_trail: bool) -> Iterator[Cut]:
    span = Span(members[first].start, members[last].end)
    before, after = (members[first - 1] if first else None), (members[last + 1] if last + 1 < len(members) else None)
    own = lines_of(text, span)
    if own is not None:
        yield own
        if before is not None and after is None and not (may_trail and _has_comma(text, span.end)):
            comma = _COMMA.match(text, before.end)
            yield from [Cut(comma.end() - 1, comma.end())] if comma else []
    elif after is not None and (before is None or "\n" not in text[span.end : after.start]):
        yield Cut(span.start, after.start)
    elif before is not None:
        yield Cut(before.end, span.end)


def _has_comma(text: str, end: int) -> bool:
    return _COMMA.match(text, end) is not None


def added(text: str, whole: Span, members: Sequence[Span], new: Sequence[str], *, separator: str = ",") -> Iterator[Cut]:
    """The cut that puts further members behind the last; of a list of none, between its brackets."""
    if not new:
        return
    if not members:
        yield Cut(whole.start + 1, whole.end - 1, f"{separator} ".join(new))
        return
    last = members[-1]
    comma = _COMMA.match(text, last.end) if separator == "," else None
    if text[line_start(text, last.start) : last.start].strip():
        yield Cut(last.end, last.end, "".join(f"{separator or ','} {one}" for one in new))
        return
    end = "\r\n" if text[line_start(text, last.start) - 2 : line_start(text, last.start)] == "\r\n" else "\n"
    begin = f"{end}{indent_at(text, last.start)}"
    told = f"{separator}{begin}".join(new)
    if comma:  # the remark behind it stays with its member
        rest = _REST.match(text, last.end)
        at = rest.end() if rest else comma.end()
        yield Cut(at, at, f"{begin}{told}{separator}")
    else:
        rest = _REST.match(text, last.end)
        at = rest.end() if rest else last.end
        yield from (
            [Cut(last.end, last.end, separator), Cut(at, at, f"{begin}{told}")]
            if at > last.end
            else [Cut(at, at, f"{separator}{begin}{told}")]
        )
