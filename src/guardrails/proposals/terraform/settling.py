"""The values of one resource with what is unknown or secret put in its place, and what the configuration says that it hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from guardrails.proposals.terraform.blocks import ORDERED, order_of
from guardrails.proposals.terraform.configuration import maximal
from guardrails.proposals.terraform.references import Followed, References, Scope
from guardrails.proposals.values import Unknown, Value, plain

__all__ = ["SECRET", "Settling", "masked"]

SECRET = Unknown("it is marked as sensitive, so it is not read", is_whole=False)
_NOT_DECLARED = Unknown("the provider chooses it when it is made", is_declared=False)


def masked(value: object, sensitive: object) -> Value:
    """A value of JSON without what is marked as sensitive, none of which is kept."""
    if sensitive is True:
        return SECRET
    if isinstance(value, dict):
        marks = sensitive if isinstance(sensitive, dict) else {}
        return {str(key): masked(one, marks.get(key)) for key, one in value.items()}
    if isinstance(value, list):
        each = sensitive if isinstance(sensitive, list) else []
        return tuple(masked(one, each[at] if at < len(each) else None) for at, one in enumerate(value))
    return plain(value)


class Settling:
    """Puts together what a plan says in four places of one resource."""

    def __init__(self, references: References, scope: Scope) -> None:
        self._references = references
        self._scope = scope

    def settled(self, after: object, unknown: object, sensitive: object, expressions: Mapping[str, Any] | None) -> dict[str, Value]:
        """Every attribute. Without `expressions`, because the configuration lacks the resource, nothing unknown is taken for a default."""
        known = after if isinstance(after, dict) else {}
        marks = unknown if isinstance(unknown, dict) else {}
        secrets = sensitive if isinstance(sensitive, dict) else {}
        lost = Unknown("the configuration of it is not in the plan", is_whole=False) if expressions is None else None
        found: dict[str, Value] = {}
        for name in {**known, **marks}:
            expression = (expressions or {}).get(name)
            found[name] = self._one(known.get(name), marks.get(name), secrets.get(name), _named(name, expression), lost)
        return found

    def _one(self, value: object, unknown: object, sensitive: object, expression: object, lost: Unknown | None) -> Value:
        if sensitive is True:
            return SECRET
        if unknown is True:
            return lost or self._unknown(expression)
        if isinstance(unknown, dict):
            return self._block(value, unknown, sensitive, expression, lost)
        if isinstance(unknown, list) and unknown:
            return tuple(self._items(value, unknown, sensitive, expression, lost))
        return masked(value, sensitive)

    def _block(self, value: object, unknown: dict[str, Any], sensitive: object, expression: object, lost: Unknown | None) -> Value:
        known = value if isinstance(value, dict) else {}
        secrets = sensitive if isinstance(sensitive, dict) else {}
        # a map that is written as one expression tells its references for all of it
        is_one = isinstance(expression, dict) and ("references" in expression or "constant_value" in expression)
        inner = expression if isinstance(expression, dict) else {}
        return {
            key: self._one(known.get(key), unknown.get(key), secrets.get(key), expression if is_one else _named(key, inner.get(key)), lost)
            for key in {**known, **unknown}
        }

    def _items(self, value: object, unknown: list[Any], sensitive: object, expression: object, lost: Unknown | None) -> Iterator[Value]:
        known = value if isinstance(value, list) else []
        secrets = sensitive if isinstance(sensitive, list) else []
        blocks = _in_order(known, unknown, expression) if isinstance(expression, list) else None
        apart = iter(self._apart(expression, sum(mark is True for mark in unknown)))
        for at, mark in enumerate(unknown):
            secret = secrets[at] if at < len(secrets) else None
            item = known[at] if at < len(known) else None
            if mark is True and secret is not True and blocks is None:
                found = next(apart)
                yield lost or found
            else:
                # blocks that are made in a loop have no expressions of their own, and somebody wrote them
                yield self._one(item, mark, secret, blocks[at] if blocks else _LOOP, lost)

    def _apart(self, expression: object, number: int) -> list[Unknown]:
        """What each unknown item of a list hangs on: items are written one after the other, and so are their references."""
        whole = self._unknown(expression)
        if whole.is_whole and len(whole.targets) == number:
            return [replace(whole, targets=(target,)) for target in whole.targets]
        return [whole] * number

    def _unknown(self, expression: object) -> Unknown:
        if expression is _LOOP:
            return Unknown("it is written in a loop, of which plans do not tell the expressions", is_whole=False)
        if not isinstance(expression, dict) or not expression:
            return _NOT_DECLARED if expression is None else Unknown("what it hangs on is not told", is_whole=False)
        listed = maximal(expression.get("references"))
        found = self._references.follow(listed, self._scope)
        return _told(listed, found)


class _Ordered(list[Any]):
    """The expressions of blocks that stand in a plan as they are written."""


def _named(name: str, expression: object) -> object:
    return _Ordered(expression) if isinstance(expression, list) and name in ORDERED else expression


def _in_order(known: list[Any], unknown: list[Any], expressions: list[Any]) -> list[Any] | None:
    """The expressions of each block; nothing where it is not told which is whose."""
    if len(expressions) != len(unknown):
        return None
    if isinstance(expressions, _Ordered) or len(unknown) == 1:
        return expressions
    said = [_without(known[at] if at < len(known) else None, mark) for at, mark in enumerate(unknown)]
    order = order_of(said, [_constants(one) for one in expressions])
    return None if order is None else [expressions[at] for at in order]


def _without(block: object, unknown: object) -> Value:
    """A block without what is not known of it."""
    if not isinstance(block, dict) or not isinstance(unknown, dict):
        return plain(block)
    return {key: plain(value) for key, value in block.items() if not _hides(unknown.get(key))}


def _hides(mark: object) -> bool:
    """Whether anything in it is not known."""
    inner = mark.values() if isinstance(mark, dict) else mark if isinstance(mark, list) else ()
    return mark is True or any(map(_hides, inner))


def _constants(expressions: object) -> dict[str, Value]:
    """What is written out in a block."""
    found = expressions.items() if isinstance(expressions, dict) else ()
    return {name: plain(one["constant_value"]) for name, one in found if isinstance(one, dict) and "constant_value" in one}


_LOOP: dict[str, Any] = {"references": ["local.loop"]}


def _told(listed: tuple[str, ...], found: Followed) -> Unknown:
    named = ", ".join(dict.fromkeys(listed)) or "nothing that a plan tells"
    return Unknown(f"it hangs on {named}", found.targets, is_whole=found.is_whole)
