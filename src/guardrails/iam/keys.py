"""What condition keys hold, and which of them an action knows: the global ones by our own table, the others as published.

The published keys are read from the snapshot when the first of them is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from guardrails.iam.catalogue import listed, stored
from guardrails.iam.global_keys import GLOBAL_KEYS, GlobalKey, KeyType, Presence, ValueType

__all__ = ["DECIDED_BY_CALLER", "KeyType", "Presence", "ValueType", "key_type", "keys_of", "presence"]

DECIDED_BY_CALLER = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principaltype",
        "aws:username",
    }
)
"""Keys that hang on who asks and on nothing else."""
_UNKNOWN = KeyType(known=False)
_CLAIM = re.compile(r"[^:]+\.[^:]+:(aud|azp|email|oaud|sub)")
"""Claims that any OIDC provider tells, each one text (IAM User Guide, "Available keys for AWS OIDC federation")."""
_PLACE = re.compile(r"\$\{[^}]*\}|<[^>]*>")
"""Where a published key leaves a place for a name of the customer's: `${TagKey}` or `<key>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    types: dict[str, KeyType]
    patterns: tuple[tuple[str, str, KeyType], ...]
    """Beginning, end and type of the keys with a place in them; the longest first, for it fits best."""
    sets: tuple[frozenset[str], ...]
    of: tuple[int, ...]
    """The number of its set for each action, in the order of the catalogue."""


@cache
def _published() -> _Published:
    found = stored("keys.json.gz")
    names = tuple(found["keys"])
    types = {name.lower(): _read(told) for name, told in found["keys"].items()}
    patterns: list[tuple[str, str, KeyType]] = []
    for name, held in types.items():
        if place := _PLACE.search(name):
            patterns.append((name[: place.start()], name[place.end() :], held))
    return _Published(
        types=types,
        patterns=tuple(sorted(patterns, key=lambda pattern: -len(pattern[0] + pattern[1]))),
        sets=tuple(frozenset(names[at] for at in numbers) for numbers in found["sets"]),
        of=tuple(found["of"]),
    )


def _read(told: str) -> KeyType:
    if told == "?":
        return _UNKNOWN
    return KeyType(value=ValueType(told.removeprefix("ArrayOf")), is_list=told.startswith("ArrayOf"))


@lru_cache(maxsize=8192)
def key_type(name: str) -> KeyType:
    """What a condition key of any spelling holds; one that nobody publishes is not known."""
    lowered = name.lower()
    if own := _global(lowered):
        return own.type
    published = _published()
    if lowered in published.types:
        return published.types[lowered]
    found = next((held for start, end, held in published.patterns if _fits(lowered, start, end)), _UNKNOWN)
    return KeyType() if not found.known and _CLAIM.fullmatch(lowered) else found


def presence(name: str) -> Presence:
    """Whether every request of a user or role has the key. What a service publishes is never sure to be there."""
    own = _global(name.lower())
    return own.presence if own else Presence.MAYBE


def keys_of(action: str) -> frozenset[str]:
    """The keys that AWS publishes for an action and its types of resources, as published, so with `${TagKey}` for any tag.

    Empty for an action that is not published. The global keys go with every action, and are not among them unless published with it.
    """
    at = _numbers().get(action.lower())
    return frozenset() if at is None else _published().sets[at]


@cache
def _numbers() -> dict[str, int]:
    return dict(zip(listed(), _published().of, strict=True))


def _global(lowered: str) -> GlobalKey | None:
    start, slash, _ = lowered.partition("/")
    return GLOBAL_KEYS.get(lowered) or GLOBAL_KEYS.get(start + slash)


def _fits(name: str, start: str, end: str) -> bool:
    return len(name) > len(start) + len(end) and name.startswith(start) and name.endswith(end)
