"""The question of containment put to Z3: is there one request that the one policy allows and the other does not?

Written from the documentation alone. Strings and regular expressions are Z3's; actions are numbers, one for each that can tell the
patterns of both sides apart. It understands texts, truths and presence of keys with one value, and says so of all else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import z3

from guardrails.iam.catalogue import catalogue

_ANY = z3.AllChar(z3.ReSort(z3.StringSort()))
_SEGMENT = z3.Intersect(_ANY, z3.Complement(z3.Re(":")))
_OPERATOR = re.compile(r"(String(?:Not)?(?:Equals|Like)|Bool|Null)(IfExists)?")
_ONE_VALUED = frozenset({"aws:sourcevpc", "aws:sourcevpce", "aws:username", "aws:referer", "aws:sourceidentity", "aws:principalorgid"})
_TRUTHS = frozenset({"aws:multifactorauthpresent", "aws:viaawsservice"})


class NotUnderstoodError(Exception):
    """A construct that this oracle leaves to others."""


def is_beyond(
    actual: dict[str, Any], declared: dict[str, Any], *, seconds: float, among: tuple[str, ...] = ("*", "arn:aws*:?*:*:*:?*")
) -> bool | None:
    """Whether a published action is allowed on some resource of these forms by the one alone; `None` when Z3 does not know.

    Raises:
        NotUnderstoodError: One of the two has a construct that this does not know.
    """
    question = _Question(among)
    sides = [[_read(statement, found) for statement in _listed(found["Statement"])] for found in (actual, declared)]
    action = _classes([actions for side in sides for _, actions, _, _ in side], question)
    held, wanted = (question.allowed(side, action) for side in sides)
    question.solver.set("timeout", int(seconds * 1000))
    question.solver.add(held, z3.Not(wanted))
    answer = question.solver.check()
    return None if answer == z3.unknown else answer == z3.sat


class _Question:
    """One request that is not known yet: its resource, its keys, and what has to be true of any."""

    def __init__(self, among: tuple[str, ...]) -> None:
        self.solver = z3.Solver()
        self.resource = z3.String("resource")
        self.action = z3.Int("action")
        self._keys: dict[str, tuple[Any, Any]] = {}
        self.solver.add(z3.Or([self.resource == "*" if form == "*" else z3.InRe(self.resource, _arn(form)) for form in among]))

    def allowed(self, side: list[tuple[bool, Any, Any, Any]], classes: dict[int, frozenset[int]]) -> Any:
        """Some Allow speaks of the request, and no Deny."""
        spoken: dict[bool, list[Any]] = {True: [], False: []}
        for allow, actions, resources, tests in side:
            mine = z3.Or([self.action == number for number, members in classes.items() if _has(actions, members)])
            spoken[allow].append(z3.And(mine, self._on(*resources), *(self._holds(*test) for test in tests)))
        return z3.And(z3.Or(spoken[True]), z3.Not(z3.Or(spoken[False])))

    def _on(self, texts: list[str], negated: bool) -> Any:  # noqa: FBT001  # as it is read
        hit = z3.Or([z3.BoolVal(val=True) if not text.strip("*") else z3.InRe(self.resource, _arn(text)) for text in texts])
        return z3.Not(hit) if negated else hit

    def _holds(self, name: str, if_exists: bool, key: str, operands: list[str]) -> Any:  # noqa: FBT001  # likewise
        present, value = self._key(key)
        if name == "Null":
            return z3.Or([present == (operand == "false") for operand in operands])
        negated = "Not" in name
        hit = z3.Or([self._equal(name, value, operand) for operand in operands])
        lenient = negated or if_exists
        return z3.If(present, z3.Not(hit) if negated else hit, z3.BoolVal(lenient))

    def _equal(self, name: str, value: Any, operand: str) -> Any:
        if name == "Bool":
            return value == operand.lower()
        return z3.InRe(value, _glob(operand, _ANY)) if name.endswith("Like") else value == z3.StringVal(operand)

    def _key(self, key: str) -> tuple[Any, Any]:
        if key not in self._keys:
            present, value = self._keys[key] = z3.Bool(f"has {key}"), z3.String(key)
            if key in _TRUTHS:
                self.solver.add(z3.Or(value == "true", value == "false"))
            self.solver.add(z3.InRe(value, z3.Star(_ANY)), z3.Implies(z3.Not(present), value == ("true" if key in _TRUTHS else "")))
        return self._keys[key]


def _classes(patterns: list[tuple[list[str], bool]], question: _Question) -> dict[int, frozenset[int]]:
    """The published actions in groups that no pattern tells apart; each is one number."""
    numbered: dict[tuple[bool, ...], set[int]] = {}
    for position, told in enumerate(zip(*(_matched(tuple(texts)) for texts, _ in patterns), strict=True)):
        numbered.setdefault(told, set()).add(position)
    groups = {number: frozenset(members) for number, members in enumerate(numbered.values())}
    question.solver.add(z3.Or([question.action == number for number in groups]))
    return groups


def _has(actions: tuple[list[str], bool], members: frozenset[int]) -> bool:
    texts, negated = actions
    return _matched(tuple(texts))[min(members)] != negated


@lru_cache(maxsize=512)
def _matched(texts: tuple[str, ...]) -> tuple[bool, ...]:
    form = re.compile("|".join(re.escape(text.lower()).replace(r"\*", ".*").replace(r"\?", ".") for text in texts))
    return tuple(bool(form.fullmatch(name)) for name in catalogue().names)


def _read(statement: dict[str, Any], document: dict[str, Any]) -> tuple[bool, Any, Any, Any]:
    if set(statement) - {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}:
        raise NotUnderstoodError
    if document.get("Version") != "2012-10-17" or "${" in str(statement):
        raise NotUnderstoodError
    actions, resources = (
        (_listed(statement.get(name, statement.get(f"Not{name}"))), name not in statement) for name in ("Action", "Resource")
    )
    if any(text.strip("*") and text.count(":") < 5 for text in resources[0]):
        raise NotUnderstoodError
    tests = [
        _test(operator, key.lower(), [str(operand) for operand in _listed(operands)])
        for operator, block in statement.get("Condition", {}).items()
        for key, operands in block.items()
    ]
    return statement["Effect"] == "Allow", actions, resources, tests


def _test(operator: str, key: str, operands: list[str]) -> tuple[str, bool, str, list[str]]:
    form = _OPERATOR.fullmatch(operator)
    if not form or key not in _ONE_VALUED | _TRUTHS or (form[1] != "Null" and (key in _TRUTHS) != (form[1] == "Bool")):
        raise NotUnderstoodError
    if form[1] in {"Bool", "Null"} and not {operand.lower() for operand in operands} <= {"true", "false"}:
        raise NotUnderstoodError
    return form[1], bool(form[2]), key, [operand.lower() if form[1] in {"Bool", "Null"} else operand for operand in operands]


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _arn(text: str) -> Any:
    *heads, tail = text.split(":", 5)
    parts = [*(_glob(head, _SEGMENT) for head in heads), _glob(tail, _ANY)]
    return z3.Concat(*[piece for part in parts for piece in (part, z3.Re(":"))][:-1])


def _glob(text: str, one: Any) -> Any:
    pieces = [z3.Star(one) if piece == "*" else one if piece == "?" else z3.Re(piece) for piece in re.findall(r"[*?]|[^*?]+", text)]
    return z3.Re("") if not pieces else pieces[0] if len(pieces) == 1 else z3.Concat(*pieces)
