"""Whether what one rule lets pass beyond its path is let pass by another too: wrapping, parameters, second factors, approvals.

Parameters do not depend on each other, so one that the one side takes and the other does not is enough, beside those that are required.
Values are texts that may begin or end with a wildcard, truth values and lists; what cannot be compared is a doubt, never assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from guardrails.sets import Language, Pattern
from guardrails.vault.approvals import is_approved
from guardrails.vault.permissions import ANY, LIMIT, LISTING, WITH_DATA, Permission
from guardrails.vault.profiles import Lists
from guardrails.vault.rules import Value

__all__ = ["Doubtful", "Passes", "beyond", "carried"]

_NO_TEXT = Language.nothing()
_OTHER = "guardrails"
"""The name of a parameter that no rule names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """A request that the one lets pass and the other does not, but for its operation and path."""

    parameters: tuple[tuple[str, object], ...] = ()
    wrap_seconds: float | None = None
    why: str = ""
    needs_people: bool = False
    """The other takes the same request, and asks people for more: a second factor, an approval."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Why it cannot be told."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Values:
    """Values of one parameter that pass.

    `others` says whether those do that are neither text, truth value nor among `lists`; `unlisted` are lists that do not. `denied` are the
    texts of its list of denied values.
    """

    texts: Language
    flags: frozenset[bool]
    others: bool
    lists: frozenset[tuple[Value, ...]] = frozenset()
    unlisted: frozenset[tuple[Value, ...]] = frozenset()
    denied: Language = _NO_TEXT
    is_exact: bool = True


_ALL = _Values(Language.everything(), frozenset({True, False}), others=True)
_NONE = _Values(Language.nothing(), frozenset(), others=False)


@lru_cache(maxsize=65536)
def beyond(one: Permission, other: Permission, operation: str, lists: Lists) -> Passes | Doubtful | None:
    """What passes the first and not the second; `None` proves that nothing does. Both give the operation."""
    least = carried(one, operation, lists)
    if least is None or isinstance(least, Doubtful):
        return least
    if why := _lacking(one, other, operation):
        return replace(least, why=why, needs_people=not other.is_impossible)
    if worse := _wrapping(one, other):
        return replace(least, wrap_seconds=worse[0], why=worse[1])
    if operation in LISTING:
        found: Passes | Doubtful | None = _entries(one, other, least)
    else:
        found = _parameters(one, other, least, lists) if operation in WITH_DATA else None
    return found or _incomparable(one, other, operation)


def _lacking(one: Permission, other: Permission, operation: str) -> str:
    """What the other asks for and the one does not."""
    if other.is_impossible:
        return "what is declared asks for a longer wrapping than it allows"
    if missing := sorted(set(other.mfa_methods) - set(one.mfa_methods)):
        return f"the second factor {missing[0]} is not asked for"
    return "nobody has to approve it" if all(_approved(other, operation)) and not any(_approved(one, operation)) else ""


def _approved(permission: Permission, operation: str) -> list[bool]:
    """Whether people have to approve it, rule by rule. The first rule of a path decides, and which that is depends on names and groups."""
    return [is_approved(rule.control_group, operation) for rule in permission.rules]


def _incomparable(one: Permission, other: Permission, operation: str) -> Doubtful | None:
    if any(_approved(other, operation)) and not (all(_approved(one, operation)) and len({*one.control_groups, *other.control_groups}) == 1):
        return Doubtful("who has to approve is not surely the same")
    # of several the first counts, and which that is depends on names as well
    if operation in LISTING and other.filters and not (one.filters == other.filters and len(one.filters) == 1):
        return Doubtful("which entries are listed is not filtered in the same way")
    if operation == "subscribe" and not set(one.events) <= set(other.events):
        return Doubtful("not the same events can be subscribed to")
    return None


def _entries(one: Permission, other: Permission, least: Passes) -> Passes | None:
    """How many entries can be listed at once that the other does not take."""
    most = other.pagination_limit
    if most and not 0 < one.pagination_limit <= most:
        return replace(least, parameters=((LIMIT, str(most + 1)),), why=f"more than {most} entries may be listed at once")
    if other.takes_limit and not one.takes_limit:
        return replace(least, why="it need not be said how many entries to list")
    return None


def _wrapping(one: Permission, other: Permission) -> tuple[float | None, str] | None:
    """How long an answer can be wrapped that the other does not take."""
    least, most = other.min_wrapping_seconds, other.max_wrapping_seconds
    if not (least or most):
        return None
    if not (one.min_wrapping_seconds or one.max_wrapping_seconds):
        return None, "the answer need not be wrapped"
    if least and (shortest := one.min_wrapping_seconds) < least:
        return shortest, f"the answer may be wrapped for less than {least} seconds"
    if most and not 0 < one.max_wrapping_seconds <= most:
        longest = one.max_wrapping_seconds or max(one.min_wrapping_seconds, most + 1)
        return longest, f"the answer may be wrapped for more than {most} seconds"
    return None


def carried(one: Permission, operation: str, lists: Lists) -> Passes | Doubtful | None:
    """The least that a request must bring along; `None` when nothing satisfies it."""
    if one.is_impossible:
        return None
    wrap = (one.min_wrapping_seconds or min(1, one.max_wrapping_seconds)) if one.min_wrapping_seconds or one.max_wrapping_seconds else None
    found: list[tuple[str, object]] = [(LIMIT, "max")] if operation in LISTING and one.takes_limit else []
    for name in one.required if operation in WITH_DATA else ():
        value = _witness(_values(one, name), _NONE, lists)
        if value is None or isinstance(value, Doubtful):
            return value
        found.append((name, value[0]))
    return Passes(parameters=tuple(found), wrap_seconds=wrap)


def _parameters(one: Permission, other: Permission, least: Passes, lists: Lists) -> Passes | Doubtful | None:
    if missing := sorted(set(other.required) - set(one.required)):
        return replace(least, why=f"the parameter {missing[0]} need not be given")
    doubt: Doubtful | None = None
    for name in _names(one, other):
        value = _witness(_values(one, name), _values(other, name), lists)
        if isinstance(value, Doubtful):
            doubt = value
        elif value is not None:
            brought = {**dict(least.parameters), name: value[0]}
            why = f"the parameter {name} takes a value that is not declared"
            return replace(least, parameters=tuple(sorted(brought.items())), why=why)
    return doubt


def _names(*permissions: Permission) -> Iterator[str]:
    named = {name for one in permissions for name, _ in (*(one.allowed or ()), *(one.denied or ()))} | {
        name for one in permissions for name in one.required
    }
    yield from sorted(named - {ANY})
    yield next(name for name in (_OTHER, *(f"{_OTHER}{number}" for number in range(len(named) + 1))) if name not in named)


def _values(one: Permission, name: str) -> _Values:
    allowed, denied = dict(one.allowed or ()), dict(one.denied or ())
    if ANY in denied or (name in denied and not denied[name]):
        return _NONE
    taken = _ALL
    if allowed and allowed.keys() != {ANY}:
        if name in allowed:
            taken = _listed(allowed[name]) if allowed[name] else _ALL
        elif ANY not in allowed:
            return _NONE
    return _less(taken, _listed(denied[name])) if name in denied else taken


def _listed(values: tuple[Value, ...]) -> _Values:
    texts = [_text(value) for value in values if isinstance(value, str)]
    return _Values(
        texts=Language.of(*(text for text in texts if text)),
        flags=frozenset(value for value in values if isinstance(value, bool)),
        others=False,
        lists=frozenset(value for value in values if isinstance(value, tuple) and _can_be_sent(value)),
        is_exact=None not in texts and None not in values,
    )


def _can_be_sent(value: Value) -> bool:
    """Whether a request can hold the same: numbers and objects of a policy never are."""
    return all(map(_can_be_sent, value)) if isinstance(value, tuple) else isinstance(value, str | bool)


def _text(value: str) -> Pattern | None:
    """The texts that a value stands for; `None` when it has letters that a pattern would take for wildcards."""
    begins, ends = value.startswith("*") and len(value) > 1, value.endswith("*") and len(value) > 1
    inner = value[begins : len(value) - ends if len(value) > begins + ends - 1 else None]
    if not (begins or ends):
        return Pattern.literal(value)
    return Pattern.glob(value) if not set("*?") & set(inner) else None


def _less(taken: _Values, denied: _Values) -> _Values:
    return _Values(
        texts=taken.texts - denied.texts,
        flags=taken.flags - denied.flags,
        others=taken.others,
        lists=taken.lists - denied.lists,
        unlisted=taken.unlisted | denied.lists,
        denied=denied.texts,
        is_exact=taken.is_exact and denied.is_exact,
    )


_PLAIN = ~Language.of(Pattern.glob("*,*"))
"""Texts that no server takes apart."""


def _witness(one: _Values, other: _Values, lists: Lists) -> tuple[object] | Doubtful | None:
    """A value of the one that is none of the other."""
    if not (one.is_exact and other.is_exact):
        return None if one == other else Doubtful("values with wildcards within cannot be compared")
    texts = one.texts - other.texts
    text = (texts & _PLAIN if lists is Lists.ELEMENTS else texts).witness()
    if text is not None:
        return (text,)
    if flags := sorted(one.flags - other.flags):
        return (flags[0],)
    if one.others and not other.others:
        return (0,)
    if lists is Lists.ELEMENTS:
        return _taken_apart(one, other, texts)
    found = sorted(_refused_lists(one, other), key=repr)
    return ([*found[0]],) if found else None


def _refused_lists(one: _Values, other: _Values) -> frozenset[tuple[Value, ...]]:
    named = (one.lists - other.lists) & other.unlisted if other.others else one.lists - other.lists
    return named | (other.unlisted - one.unlisted if one.others else frozenset())


def _taken_apart(one: _Values, other: _Values, texts: Language) -> Doubtful | None:
    """Where lists pass by their members: whoever takes more members and refuses fewer takes more lists."""
    refused = (other.denied - one.denied).terms and (one.texts.terms or one.others)
    if texts.terms or refused or _refused_lists(one, other):
        return Doubtful("values that are lists cannot be compared")
    return None
