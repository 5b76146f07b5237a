"""Policies in JSON drawn at random, in every way to lay one out, many of them odd."""

from __future__ import annotations

import json

PATHS = ("a", "b", "a/b", "+", "a*", "path", "name", "*")
LISTS = ([], ["x"], {})
PARAMETERS = ({}, {"x": []}, {"x": ["v"], "y": []}, [], [{"x": []}, {"y": ["a"]}], {"x": {}}, {"x": [{}]}, {"x": [[]]})
VALUES = {
    "policy": ("read", "write", "deny", ""),
    "comment": ("x", 5, {}, []),
    "allowed_parameters": PARAMETERS,
    "denied_parameters": PARAMETERS,
    "required_parameters": LISTS,
    "mfa_methods": LISTS,
    "min_wrapping_ttl": (5, "5s", {}),
    "control_group": ({}, {"factor": {"x": {}}}),
}


class Pairs(list):
    """An object in which a name may stand twice."""


def some_json(dice):
    """A text."""
    return _text(Pairs(_top(dice) for _ in range(dice.randint(1, 2))))


def _top(dice):
    kind = dice.random()
    if kind < 0.85:
        return "path", _rules(dice, 2) if dice.random() < 0.6 else [_rules(dice, 2) for _ in range(dice.randint(0, 3))]
    if kind < 0.95:
        return "name", dice.choice(("x", {}, [], 5, [{}]))
    return dice.choice(("path", "paths")), dice.choice((5, "x", [], {}, None, [5], [{}, 5]))


def _rules(dice, deep):
    return Pairs((dice.choice(PATHS), _rule(dice, deep)) for _ in range(dice.randint(0, 3)))


def _rule(dice, deep):
    kind = dice.random()
    if kind < 0.7:
        return _attributes(dice)
    if kind < 0.8:
        return [_attributes(dice) for _ in range(dice.randint(0, 2))]
    return _rules(dice, deep - 1) if kind < 0.9 and deep else {}


def _attributes(dice):
    found = Pairs()
    for _ in range(dice.randint(0, 3)):
        if dice.random() < 0.4:
            given = [dice.choice(("read", "list", "update", "delete", "create")) for _ in range(dice.randint(0, 2))]
            found.append(("capabilities", dice.choice((given, given, ["deny"], {}))))
        else:
            name = dice.choice(sorted(VALUES))
            found.append((name, dice.choice(VALUES[name])))
    return found


def _text(value):
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(name)}:{_text(inner)}" for name, inner in value) + "}"
    return f"[{','.join(map(_text, value))}]" if isinstance(value, list) else json.dumps(value)
