"""Condition blocks as exact sets of contexts (IAM User Guide: condition operators, Null, operators for several values).

What is not understood, such as an unknown operator, a malformed operand or a variable, is left out and told as a doubt: the block may let
through fewer contexts than the rest of it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any

from guardrails.iam.keys import DECIDED_BY_CALLER, Presence, ValueType, key_type, presence
from guardrails.sets import (
    AddressError,
    Addresses,
    Catalogue,
    Contexts,
    Domain,
    Language,
    NumberError,
    Numbers,
    Pattern,
    States,
)

__all__ = ["CLAIM", "Condition", "claimed", "contexts", "domain"]

Condition = tuple[str, str, tuple[str, ...]]
"""Operator, key in lower case, values."""

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?", re.IGNORECASE)
_TRUTH = Catalogue(("false", "true"))
_CLAIM = Domain(_TRUTH.everything(), may_lack=False)
CLAIM = "?"
"""How the names of claims begin; no key of a request does."""


class _Form(Enum):
    """How values of a key are compared."""

    TEXT = "text"
    TRUTH = "truth"
    ADDRESS = "address"
    NUMBER = "number"
    MOMENT = "moment"


_FORMS = {
    ValueType.BOOL: _Form.TRUTH,
    ValueType.IP_ADDRESS: _Form.ADDRESS,
    ValueType.NUMERIC: _Form.NUMBER,
    ValueType.DATE: _Form.MOMENT,
}
_WHOLES: dict[_Form, Any] = {
    _Form.TEXT: Language.everything(),
    _Form.TRUTH: _TRUTH.everything(),
    _Form.ADDRESS: Addresses.everything(),
    _Form.NUMBER: Numbers.everything(),
    _Form.MOMENT: Numbers.everything(),
}


@dataclass(frozen=True, slots=True)
class _Test:
    """How an operator compares: which values a written one means, in which form of key, and whether it is turned round."""

    form: _Form
    means: Callable[[str], Any]
    negated: bool = False


class _NotUnderstoodError(Exception):
    """The operand has no exact meaning here."""


def _like(text: str) -> Language:
    return Language.of(Pattern.glob(text))


def _literal(text: str) -> Language:
    return Language.of(Pattern.literal(text))


def _arn(text: str) -> Language:
    # an ARN has six parts, and each is matched on its own
    if text != "*" and text.count(":") < 5:  # noqa: PLR2004  # six parts
        raise _NotUnderstoodError
    return Language.of(Pattern.arn(text))


def _truth(text: str) -> Any:  # noqa: ANN401  # a finite set
    if text.lower() not in _TRUTH:
        raise _NotUnderstoodError
    return _TRUTH.of([text.lower()])


def _address(text: str) -> Addresses:
    try:
        return Addresses.parse([text])
    except AddressError as error:
        raise _NotUnderstoodError from error


def _number(operator: str) -> Callable[[str], Numbers]:
    def means(text: str) -> Numbers:
        try:
            return Numbers.compared(operator, text)
        except NumberError as error:
            raise _NotUnderstoodError from error

    return means


def _moment(operator: str) -> Callable[[str], Numbers]:
    def means(text: str) -> Numbers:
        try:
            return Numbers.compared(operator, text if re.fullmatch(r"\d+", text) else str(int(_seconds(text))))
        except (NumberError, ValueError) as error:
            raise _NotUnderstoodError from error

    return means


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if seconds != int(seconds):
        raise ValueError(text)
    return seconds


def _tests() -> dict[str, _Test]:
    found = {
        "stringequals": _Test(_Form.TEXT, _literal),
        "stringlike": _Test(_Form.TEXT, _like),
        "arnequals": _Test(_Form.TEXT, _arn),
        "arnlike": _Test(_Form.TEXT, _arn),
        "binaryequals": _Test(_Form.TEXT, _literal),
        "bool": _Test(_Form.TRUTH, _truth),
        "ipaddress": _Test(_Form.ADDRESS, _address),
        "numericequals": _Test(_Form.NUMBER, _number("=")),
        "dateequals": _Test(_Form.MOMENT, _moment("=")),
    }
    negated = {
        "stringnotequals": "stringequals",
        "stringnotlike": "stringlike",
        "arnnotequals": "arnequals",
        "arnnotlike": "arnlike",
        "notipaddress": "ipaddress",
        "numericnotequals": "numericequals",
        "datenotequals": "dateequals",
    }
    found |= {name: _Test(found[of].form, found[of].means, negated=True) for name, of in negated.items()}
    for word, sign in {"lessthan": "<", "lessthanequals": "<=", "greaterthan": ">", "greaterthanequals": ">="}.items():
        found |= {f"numeric{word}": _Test(_Form.NUMBER, _number(sign)), f"date{word}": _Test(_Form.MOMENT, _moment(sign))}
    return found


_TESTS = _tests()


@cache
def domain(key: str) -> Domain:
    """The states that a key can be in."""
    held = key_type(key)
    # what nobody publishes may have one value or a list of them
    return Domain(
        _WHOLES[_form_of(key)], may_lack=presence(key) is not Presence.ALWAYS, is_list=held.is_list or not held.known, is_one=not held.known
    )


def _form_of(key: str) -> _Form:
    return _FORMS.get(key_type(key).value, _Form.TEXT)


@lru_cache(maxsize=8192)
def claimed(doubts: tuple[str, ...]) -> Contexts:
    """The contexts in which all these claims hold; each is a value of its own, named with a question mark before it."""
    return Contexts.of({f"{CLAIM}{doubt}": _CLAIM.one(_TRUTH.of(["true"])) for doubt in doubts})


def contexts(block: Iterable[Condition], *, variables: bool = True, whoever: bool = False) -> tuple[Contexts, tuple[Condition, ...]]:
    """The contexts that a block lets through, and the doubts: what of it was not understood and may let through fewer.

    Without `variables`, `${` is text like any other. Where `whoever` asks, requests may lack what is told of users and roles.
    """
    found: dict[str, States] = {}
    doubts: list[Condition] = []
    for operator, key, values in block:
        open_ended = not values or (variables and any("${" in value for value in values))
        states = None if open_ended else _states(operator, key, values, _domain(key, whoever=whoever))
        if states is None:
            doubts.append((operator, key, values))
        else:
            found[key] = found[key] & states if key in found else states
    return Contexts.of(found), tuple(doubts)


def _domain(key: str, *, whoever: bool) -> Domain:
    return replace(domain(key), may_lack=True) if whoever and key in DECIDED_BY_CALLER else domain(key)


def _states(operator: str, key: str, values: tuple[str, ...], of: Domain) -> States | None:
    """The states of a key that one operator lets through; `None` when that is not understood."""
    if operator.lower() == "null":
        return _null(of, values)
    form = _OPERATOR.fullmatch(operator)
    test = _TESTS.get(form[2].lower()) if form else None
    if form is None or test is None:
        return None
    try:
        extent = _extent(of, test, _form_of(key), values)
    except _NotUnderstoodError:
        return None
    return _quantified(of, extent, (form[1] or "").lower(), lacks=bool(form[3]) or test.negated)


def _null(of: Domain, values: tuple[str, ...]) -> States | None:
    wanted = {value.lower() for value in values}
    if not wanted <= {"true", "false"}:
        return None
    absent = of.absent()
    return reduce(or_, (absent if value == "true" else ~absent for value in sorted(wanted)))


def _extent(of: Domain, test: _Test, form: _Form, values: tuple[str, ...]) -> Any:  # noqa: ANN401  # an extent
    united = reduce(or_, map(_meaning(test, form), values), of.whole - of.whole)
    return of.whole - united if test.negated else united


def _quantified(of: Domain, extent: Any, every: str, *, lacks: bool) -> States:  # noqa: ANN401  # likewise
    if every == "forallvalues":
        return of.absent() | of.every(extent)
    if every == "foranyvalue":
        return of.some(extent)  # never without a value, whatever the operator says of that
    # without a prefix a list never matches, whichever way round
    return of.one(extent) | (of.absent() if lacks else of.nothing())


def _meaning(test: _Test, form: _Form) -> Callable[[str], Any]:
    """What a written value means for a key of some form: texts are compared with truths as well, nothing else is mixed."""
    if form is test.form:
        return test.means
    if form is _Form.TRUTH and test.form is _Form.TEXT:
        return lambda text: _TRUTH.of([name for name in _TRUTH.names if name in test.means(text)])
    raise _NotUnderstoodError
