"""A whole account against its declaration: what it costs in a fresh process, cold, and again with one role changed.

`account.py ACCOUNT.json DECLARATION.json [AGAIN.json]` judges and prints its measurements as JSON; `account.py SIZE [unshared]` makes an
account of that many roles and prints a row of the table.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

SIZE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One process: CPU seconds of its steps, and what it found."""

    question: str
    seconds: dict[str, float]
    mebibytes: float
    over: int
    undecided: int


class Judge:
    """What each role may do, beside what is declared for it; the boundary and both levels of the organisation count."""

    def __init__(self, declaration: dict[str, Any]) -> None:
        self._policies = {arn: json.dumps(document, sort_keys=True) for arn, document in declaration["policies"].items()}
        self._roles = declaration["roles"]

    def texts(self, arn: str) -> Iterator[str]:
        said = self._roles[arn]
        yield from (self._policies[arn] for arn in said["managed"])
        yield from (json.dumps(document, sort_keys=True) for document in said["documents"])

    def compiled(self, holder: Any) -> tuple[Any, tuple[Any, ...]]:
        from guardrails.iam.proof.compare import Access

        known = {"aws:principalarn": holder.arn, "aws:principalaccount": holder.account, "aws:username": None}
        own = tuple(chain.from_iterable(_seen(text, known) for text in holder.identity))
        limits = (_seen(holder.boundary, known),) if holder.boundary else ()
        levels = [tuple(chain.from_iterable(_seen(text, known) for text in level)) for level in _levels()]
        declared = tuple(chain.from_iterable(_seen(text, known) for text in self.texts(holder.arn)))
        return Access.of((own, *limits, *levels)), declared


def _seen(text: str, known: dict[str, Any]) -> tuple[Any, ...]:
    """The statements of a document for one role; those that speak of no key that it decides are shared by all."""
    from guardrails.iam.proof.statements import statements
    from guardrails.iam.proof.variables import filled

    found = statements(filled(text, known))
    if not _speaks(found, tuple(known)):
        return found
    return tuple(replace(one, context=one.context.given(known)) if one.context.names & known.keys() else one for one in found)


@lru_cache(maxsize=1 << 20)
def _speaks(found: tuple[Any, ...], names: tuple[str, ...]) -> bool:
    return any(one.context.names.intersection(names) for one in found)


@cache
def _levels() -> list[list[str]]:
    from estate import SCPS

    return [[json.dumps(document, sort_keys=True) for document in level] for level in SCPS]


def judged(path: str, judge: Judge, clock: Callable[[str], None]) -> dict[str, list[str]]:
    """The roles that may do something beyond what is declared, confirmed by the evaluator, and those of which it is not known."""
    from guardrails.iam import Account

    account = Account.read(Path(path).read_text(), scps=_levels())
    clock("read")
    compiled = [(role, *judge.compiled(role)) for role in account.roles]
    clock("compile")
    found: dict[str, list[str]] = {"over": [], "undecided": []}
    for role, held, declared in compiled:
        if verdict := _verdict(account, judge, role, held, declared):
            found[verdict].append(role.arn)
    clock("decide")
    return found


def _verdict(account: Any, judge: Judge, role: Any, held: Any, declared: tuple[Any, ...]) -> str:
    from guardrails.iam import Policies, Request, evaluate
    from guardrails.iam.proof.compare import Access, beyond, is_within
    from guardrails.iam.proof.concrete import carried, concrete

    if is_within(held, declared, account.number):
        return ""
    layers = (*chain.from_iterable(chain.from_iterable(held.branches)), *held.denies, *declared)
    names = {name for one in layers for name in one.context.names}
    for found in beyond(held, Access.of([declared]), account.number):
        action, resource, said = concrete(found.point)
        request = Request(principal=role.arn, action=action, resource=resource, context=carried(said, names))
        meant = Policies(identity=list(judge.texts(role.arn)))
        if evaluate(request, account.policies(role)).allowed is True and evaluate(request, meant).allowed is False:
            return "over"
    return "undecided"


def main(account: str, declaration: str, *again: str) -> None:
    """In the process that is measured."""
    gc.disable()
    seconds: dict[str, float] = {}
    last = [time.process_time()]

    def clock(step: str) -> None:
        now = time.process_time()
        seconds[step], last[0] = now - last[0], now

    judge = Judge(json.loads(Path(declaration).read_text()))
    clock("declaration")
    found = [judged(account, judge, clock)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for path in again:
        cold, since = dict(seconds), time.process_time()
        found.append(judged(path, judge, clock))
        seconds.clear()
        seconds.update(cold, again=time.process_time() - since)
    print(json.dumps({"seconds": seconds, "mebibytes": peak, "found": found}))


def measured(size: int = SIZE, *, shared: bool = True, seed: int = 1) -> Measured:
    """Judge one account in a fresh process, and once more after one role got another statement.

    Raises:
        AssertionError: A role that holds too much was missed, or one that does not was flagged.
    """
    from estate import estate, listed

    made = estate(seed, size, shared=shared)
    held = sum(len(listed(document["Statement"])) for role in made.roles for document in made.all_of(role))
    expected = [made.over]
    with tempfile.TemporaryDirectory(prefix="guardrails-bench-") as room:
        paths = [Path(room) / f"{name}.json" for name in ("account", "declaration", "again")]
        paths[0].write_text(json.dumps(made.details()))
        paths[1].write_text(json.dumps(made.declaration()))
        made.grow()
        paths[2].write_text(json.dumps(made.details()))
        expected.append(made.over)
        done = subprocess.run([sys.executable, __file__, *map(str, paths)], check=True, capture_output=True, env=dict(os.environ))  # noqa: S603  # this file
    said = json.loads(done.stdout)
    for found, over in zip(said["found"], expected, strict=True):
        missed, wrong = set(over) - set(found["over"]), set(found["over"]) - set(over)
        if missed - set(found["undecided"]) or wrong:
            raise AssertionError(f"an account of {size} roles: missed {sorted(missed)[:3]}, wrongly flagged {sorted(wrong)[:3]}")
    return Measured(
        question=f"{size:,} roles x {held / size:.0f} statements, {'shared documents' if shared else 'nothing shared'}",
        seconds=said["seconds"],
        mebibytes=said["mebibytes"],
        over=len(said["found"][0]["over"]),
        undecided=len(said["found"][0]["undecided"]),
    )


STEPS = ("declaration", "read", "compile", "decide")


def shown(found: list[Measured]) -> Iterator[str]:
    yield "| a whole account | cold, s | read, s | compile, s | decide, s | again, one role changed, s | peak, MiB | have too much | undecided |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in found:
        times = one.seconds
        read, cold = times["declaration"] + times["read"], sum(times[step] for step in STEPS)
        yield (
            f"| {one.question} | {cold:.2f} | {read:.2f} | {times['compile']:.2f} | {times['decide']:.2f} | {times['again']:.2f} "
            f"| {one.mebibytes:.0f} | {one.over:,} | {one.undecided} |"
        )


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        print(*shown([measured(int(sys.argv[1]), shared="unshared" not in sys.argv)]), sep="\n")
    else:
        main(*sys.argv[1:])
