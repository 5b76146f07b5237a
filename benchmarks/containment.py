"""Containment over the managed policies of AWS, beside bitmaps and Z3 on some of the same pairs."""

from __future__ import annotations

import copy
import gc
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import z3
from estate import ALL, aws_managed, listed
from solver import UnsupportedError, contained

from guardrails.iam import Kind, Request, contains
from guardrails.iam.catalogue import catalogue
from guardrails.iam.decisions import said_by
from guardrails.iam.documents import read
from guardrails.iam.proof.compare import Access, beyond
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.statements import Statement, statements
from guardrails.sets import BudgetExceededError

ASKED_OF_Z3 = 60
PEER = f"bitmaps + Z3 {z3.get_version_string()}"
Pair = tuple[list[list[str]], list[str]]
"""Layers of documents that all have to allow something, and the documents that declare it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """CPU seconds of each check; the peer's for the pairs that it answered, with ours of the same."""

    question: str
    ours: list[float]
    covered: int
    undecided: int
    theirs: list[tuple[float, float]]
    asked: int
    silent: int

    @property
    def ratio(self) -> float:
        mine, other = map(sum, zip(*self.theirs, strict=True)) if self.theirs else (1.0, 0.0)
        return other / mine


@cache
def texts() -> dict[str, str]:
    return {arn.rpartition("/")[2]: json.dumps(document, sort_keys=True) for arn, document in aws_managed().items()}


def pairs(seed: int = 1) -> Iterator[tuple[str, list[Pair]]]:
    """The workloads; each has its own seed, so that one can be asked alone."""
    names = sorted(texts())

    def plain(actual: str, declared: str) -> Pair:
        return [[texts()[actual]]], [texts()[declared]]

    draw = random.Random(seed)
    yield "random pairs", [plain(draw.choice(names), draw.choice(names)) for _ in range(10_000)]
    later = random.Random(seed + 1)
    yield "random pairs, 10,000 more", [plain(later.choice(names), later.choice(names)) for _ in range(10_000)]
    near = [(name, other) for name in names for other in names if name != other and name[:9] == other[:9]]
    yield "pairs whose names begin alike", [plain(*draw.choice(near)) for _ in range(5_000)]
    yield "each within itself", [plain(name, name) for name in names]
    for wide in ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"):
        yield f"each within {wide}", [plain(name, wide) for name in names]
    yield f"mutated pairs, {len(MUTATIONS)} kinds", [_mutated(draw, texts()[draw.choice(names)]) for _ in range(1_500)]
    yield "effective: 1-4 policies, boundary, 2 SCPs, within 3-4", [_effective(draw, names) for _ in range(750)]


def _effective(draw: random.Random, names: list[str]) -> Pair:
    own = draw.sample(names, draw.randint(1, 4))
    boundary = draw.choice(["PowerUserAccess", "ReadOnlyAccess", "AdministratorAccess", draw.choice(names)])
    deny = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    regions = {**deny, "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-north-1", "eu-west-1"]}}}
    keep = {"Effect": "Deny", "Action": [f"{draw.choice(['s3', 'kms', 'ec2', 'iam'])}:Delete*"], "Resource": "*"}
    scp = json.dumps({"Version": "2012-10-17", "Statement": [draw.choice([regions, keep])]}, sort_keys=True)
    declared = [*own[: draw.choice([1, 4])], *draw.sample(names, 4)][: draw.randint(3, 4)]
    layers = [[texts()[name] for name in own], [texts()[boundary]], [json.dumps(ALL, sort_keys=True), scp]]
    return layers, [texts()[name] for name in declared]


def _mutated(draw: random.Random, text: str) -> Pair:
    document = json.loads(text)
    document["Statement"] = copy.deepcopy(listed(document["Statement"]))
    draw.choice(MUTATIONS)(draw, document["Statement"])
    both = [text, json.dumps(document, sort_keys=True)]
    draw.shuffle(both)
    return [[both[0]]], [both[1]]


def _one(change: Callable[[random.Random, dict[str, Any]], object]) -> Callable[[random.Random, list[dict[str, Any]]], object]:
    """A change of any one statement."""
    return lambda draw, statements: change(draw, draw.choice(statements))


def _changed(name: str, change: Callable[[random.Random, list[Any]], list[Any]]) -> Callable[[random.Random, list[dict[str, Any]]], object]:
    """A change of the list of an element of one statement, where it has it."""

    def apply(draw: random.Random, found: dict[str, Any]) -> None:
        if name in found:
            found[name] = change(draw, listed(found[name])) or found[name]

    return _one(apply)


def _prefixed(draw: random.Random, actions: list[str]) -> list[str]:
    action = draw.choice(actions)
    return [*(one for one in actions if one != action), action[: max(action.find(":") + 2, len(action) - 4)] + "*"]


def _condition(draw: random.Random, found: dict[str, Any]) -> None:
    found["Condition"] = {**found.get("Condition", {}), **draw.choice(CONDITIONS)}


CONDITIONS = [
    {"StringEquals": {"aws:RequestedRegion": ["eu-north-1"]}},
    {"StringNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/admin-*"]}},
    {"BoolIfExists": {"aws:SecureTransport": "true"}},
]
MUTATIONS: list[Callable[[random.Random, list[dict[str, Any]]], object]] = [
    lambda draw, found: len(found) > 1 and found.pop(draw.randrange(len(found))),
    _changed("Action", lambda draw, actions: draw.sample(actions, len(actions) - 1)),
    _changed("Action", lambda draw, actions: [*actions, draw.choice(["s3:GetObject", "iam:PassRole", "kms:Decrypt"])]),
    _changed("Action", lambda draw, actions: [draw.choice(actions).partition(":")[0] + ":*"]),
    _changed("Action", _prefixed),
    _changed("Action", lambda draw, actions: [action.upper() for action in actions]),
    _changed("Resource", lambda draw, resources: ["*"]),
    _changed("Resource", lambda draw, resources: [f"{resources[0]}x*" if resources[0] != "*" else "arn:aws:s3:::company-*"]),
    _changed("Resource", lambda draw, resources: draw.sample(resources, len(resources) - 1)),
    _one(lambda draw, found: found.pop("Condition", None)),
    _one(_condition),
    _one(lambda draw, found: found.update(Effect="Deny" if found["Effect"] == "Allow" else "Allow")),
    lambda draw, found: (draw.shuffle(found), found.append(found[0])),
]


def ours(pair: Pair) -> tuple[str, bool]:
    """The verdict, and whether only unpublished actions are beyond."""
    layers, declared = pair
    if len(layers) == 1:
        found = contains(layers[0], declared)
        return found.verdict, found.unpublished
    held, meant = [_all(layer) for layer in layers], _all(declared)
    names = {name for one in (*chain.from_iterable(held), *meant) for name in one.context.names}
    verdict = "covered"
    try:
        for point in (concrete(one.point) for one in beyond(Access.of(held), Access.of([meant]), "*")):
            action, resource, said = point
            request = Request(principal="", action=action, resource=resource, context=carried(said, names))
            if all(_says(request, layer) is True for layer in layers) and _says(request, declared) is False:
                return "not-covered", action.lower() not in catalogue()
            verdict = "undecided"
    except BudgetExceededError:
        verdict = "undecided"
    return verdict, False


def _says(request: Request, documents: list[str]) -> bool | None:
    return said_by(request, Kind.IDENTITY, documents).allowed


def _all(documents: list[str]) -> list[Statement]:
    return [one for document in documents for one in statements(document, padded=True, named=False)]


def rows(only: list[str]) -> Iterator[Row]:
    """Each workload, measured.

    Raises:
        AssertionError: Z3 says another thing of a pair.
    """
    for text in texts().values():
        contains(text, text)  # reads each once: the other rows are about pairs
        read(text, Kind.IDENTITY)  # and so for the evaluator, which is asked about each witness
    for question, asked in pairs():
        if all(word in question for word in only):
            yield _measured(question, asked)


def _measured(question: str, asked: list[Pair]) -> Row:
    times, verdicts = [], []
    gc.collect()
    gc.freeze()  # what was read before is no part of the question
    for pair in asked:
        start = time.process_time()
        verdicts.append(ours(pair))
        times.append(time.process_time() - start)
    chosen = random.Random(0).sample(range(len(asked)), ASKED_OF_Z3)
    theirs, silent = [], 0
    for number in chosen:
        start = time.process_time()
        try:
            answer = contained(*asked[number])
        except UnsupportedError:
            continue
        spent = time.process_time() - start
        verdict, unpublished = verdicts[number]
        silent += answer is None
        theirs += [(times[number], spent)] if answer is not None else []
        if answer is not None and verdict != "undecided" and answer != (verdict == "covered" or unpublished):
            raise AssertionError(f"{question}: Z3 says {answer}, we say {verdict}: {json.dumps(asked[number])[:2000]}")
    covered = sum(verdict == "covered" for verdict, _ in verdicts)
    undecided = sum(verdict == "undecided" for verdict, _ in verdicts)
    return Row(question=question, ours=times, covered=covered, undecided=undecided, theirs=theirs, asked=ASKED_OF_Z3, silent=silent)


def shown(found: list[Row]) -> Iterator[str]:
    yield "| containment of managed policies | checks | a second | p99, ms | max, ms | covered | undecided | Z3 takes | Z3 answered |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in found:
        times = sorted(row.ours)
        rate, p99, worst = len(times) / sum(times), 1000 * times[len(times) * 99 // 100], 1000 * times[-1]
        speed = f"{len(times):,} | {rate:,.0f} | {p99:.2f} | {worst:.1f}"
        peer = f"{row.ratio:.1f}x | {len(row.theirs)} of {row.asked}, {row.silent} not in time"
        yield f"| {row.question} | {speed} | {row.covered:,} | {row.undecided} | {peer} |"


if __name__ == "__main__":
    for each in rows(sys.argv[1:]):
        print(*list(shown([each]))[2:], flush=True)
