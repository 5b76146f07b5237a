"""Contexts in words that people know, such as "aws:SourceIp is in 10.0.0.0/8"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from guardrails.iam.global_keys import GLOBAL_KEYS
from guardrails.iam.keys import ValueType, key_type
from guardrails.model.lists import several
from guardrails.sets import Addresses, Contexts, FiniteSet, Language, Numbers, Pattern, States

__all__ = ["in_words"]

_KNOWN = {
    ("aws:multifactorauthpresent", "true"): "MFA was used",
    ("aws:multifactorauthpresent", "false"): "MFA was not used",
    ("aws:securetransport", "true"): "TLS is used",
    ("aws:securetransport", "false"): "TLS is not used",
}
_FINEST = Decimal("1e-9")
_YEAR_9999 = 253_370_764_800
_ANY = frozenset({Pattern.glob("*"), Pattern.arn("*")})


def in_words(contexts: Contexts) -> str:
    """When it is, to be read behind "when"; empty for always."""
    told = [_all([text for name, states in term if (text := _key(name, states))]) for term in contexts.terms]
    return "" if "" in told else several(list(dict.fromkeys(told)), ", or ")


def _all(texts: Sequence[str]) -> str:
    return " and ".join(f"({text})" if " or " in text and len(texts) > 1 else text for text in texts)


def _key(name: str, states: States) -> str:
    if (~states).is_empty():
        return ""
    known = _KNOWN.get((name, str(states.one.witness()))) if isinstance(states.one, FiniteSet) and len(states.one) == 1 else None
    if known and states.absent == (known.endswith("not used") and states.domain.may_lack):  # what is absent was not used
        return known
    key = _spelled(name)
    alone = " or ".join(_alone(name, states))
    told = [f"{key} {alone}"] if alone else []
    told += [_list(key, name, states.domain.whole, *term) for term in states.lists.terms]
    return " or ".join(told)


def _alone(name: str, states: States) -> Iterator[str]:
    if not states.one.is_empty():
        yield _values(name, states.one, states.domain.whole)
    if states.absent:
        yield "is absent"


def _list(key: str, name: str, whole: Any, every: Any, some: tuple[Any, ...]) -> str:  # noqa: ANN401  # extents
    told = [f"some value of {key} {_values(name, one, whole)}" for one in some]
    if (whole - every).is_empty():
        return " and ".join(told) or f"{key} is there"
    return " and ".join([f"every value of {key} {_values(name, every, whole)}", *told])


def _spelled(name: str) -> str:
    """The key as it is published; keys have no case."""
    start, slash, rest = name.partition("/")
    found = GLOBAL_KEYS.get(start + slash)
    return f"{found.name}{rest}" if found else name


def _values(name: str, extent: Any, whole: Any) -> str:  # noqa: ANN401  # extents
    if (whole - extent).is_empty():
        return "is there"
    match extent:
        case Addresses():
            return _addresses(extent)
        case FiniteSet():
            return f"is {' or '.join(extent)}"
        case Numbers():
            return _numbers(extent, moments=key_type(name).value is ValueType.DATE)
        case _:
            return _texts(extent)


def _addresses(extent: Addresses) -> str:
    inside, outside = extent.cidrs(), (Addresses.everything() - extent).cidrs()
    return f"is in {several(inside)}" if len(inside) <= len(outside) else f"is not in {several(outside)}"


def _numbers(extent: Numbers, *, moments: bool) -> str:
    told = []
    for low, high in extent.ends():
        if low == high:
            told.append(f"is {_written(low, moments=moments)}")
        else:
            ends = (_end(low, "at least", "above", -_FINEST, moments=moments), _end(high, "at most", "below", _FINEST, moments=moments))
            told.append(" and ".join(filter(None, ends)))
    return several(told)


def _end(text: str, with_it: str, without: str, step: Decimal, *, moments: bool) -> str:
    """One end of an interval; next to a whole number that is not in it, that number is named."""
    if not text:
        return ""
    beside = Decimal(text) + step
    if "." in text and beside == beside.to_integral_value():
        return f"is {without} {_written(str(int(beside)), moments=moments)}"
    return f"is {with_it} {_written(text, moments=moments)}"


def _written(text: str, *, moments: bool) -> str:
    whole = moments and text.removeprefix("-").isdigit() and abs(int(text)) < _YEAR_9999
    return f"{datetime.fromtimestamp(int(text), UTC):%Y-%m-%dT%H:%M:%SZ}" if whole else text


def _texts(extent: Language) -> str:
    alone = [term.included[0] for term in extent.terms if not term.excluded and len(term.included) == 1]
    if len(alone) == len(extent.terms):
        return f"is {_named(alone)}"
    return several([_shared(term.included, term.excluded) for term in extent.terms])


def _shared(included: Iterable[Pattern], excluded: Sequence[Pattern]) -> str:
    told = [f"is {_named([pattern])}" for pattern in included if pattern not in _ANY]
    return " and ".join([*told, *([f"is not {_named(excluded)}"] if excluded else [])])


def _named(patterns: Sequence[Pattern]) -> str:
    like = "" if all(pattern.is_literal for pattern in patterns) else "like "
    return like + several([pattern.text or '""' for pattern in patterns])
