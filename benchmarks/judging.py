"""Judges a whole account against its declaration, in a process of its own, and prints what that took and whom it found.

`judging.py ACCOUNT.json DECLARATION.json [AGAIN.json]`: the account as `aws iam get-account-authorization-details` writes it.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from guardrails.iam import Account, Policies, Request, evaluate
from guardrails.iam.proof.compare import Access, beyond, is_within
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.statements import statements
from guardrails.iam.proof.variables import filled


class Judge:
    """What each role may do, beside what is declared for it; the boundary and both levels of the organisation count."""

    def __init__(self, declaration: dict[str, Any]) -> None:
        self._policies = {arn: json.dumps(document, sort_keys=True) for arn, document in declaration["policies"].items()}
        self._roles = declaration["roles"]
        self.levels = [[json.dumps(document, sort_keys=True) for document in level] for level in declaration["scps"]]

    def texts(self, arn: str) -> Iterator[str]:
        said = self._roles[arn]
        yield from (self._policies[arn] for arn in said["managed"])
        yield from (json.dumps(document, sort_keys=True) for document in said["documents"])

    def compiled(self, holder: Any) -> tuple[Any, tuple[Any, ...]]:
        known = {"aws:principalarn": holder.arn, "aws:principalaccount": holder.account, "aws:username": None}
        own = tuple(chain.from_iterable(_seen(text, known) for text in holder.identity))
        limits = (_seen(holder.boundary, known),) if holder.boundary else ()
        levels = [tuple(chain.from_iterable(_seen(text, known) for text in level)) for level in self.levels]
        declared = tuple(chain.from_iterable(_seen(text, known) for text in self.texts(holder.arn)))
        return Access.of((own, *limits, *levels)), declared


def _seen(text: str, known: dict[str, Any]) -> tuple[Any, ...]:
    """The statements of a document for one role; those that speak of no key that it decides are shared by all."""

    found = statements(filled(text, known))
    if not _speaks(found, tuple(known)):
        return found
    return tuple(replace(one, context=one.context.given(known)) if one.context.names & known.keys() else one for one in found)


@lru_cache(maxsize=1 << 20)
def _speaks(found: tuple[Any, ...], names: tuple[str, ...]) -> bool:
    return any(one.context.names.intersection(names) for one in found)


def judged(path: str, judge: Judge, clock: Callable[[str], None]) -> dict[str, list[str]]:
    """The roles that may do something beyond what is declared, confirmed by the evaluator, and those of which it is not known."""
    account = Account.read(Path(path).read_text(), scps=judge.levels)
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
    last = [0.0]

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


if __name__ == "__main__":
    main(*sys.argv[1:])
