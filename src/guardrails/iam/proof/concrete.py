"""From a point that the prover found to a request that can be asked: values for letters, claims and what every request carries.

It is a guess, which the evaluator judges; a wrong one costs a verdict, never its truth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import count

from guardrails.iam.keys import Presence, key_type, presence
from guardrails.iam.proof.conditions import CLAIM, domain
from guardrails.iam.proof.requests import Point
from guardrails.iam.proof.variables import SPECIAL, letters_in, variables_of
from guardrails.sets import Context, State

__all__ = ["carried", "concrete"]

_CONDITION = re.compile(re.escape(f"{CLAIM}condition "))
_FREE_ACCOUNT = re.compile(r"^((?:[^:]*:){4})x+:")
"""An account that could be any."""

_SOME_ACCOUNT = "999999999999"
_OPERATOR = re.compile(r"(?:(forallvalues|foranyvalue):)?(\w+?)(ifexists)?")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def concrete(point: Point) -> Point:
    """The same point with a value for each letter and, as far as values can do it, for each claim; it names only what has to be said."""
    action, resource, said = point
    if not said and resource.isascii() and not _FREE_ACCOUNT.match(resource):
        return action, resource, {}
    filler = _Filler(said)
    resource = _FREE_ACCOUNT.sub(rf"\g<1>{_SOME_ACCOUNT}:", filler.filled(resource))
    for name, state in said.items():
        filler.claim(name, holds=state == "true")
    return action, resource, filler.values


def carried(context: Context, names: Iterable[str]) -> dict[str, str | tuple[str, ...]]:
    """A whole context: of the names that policies speak of, those that every request has and nobody said are the first of their domain."""
    return {**_always(frozenset(names)), **{name: state for name, state in context.items() if state is not None}}


@lru_cache(maxsize=8192)
def _always(names: frozenset[str]) -> Mapping[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    for name in names:
        if presence(name) is Presence.ALWAYS:
            first = domain(name).everything().witness()
            found |= {name: first} if first is not None else {}
    return found


class _Filler:
    """The context, as it grows."""

    def __init__(self, said: Mapping[str, State]) -> None:
        self.values: dict[str, str | tuple[str, ...]] = {
            name: state for name, state in said.items() if state is not None and not name.startswith(CLAIM)
        }
        self._fresh: Iterator[str] = (f"any{number}" for number in count(1))

    def filled(self, resource: str) -> str:
        for letter, key, default in letters_in(resource):
            resource = resource.replace(letter, self._value(key, default))
        return resource

    def _value(self, key: str, default: str | None) -> str:
        """The value of a variable: as the context says, else its default, else one that nothing else has."""
        if key in SPECIAL:
            return key
        held = self.values.get(key)
        if isinstance(held, str):
            return held
        if default is not None:
            return default
        self.values[key] = ("true" if key_type(key).value.name == "BOOL" else next(self._fresh)) if held is None else held
        return str(self.values[key])

    def claim(self, name: str, *, holds: bool) -> None:
        """Make a claim, if it is one about a condition, true or false as far as one value can."""
        if not _CONDITION.match(name):
            return
        operator, key, operands = json.loads(_CONDITION.sub("", name))
        form = _OPERATOR.fullmatch(operator)
        negated = "not" in (form[2] if form else "")
        if not operands or not key or key in self.values or holds == negated:
            return  # an absent key makes a negated operator true and any other false
        text = self._operand(operands[0])
        is_list = key_type(key).is_list
        self.values[key] = (text,) if is_list else text

    def _operand(self, operand: str) -> str:
        for key, default in variables_of(operand):
            value = self._value(key, default)
            operand = _VARIABLE.sub(lambda _, value=value: value, operand, count=1)  # type: ignore[misc]
        return operand.replace("*", "").replace("?", "x")
