"""The peer for containment: action bitmaps, and one question to Z3 for each class of actions, over resource and context.

It reads policies by itself and knows what most of them use; a pair that uses something else is not asked.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from operator import or_

import z3

from guardrails.iam.catalogue import catalogue, shapes
from guardrails.iam.keys import Presence, ValueType, key_type, presence
from guardrails.sets import FiniteSet, Pattern

LIMIT_SECONDS = 2.0
"""For one pair."""
RESOURCE = z3.String("resource")
_OPERATOR = re.compile(r"(String|Arn|Bool|Null)(Not)?(Equals|Like)?(IgnoreCase)?(IfExists)?", re.IGNORECASE)
_ANY, _NO_COLON = z3.AllChar(z3.ReSort(z3.StringSort())), z3.Complement(z3.Re(":"))


class UnsupportedError(Exception):
    """This peer does not read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    allow: bool
    bits: int
    text: str
    entry: dict


@lru_cache(maxsize=8192)
def compiled(document: str) -> tuple[Statement, ...]:
    found = json.loads(document)["Statement"]
    return tuple(map(_compiled, found if isinstance(found, list) else [found]))


def _compiled(entry: dict) -> Statement:
    said = {name: value for name, value in entry.items() if name != "Sid"}
    written = "Action" if "Action" in entry else "NotAction"
    matched = reduce(or_, (_matching(text.lower()) for text in _listed(entry[written])), 0)
    bits = matched if written == "Action" else catalogue().everything().bits & ~matched
    return Statement(allow=entry["Effect"] == "Allow", bits=bits, text=json.dumps(said, sort_keys=True), entry=entry)


@lru_cache(maxsize=65536)
def _matching(text: str) -> int:
    return catalogue().matching(Pattern.glob(text)).bits


def contained(layers: Sequence[Sequence[str]], declared: Sequence[str]) -> bool | None:
    """Whether what all layers allow is declared, as far as actions are published; `None` for no answer in time.

    Raises:
        UnsupportedError: Not a question for this peer.
    """
    ends = time.process_time() + LIMIT_SECONDS
    held = [[one for document in layer for one in compiled(document)] for layer in layers]
    meant = [one for document in declared for one in compiled(document)]
    verdict: bool | None = True
    for bits in _classes([*held, meant]):
        answer = _class(
            [[one for one in layer if one.bits & bits] for layer in held], [one for one in meant if one.bits & bits], bits, ends
        )
        if answer == z3.sat:
            return False
        verdict = verdict if answer == z3.unsat else None
    return verdict


def _classes(layers: Sequence[Sequence[Statement]]) -> Iterable[int]:
    """The actions that each first layer's Allow speaks of, in groups of which the same statements speak."""
    classes = [reduce(or_, (one.bits for one in layers[0] if one.allow), 0)]
    for bits in {one.bits for layer in layers for one in layer}:
        classes = [part for known in classes for part in (known & bits, known & ~bits) if part]
    return classes


def _class(held: list[list[Statement]], meant: list[Statement], bits: int, ends: float) -> z3.CheckSatResult:
    denies = [one for layer in held for one in layer if not one.allow]
    names = {one.text for one in meant if one.allow}
    others = {one.text for one in meant if not one.allow} - {one.text for one in denies}
    if not others and any(all(one.text in names for one in layer if one.allow) for layer in held):
        return z3.unsat
    solver, keys = z3.Solver(), dict[str, z3.ExprRef]()
    allowed = z3.And(*(_any((one for one in layer if one.allow), keys) for layer in held))
    declared = z3.And(_any((one for one in meant if one.allow), keys), z3.Not(_any((one for one in meant if not one.allow), keys)))
    solver.add(allowed, z3.Not(_any(denies, keys)), z3.Not(declared), _formed(bits))
    solver.add(*(z3.Bool(f"has {key}") for key in keys if presence(key) is Presence.ALWAYS))
    solver.add(
        *(z3.InRe(value, z3.Union(z3.Re("true"), z3.Re("false"))) for key, value in keys.items() if key_type(key).value is ValueType.BOOL)
    )
    solver.set("timeout", max(1, int(1000 * (ends - time.process_time()))))
    return solver.check()


def _any(found: Iterable[Statement], keys: dict[str, z3.ExprRef]) -> z3.BoolRef:
    return z3.Or(False, *(z3.And(_resource(one.entry), *_conditions(one.entry, keys)) for one in found))


def _resource(entry: dict) -> z3.BoolRef:
    written = "Resource" if "Resource" in entry else "NotResource"
    texts = _listed(entry[written])
    if any("${" in text for text in texts):
        raise UnsupportedError(written)
    found = z3.Or(*(z3.InRe(RESOURCE, _arn(text if text.endswith("*") or text.count(":") > 4 else f"{text}:*")) for text in texts))
    return found if written == "Resource" else z3.Not(found)


def _conditions(entry: dict, keys: dict[str, z3.ExprRef]) -> Iterable[z3.BoolRef]:
    for operator, block in entry.get("Condition", {}).items():
        for name, values in block.items():
            yield _condition(operator, name.lower(), _listed(values), keys)


def _condition(operator: str, key: str, values: list[str], keys: dict[str, z3.ExprRef]) -> z3.BoolRef:
    form, kind = _OPERATOR.fullmatch(operator), key_type(key)
    if not form or kind.is_list or not kind.known or any("${" in str(value) for value in values):
        raise UnsupportedError(operator, key)
    if kind.value not in {ValueType.STRING, ValueType.ARN, ValueType.BOOL}:
        raise UnsupportedError(key)
    has, value = z3.Bool(f"has {key}"), keys.setdefault(key, z3.String(key))
    family, negated, how, ignores, if_exists = (part and part.lower() for part in form.groups())
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    if family == "null":
        return z3.Or(*(z3.Not(has) if text.lower() == "true" else has for text in texts))
    read = {"arn": _arn, "bool": lambda text: z3.Re(text.lower())}.get(family, _glob if how == "like" else z3.Re)
    found = z3.Or(*(z3.InRe(value, _in_any_case(text) if ignores else read(text)) for text in texts))
    if negated:
        return z3.Or(z3.Not(has), z3.Not(found))
    return z3.Or(z3.Not(has), found) if if_exists else z3.And(has, found)


@lru_cache(maxsize=65536)
def _arn(text: str) -> z3.ReRef:
    parts = text.split(":", 5)
    if len(parts) < 6:
        return _glob(text)
    return _joined([*(part for segment in parts[:5] for part in (_glob(segment, inner=True), z3.Re(":"))), _glob(parts[5])])


@lru_cache(maxsize=65536)
def _glob(text: str, *, inner: bool = False) -> z3.ReRef:
    one = z3.Intersect(_ANY, _NO_COLON) if inner else _ANY
    parts = [part for part in re.split(r"([*?])", text) if part]
    return _joined([z3.Star(one) if part == "*" else one if part == "?" else z3.Re(part) for part in parts] or [z3.Re("")])


def _in_any_case(text: str) -> z3.ReRef:
    return _joined([z3.Union(z3.Re(letter.lower()), z3.Re(letter.upper())) for letter in text] or [z3.Re("")])


def _joined(parts: list[z3.ReRef]) -> z3.ReRef:
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


@lru_cache(maxsize=8192)
def _formed(bits: int) -> z3.BoolRef:
    """Whether the resource is of a form that one of the actions is asked for."""
    found = {form for _, shape in shapes(FiniteSet(catalogue(), bits)) for form in (shape or ("*",))}
    return z3.Or(*map(_form, sorted(found)))


@cache
def _form(form: str) -> z3.BoolRef:
    if form == "*":
        return z3.StringVal("*") == RESOURCE
    text = form.replace("${Partition}", "aws*").replace("${Account}", "*").replace("${Region}", "*")
    pattern = _arn(re.sub(r"\$\{[^}]*\}", "?*", text))
    if form.endswith("${BucketName}"):
        return z3.And(z3.InRe(RESOURCE, pattern), z3.Not(z3.Contains(RESOURCE, z3.StringVal("/"))))
    return z3.InRe(RESOURCE, pattern)


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]
