"""The policies that AWS ships, in pairs: every proof is put to the evaluator, and what surely widens is never within what it was made of."""

from __future__ import annotations

import copy
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from iam_cases import _action, _resource, _statements, _tested, _value, managed
from iam_worlds import seeded

from guardrails.iam import Request, contains
from guardrails.iam.catalogue import catalogue, forms, shapes
from guardrails.iam.decisions import said_by
from guardrails.iam.documents import Kind
from guardrails.iam.keys import Presence, ValueType, key_type, presence

pytestmark = pytest.mark.timeout(3600)  # the deep quotas take their time
_PAIRS = int(os.environ.get("GUARDRAILS_DEEP_CASES", "600"))
_ASKED = 12
_TYPES = {
    ValueType.BOOL: "Bool",
    ValueType.NUMERIC: "Numeric",
    ValueType.DATE: "Date",
    ValueType.IP_ADDRESS: "Ip",
    ValueType.ARN: "Arn",
    ValueType.BINARY: "Binary",
}
Document = dict[str, Any]


def _drop(rng: Random, found: Document) -> None:
    found["Statement"].remove(rng.choice(found["Statement"]))


def _widen_action(rng: Random, found: Document) -> None:
    if "Action" in (one := rng.choice(found["Statement"])):
        one["Action"] = "*"


def _widen_resource(rng: Random, found: Document) -> None:
    one = rng.choice(found["Statement"])
    one.pop("NotResource", None)
    one["Resource"] = "*"


def _drop_condition(rng: Random, found: Document) -> None:
    rng.choice(found["Statement"]).pop("Condition", None)


def _deny_more(rng: Random, found: Document) -> None:
    found["Statement"].append({"Effect": "Deny", "Action": rng.choice(("*:Delete*", "iam:*", "s3:Put*")), "Resource": "*"})


def _change_value(rng: Random, found: Document) -> None:
    one = rng.choice(found["Statement"])
    for block in one.get("Condition", {}).values():
        for key in block:
            block[key] = rng.choice(("x", "true", "10.0.0.0/8"))


def _allow_new(_rng: Random, found: Document) -> None:
    found["Statement"].append({"Effect": "Allow", "Action": "brandnew:Thing", "Resource": "arn:aws:brandnew:::thing"})


_MUTATIONS: tuple[Callable[[Random, Document], None], ...] = (
    _drop,
    _widen_action,
    _widen_resource,
    _drop_condition,
    _deny_more,
    _change_value,
    _allow_new,
)


def _pair(rng: Random) -> tuple[str, Document, Document]:
    """How it was made, and both sides."""
    documents = managed()
    at = rng.randrange(len(documents))
    how = rng.choice(("random", "near", "mutated", "mutated", "mutated"))
    if how == "random":
        return how, documents[at], rng.choice(documents)
    if how == "near":  # names that begin alike stand together
        return how, documents[at], documents[(at + rng.choice((-2, -1, 1, 2))) % len(documents)]
    found = copy.deepcopy(documents[at])
    found["Statement"] = _statements(found)
    mutate = rng.choice(_MUTATIONS)
    mutate(rng, found)
    name = mutate.__name__.strip("_").replace("_", " ")
    return (name, found, documents[at]) if rng.random() < 0.5 or name == "allow new" else (f"{name}, turned", documents[at], found)


def _requests(rng: Random, actual: Document, declared: Document) -> Iterator[Request]:
    """Requests that AWS could be asked, near what the actual one says."""
    listed = [one for one in _statements(actual) if one["Effect"] == "Allow"]
    for _ in range(_ASKED if listed else 0):
        one = rng.choice(listed)
        action, resource = _action(rng, one), _resource(rng, one, {})
        if action.lower() in catalogue():
            ((_, shape),) = shapes(catalogue().of([action.lower()]))
            if resource not in forms(shape, "*"):
                resource = forms(shape, "*").witness() or "*"
        elif resource == "*":
            resource = "arn:aws:s3:::x"
        yield Request(principal="", action=action, resource=resource, context=_context(rng, actual, declared))


def _context(rng: Random, *documents: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for document in documents:
        for key, _, operands in _tested(document):
            held = key_type(key)
            if key.lower() in found or (presence(key) is not Presence.ALWAYS and rng.random() < 0.2):
                continue
            value = _value(rng, _TYPES.get(held.value, "String"), tuple(text for text in operands if "${" not in text))
            value = value[0] if isinstance(value, list) else value
            found[key.lower()] = (value,) if held.is_list else value
    return found


def test_every_proof_over_managed_policies_holds_and_what_widens_is_no_proof():
    rng, seen, reasons, asked = seeded(21), Counter(), Counter(), 0
    for _ in range(_PAIRS):
        how, actual, declared = _pair(rng)
        found = contains(actual, declared)
        seen[how, found.verdict] += 1
        reasons.update(found.reasons[:1] if found.verdict == "undecided" else ())

        assert not _may_not_be(how, found.verdict, declared, actual), (how, actual, declared)
        for request in _requests(rng, actual, declared) if found.verdict == "covered" else ():
            asked += 1
            held, wanted = (said_by(request, Kind.IDENTITY, document).allowed for document in (actual, declared))
            assert not (held is True and wanted is False), (request, actual, declared)
    verdicts = Counter(verdict for (_, verdict), count in seen.items() for _ in range(count))
    sys.stdout.write(f"{dict(verdicts)}, {asked} requests\n{dict(sorted(seen.items()))}\n{reasons.most_common(8)}\n")
    assert verdicts["undecided"] < _PAIRS / 20, reasons


_NARROWING = {"drop", "deny more", "widen action, turned", "widen resource, turned", "drop condition, turned"}


def _may_not_be(how: str, verdict: str, declared: Document, actual: Document) -> bool:
    """Whether the verdict goes against how the pair was made; where something is denied, less of it is more."""
    if how == "allow new":
        return verdict != "not-covered" and _allows_new(actual) is True and _allows_new(declared) is False
    is_plain = all(one["Effect"] == "Allow" for one in _statements(declared if how in {"drop", "deny more"} else actual))
    return how in _NARROWING and is_plain and verdict == "not-covered"


def _allows_new(document: Document) -> bool | None:
    request = Request(principal="", action="brandnew:Thing", resource="arn:aws:brandnew:::thing", context={})
    return said_by(request, Kind.IDENTITY, document).allowed
