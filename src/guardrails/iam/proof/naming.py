"""Sets of actions in few patterns that people recognise: those that somebody wrote, whole services, verbs, and names last."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from guardrails.iam.catalogue import catalogue, named
from guardrails.sets import FiniteSet, Pattern

__all__ = ["matched", "patterns_of", "told", "widest"]

_VERB = re.compile(r"[A-Z][a-z0-9]+")


def matched(text: str) -> FiniteSet:
    """The actions of the catalogue that a pattern matches."""
    return catalogue().matching(Pattern.glob(text.lower()))


def widest(written: Iterable[str]) -> tuple[str, ...]:
    """Patterns as somebody wrote them, each once and what matches most first; the name of an action in its published spelling."""
    spelled = {(name := text.lower()): named(name) if name in catalogue() else text for text in written}
    return tuple(sorted(spelled.values(), key=lambda text: (-len(matched(text)), text)))


def patterns_of(target: FiniteSet, fits: Callable[[str], bool], written: Iterable[str] = ()) -> tuple[str, ...]:
    """Patterns that match the whole target together. Each of them fits, but for the names, which are just what is left."""
    found: list[str] = []
    left = target
    for candidates in (lambda _: ("*", *written), _services, _verbs):
        for text in tuple(candidates(left)):
            now = matched(text)
            if not (now & left).is_empty() and fits(text):
                found.append(text)
                left -= now
    return (*found, *sorted(map(named, left)))


@cache
def _all_services() -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.partition(":")[0] for name in catalogue().names))


def _services(left: FiniteSet) -> Iterator[str]:
    texts = (f"{service}:*" for service in _all_services())
    return (text for text in texts if len(matched(text) & left) > 1)


def _verbs(left: FiniteSet) -> Iterator[str]:
    counts: dict[str, int] = {}
    for name in map(named, left):
        service, _, action = name.partition(":")
        if verb := _VERB.match(action):
            text = f"{service}:{verb[0]}*"
            counts[text] = counts.get(text, 0) + 1
    return (text for text, count in counts.items() if count > 1)


def told(target: FiniteSet, allowed: FiniteSet, written: Iterable[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Patterns for all of the target, and patterns of what is not among them; what they mean is all in `allowed`, which is wider."""
    written = tuple(written)
    found: list[str] = []
    but: list[str] = []
    left = target
    for wide in ("*", *written):
        part, beyond = matched(wide) & left, matched(wide) - allowed
        if part.is_empty() or beyond.is_empty():
            continue  # nothing to say, or nothing to leave out
        out = patterns_of(beyond, lambda text: (matched(text) & target).is_empty(), written)
        if len(out) + 1 < len(patterns_of(part, lambda text: allowed.covers(matched(text)), written)):
            found.append(wide)
            but += [text for text in out if text not in but]
            left -= matched(wide)
    return (*found, *patterns_of(left, lambda text: allowed.covers(matched(text)), written)), tuple(but)
