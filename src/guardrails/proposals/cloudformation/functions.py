"""Intrinsic functions worked out. What hangs on something that is not known is not known, whatever is put around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from guardrails.proposals.cloudformation.template import Stack, Template, plain_text
from guardrails.proposals.values import Unknown, Value, unknowns

__all__ = ["ABSENT", "Functions"]

_IN_TEXT = re.compile(r"\$\{(!?)([^{}]+)\}")
_DYNAMIC = "{{resolve:"
_DEPTH = 64
ABSENT = Unknown("AWS::NoValue", is_declared=False)
"""As if the property were not there."""

Attribute = Callable[[str, str], Value]
"""From a logical id and an attribute (empty for `Ref`) to its value."""


class Functions:
    """The functions of one template for one stack."""

    def __init__(self, template: Template, stack: Stack, attribute: Attribute) -> None:
        self._template = template
        self._stack = stack
        self._attribute = attribute
        self._conditions: dict[str, bool | Unknown] = {}
        self._functions: Mapping[str, Callable[[Any, int], Value]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find,
        }

    def value(self, found: Any, depth: int = _DEPTH) -> Value:  # noqa: ANN401  # whatever a template holds
        """Something of the template as a value."""
        if depth == 0:
            return Unknown("it is nested too deep")
        if isinstance(found, str):
            return Unknown("it is read from elsewhere when it is deployed") if _DYNAMIC in found else found
        if isinstance(found, list | tuple):
            items = tuple(self.value(one, depth - 1) for one in found)
            return tuple(one for one in items if one is not ABSENT)
        if not isinstance(found, Mapping):
            return _plain(found)
        name = next((str(key) for key in found if str(key).startswith("Fn::")), "Ref" if found.keys() == {"Ref"} else "")
        if name:
            # beside others only a macro may stand
            function = self._functions.get(name) if len(found) == 1 else None
            return function(found[name], depth - 1) if function else Unknown(f"{name} is worked out when it is deployed")
        values = {str(key): self.value(one, depth - 1) for key, one in found.items()}
        return {key: one for key, one in values.items() if one is not ABSENT}

    def _ref(self, name: Any, _depth: int) -> Value:  # noqa: ANN401
        if not isinstance(name, str):
            return Unknown("what Ref names is not known")
        stack = self._stack
        pseudo: Mapping[str, Value] = {
            "AWS::AccountId": stack.account,
            "AWS::Region": stack.region or Unknown("the region is not known; give --region"),
            "AWS::Partition": stack.partition,
            "AWS::StackName": stack.name or Unknown("the name of the stack is not known"),
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": ABSENT,
        }
        if name in pseudo:
            return pseudo[name]
        known = self._template.parameter(name, stack)
        return self._attribute(name, "") if known is None else known  # type: ignore[return-value]  # a text, texts or unknown

    def _get_att(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        parts = (
            found.split(".", 1) if isinstance(found, str) else [self.value(one, depth) for one in found] if isinstance(found, list) else []
        )
        if len(parts) != 2 or not all(isinstance(one, str) for one in parts):  # noqa: PLR2004  # id and attribute
            return Unknown("what Fn::GetAtt names is not known")
        return self._attribute(str(parts[0]), str(parts[1]))

    def _sub(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        text, given = (found[0], found[1]) if isinstance(found, list) and len(found) == 2 else (found, {})  # noqa: PLR2004  # text and names
        if not isinstance(text, str) or not isinstance(given, Mapping):
            return Unknown("what Fn::Sub says is not understood")
        lost: list[Unknown] = []

        def put(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{match[2]}}}"
            value = self.value(given[name], depth) if name in given else self._named(name, depth)
            if isinstance(value, Unknown) or not isinstance(value, str | int | float):
                lost.append(value if isinstance(value, Unknown) else Unknown(f"{name} is no text"))
                return ""
            return str(value)

        filled = _IN_TEXT.sub(put, text)
        return lost[0] if lost else self.value(filled, depth)

    def _named(self, name: str, depth: int) -> Value:
        return self._get_att(name, depth) if "." in name and not name.startswith("AWS::") else self._ref(name, depth)

    def _join(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        parts = self.value(found[1], depth) if isinstance(found, list) and len(found) == 2 else None  # noqa: PLR2004  # mark and parts
        if isinstance(parts, Unknown):
            return parts
        if not isinstance(parts, tuple):
            return Unknown("what Fn::Join says is not understood")
        return next(unknowns(parts), None) or str(found[0]).join(map(str, parts))

    def _if(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        if not isinstance(found, list) or len(found) != 3:  # noqa: PLR2004  # condition and two values
            return Unknown("what Fn::If says is not understood")
        holds = self.holds(str(found[0]))
        return holds if isinstance(holds, Unknown) else self.value(found[1 if holds else 2], depth)

    def _select(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        at, items = (self.value(one, depth) for one in found) if isinstance(found, list) and len(found) == 2 else (None, None)  # noqa: PLR2004
        if isinstance(at, str | int) and str(at).isdecimal() and isinstance(items, tuple) and int(at) < len(items):
            return items[int(at)]
        return next(unknowns((at, items)), Unknown("what Fn::Select says is not understood"))

    def _split(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        text = self.value(found[1], depth) if isinstance(found, list) and len(found) == 2 else None  # noqa: PLR2004  # mark and text
        if isinstance(text, str) and found[0]:
            return tuple(text.split(str(found[0])))
        return text if isinstance(text, Unknown) else Unknown("what Fn::Split says is not understood")

    def _find(self, found: Any, depth: int) -> Value:  # noqa: ANN401
        keys = [self.value(one, depth) for one in found] if isinstance(found, list) else []
        here: Any = self._template.mappings
        for key in keys:
            if isinstance(key, Unknown):
                return key
            here = here.get(key) if isinstance(here, Mapping) and isinstance(key, str) else None
        return self.value(here, depth) if here is not None and len(keys) == 3 else Unknown("the mapping has no such entry")  # noqa: PLR2004

    def holds(self, name: str) -> bool | Unknown:
        """Whether a condition holds."""
        if name not in self._conditions:
            self._conditions[name] = Unknown(f"condition {name} hangs on itself")
            said = self._template.conditions.get(name)
            self._conditions[name] = self._truth(said) if said is not None else Unknown(f"there is no condition {name}")
        return self._conditions[name]

    def _truth(self, found: Any) -> bool | Unknown:  # noqa: ANN401
        name, said = next(iter(found.items())) if isinstance(found, Mapping) and len(found) == 1 else ("", None)
        if name == "Condition":
            return self.holds(str(said))
        if name == "Fn::Equals" and isinstance(said, list) and len(said) == 2:  # noqa: PLR2004  # two sides
            sides = tuple(self.value(one) for one in said)
            return next(unknowns(sides), None) or str(sides[0]) == str(sides[1])
        parts = [self._truth(one) for one in said] if isinstance(said, list) else []
        if name == "Fn::Not" and len(parts) == 1:
            return parts[0] if isinstance(parts[0], Unknown) else not parts[0]
        if name in {"Fn::And", "Fn::Or"} and parts:
            decided = name == "Fn::Or"
            return True if decided and True in parts else False if not decided and False in parts else _first(parts, not decided)
        return Unknown("a condition is not understood")


def _plain(found: object) -> Value:
    if isinstance(found, bool):
        return plain_text(found)
    return found if found is None or isinstance(found, int | float) else Unknown("it is no value of a template")


def _first(parts: list[bool | Unknown], otherwise: bool) -> bool | Unknown:  # noqa: FBT001  # what they all are
    return next((one for one in parts if isinstance(one, Unknown)), otherwise)
