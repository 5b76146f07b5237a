"""Small random worlds: requests and policies from few words, so that they meet often."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st
from iam_small import KEY, OBJECT, OTHER, QUEUE, ROLE, SESSION, STRANGER, USER, document

_ACTIONS = ("*", "s3:*", "s3:Get*", "S3:GETOBJECT", "s3:?etObject", "*:*Object", "kms:*", "sqs:Send*", "s3:PutObject")
_RESOURCES = (
    "*",
    OBJECT,
    "arn:aws:s3:::box/*",
    "arn:aws:s3:::b?x/${aws:username}",
    "arn:aws:s3:::box/${aws:x, 'a'}*",
    "arn:aws:s3:::box/${aws:none}",
    "arn:aws:*:*:*:*",
    "arn:aws:sqs:eu-*:*:jobs",
    "arn:aws:kms:*:111122223333:key/*",
)
_OPERANDS: dict[str, tuple[str, ...]] = {
    "String": ("a", "A", "a*", "?", "${aws:username}", "${aws:x}", "${aws:none}", "${aws:none, 'a'}", "a${*}", ""),
    "Numeric": ("1", "2.5", "-1"),
    "Date": ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00", "1767225600"),
    "Ip": ("10.0.0.0/8", "10.1.2.3", "0.0.0.0/0"),
    "Bool": ("true", "False"),
}
_SIGNS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_OPERATORS = {
    "String": ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"),
    "Numeric": tuple(f"Numeric{sign}" for sign in _SIGNS),
    "Date": tuple(f"Date{sign}" for sign in _SIGNS),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Bool": ("Bool",),
}
_KEYS = {"String": "aws:x", "Numeric": "aws:n", "Date": "aws:d", "Ip": "aws:i", "Bool": "aws:b"}
_VALUES = {
    "aws:x": ("a", "A", "ab", "a*", "alice", ""),
    "aws:n": ("1", "2", "2.5"),
    "aws:d": ("2026-01-01T00:00:00Z", "2025-12-31T23:00:00Z", "1767225601"),
    "aws:i": ("10.1.2.3", "10.9.9.9", "11.0.0.1"),
    "aws:b": ("true", "false"),
}
_ASKED = (
    (OBJECT, "s3:GetObject"),
    (OBJECT, "s3:PutObject"),
    ("arn:aws:s3:::box/alice", "s3:GetObject"),
    (QUEUE, "sqs:SendMessage"),
    (KEY, "kms:Decrypt"),
)
_NAMED = (
    "*",
    {"AWS": ["*"]},
    {"AWS": [USER]},
    {"AWS": [ROLE]},
    {"AWS": [SESSION, STRANGER]},
    {"AWS": ["111122223333"]},
    {"AWS": [f"arn:aws:iam::{OTHER}:root"]},
)


def _some(rng: Random, texts: tuple[str, ...]) -> list[str]:
    return [rng.choice(texts) for _ in range(rng.choice((1, 1, 2)))]


def _test(rng: Random) -> dict[str, Any]:
    kind = rng.choice(tuple(_KEYS))
    if rng.random() < 0.1:
        return {"Null": {_KEYS[kind]: [rng.choice(("true", "false"))]}}
    over, form = rng.choice(("", "", "", "ForAllValues:", "ForAnyValue:")), rng.choice(("", "", "IfExists"))
    return {f"{over}{rng.choice(_OPERATORS[kind])}{form}": {_KEYS[kind].upper(): _some(rng, _OPERANDS[kind])}}


def statement_of(rng: Random, *, named: bool = False) -> dict[str, Any]:
    """A statement that is well formed."""
    found: dict[str, Any] = {"Effect": rng.choice(("Allow", "Allow", "Allow", "Allow", "Deny"))}
    found[rng.choice(("Action", "Action", "Action", "NotAction"))] = _some(rng, _ACTIONS)
    found[rng.choice(("Resource", "Resource", "Resource", "NotResource"))] = _some(rng, _RESOURCES)
    if named:
        found[rng.choice(("Principal", "Principal", "Principal", "NotPrincipal"))] = rng.choice(_NAMED)
    if rng.random() < 0.4:
        found["Condition"] = _test(rng)
    return found


def _document(rng: Random, *, named: bool = False, certain: float = 1.0) -> dict[str, Any] | None:
    return document(*(statement_of(rng, named=named) for _ in range(rng.choice((0, 1, 2, 2, 3, 4))))) if rng.random() < certain else None


def _value(rng: Random, values: tuple[str, ...]) -> Any:
    return tuple(rng.choice(values) for _ in range(rng.randrange(3))) if rng.random() < 0.25 else rng.choice(values)


def world_of(rng: Random) -> tuple[str, str, str, dict[str, Any], dict[str, Any]]:
    """Who asks, for what, on what, in which context, and the policies."""
    resource, action = rng.choice(_ASKED)
    context = {key: _value(rng, values) for key, values in _VALUES.items() if rng.random() < 0.7}
    levels = [[_document(rng) for _ in range(rng.choice((1, 2)))] for _ in range(rng.randrange(3))]
    policies: dict[str, Any] = {
        "identity": _document(rng),
        "boundary": _document(rng, certain=0.3),
        "session": _document(rng, certain=0.3),
        "resource": _document(rng, named=True, certain=1.0 if resource == KEY else 0.6),
        "endpoint": _document(rng, named=True, certain=0.2),
        "scps": levels if rng.random() < 0.3 else None,
    }
    return rng.choice((USER, ROLE, SESSION, STRANGER)), action, resource, context, policies


def seeded(seed: int) -> Random:
    """What draws a world."""
    return Random(seed)  # noqa: S311  # a sample, no secret


worlds = st.integers(0, 2**64).map(lambda seed: world_of(seeded(seed)))
statements = st.integers(0, 2**64).map(lambda seed: statement_of(seeded(seed)))
