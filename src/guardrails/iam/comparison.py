"""A whole account against what is declared for each of its principals: each decided once, and again only when something changed."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice

from guardrails.errors import AuthorError
from guardrails.iam.account import Account, Holder
from guardrails.iam.catalogue import catalogue, snapshot_date
from guardrails.iam.containment import MOST_TRIED, TOO_INTRICATE, Containment, Policy, canonical
from guardrails.iam.decisions import Request, evaluate, said_by
from guardrails.iam.documents import Kind
from guardrails.iam.layers import Source, Sources, Unknown, sources_in, unread_policy
from guardrails.iam.principals import caller
from guardrails.iam.proof.compare import Access, beyond, is_within
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.proof.variables import filled
from guardrails.iam.rules import unseen
from guardrails.sets import BudgetExceededError, State

__all__ = ["Compared", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The answer for each principal, by its ARN.

    Attributes:
        verdicts: As `contains` gives them. A witness is confirmed with everything that is attached: groups, boundary and SCP levels.
        digests: Of all that decided each of them; equal digests, equal answers.
        decided: How many were decided anew.
    """

    verdicts: Mapping[str, Containment]
    digests: Mapping[str, str]
    decided: int


def compare(account: Account, declared: Mapping[str, Sequence[Policy]], *, before: Compared | None = None) -> Compared:
    """Whether each user and role may do no more than the documents that are declared for it; for one that is not declared, nothing.

    What policies of resources give, and the trust of roles, are other questions: see `effective`.

    Args:
        account: The account, with the SCP levels above it where they bind it.
        declared: Documents for each principal, by ARN, `user/NAME` or `role/NAME`.
        before: An earlier answer: what has not changed since is not decided again.

    Raises:
        AuthorError: A declared document is no policy, or somebody is declared who is not in the account.
    """
    wanted = dict(_by_arn(account, declared))
    known = before or Compared(verdicts={}, digests={}, decided=0)
    verdicts: dict[str, Containment] = {}
    digests: dict[str, str] = {}
    decided = 0
    with _no_collector():
        above = tuple(_digest(_told(source)) for level in _levels(account.scps) for source in (*sources_in(level), "|"))
        for arn, holder in account.holders.items():
            documents = wanted.get(arn, ())
            digests[arn] = _digest_of(holder, documents, above)
            if known.digests.get(arn) == digests[arn]:
                verdicts[arn] = known.verdicts[arn]
            else:
                verdicts[arn] = _Question(account, holder).answer(documents)
                decided += 1
    return Compared(verdicts=verdicts, digests=digests, decided=decided)


def _by_arn(account: Account, declared: Mapping[str, Sequence[Policy]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    short = {f"{holder.kind}/{holder.name}": arn for arn, holder in account.holders.items()}
    texts: dict[int, str] = {}
    """Of each document by its identity: the same one stands for many principals."""

    def text(document: Policy, where: str) -> str:
        if isinstance(document, str):
            return canonical(document, where)
        if id(document) not in texts:
            texts[id(document)] = canonical(document, where)
        return texts[id(document)]

    for name, documents in declared.items():
        arn = short.get(name, name)
        if arn not in account.holders:
            raise AuthorError(f"{name} is declared and not in account {account.number}", remedy="give an ARN, user/NAME or role/NAME")
        listed = [documents] if isinstance(documents, (str, Mapping)) else documents
        yield arn, tuple(text(document, f"{name}[{number}]") for number, document in enumerate(listed))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Hundreds of thousands of values come to stay, in no cycles: looking for cycles among them takes longer than to make them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _told(source: object) -> str:
    return json.dumps(source, sort_keys=True) if isinstance(source, Mapping) else str(source)


@lru_cache(maxsize=65536)
def _digest(source: object) -> bytes:
    return hashlib.sha256(str(source).encode()).digest()


def _digest_of(holder: Holder, declared: Iterable[str], above: Iterable[bytes]) -> str:
    found = hashlib.sha256(f"{snapshot_date()} {holder.arn} {holder.boundary is None} {holder.tags}".encode())
    for part in (*map(_digest, (*holder.identity, "|", holder.boundary, "|", *declared, "|")), *above):
        found.update(part)
    return found.hexdigest()


def _levels(levels: object) -> Sequence[Sources]:
    return levels if isinstance(levels, (tuple, list)) else () if levels is None else (Unknown.UNKNOWN,)


class _Question:
    """One principal."""

    def __init__(self, account: Account, holder: Holder) -> None:
        self._account, self._holder = account, holder
        self._known: dict[str, State] = {name.lower(): value for name, value in caller(holder.arn).keys().items()}
        self._known.setdefault("aws:username", None)

    def answer(self, declared: tuple[str, ...]) -> Containment:
        """Whether all that it may do is declared."""
        holder, levels = self._holder, () if self._holder.path.startswith("/aws-service-role/") else _levels(self._account.scps)
        layers = [self._read(holder.identity)]
        layers += [self._read([holder.boundary])] if holder.boundary is not None else []
        layers += [self._read(sources_in(level), padded=False) for level in levels]
        held, wanted = Access.of(layers), self._read(declared)
        try:
            if is_within(held, wanted, self._account.number):
                return Containment(verdict="covered")
            return self._searched(held, wanted, declared, {name for layer in layers for one in layer for name in one.context.names})
        except BudgetExceededError:
            return Containment(verdict="undecided", reasons=(TOO_INTRICATE,))

    def _searched(self, held: Access, wanted: tuple[Statement, ...], declared: tuple[str, ...], names: set[str]) -> Containment:
        reasons: dict[str, None] = {}
        names |= {name for one in wanted for name in one.context.names}
        for found in islice(beyond(held, Access.of([wanted]), self._account.number), MOST_TRIED):
            action, resource, said = concrete(found.point)
            context = carried({**self._known, **said}, names)
            request = Request(principal=self._holder.arn, action=action, resource=resource, context=context)
            actual = evaluate(request, self._account.policies(self._holder, self._resource_policy(request)))
            other = said_by(request, Kind.IDENTITY, declared)
            if actual.allowed is True and other.allowed is False:
                is_new = action.lower() not in catalogue()
                shown = replace(request, context={name: value for name, value in said.items() if value is not None})
                return Containment(verdict="not-covered", witness=shown, reasons=tuple(map(str, actual.because)), unpublished=is_new)
            doubts = [str(reason) for one in (actual, other) if one.allowed is None for reason in one.because]
            reasons.update(dict.fromkeys(doubts or [f"it is not known what decides {action} on {resource}"]))
        return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))

    def _resource_policy(self, request: Request) -> Sources:
        """That of the resource, where it was given."""
        if request.resource in self._account.resources:
            return self._account.resources[request.resource]
        return unread_policy(request.action, request.resource, self._account.number)

    def _read(self, documents: Iterable[Source | None], *, padded: bool = True) -> tuple[Statement, ...]:
        return tuple(chain.from_iterable(self._statements(document, padded=padded) for document in documents))

    def _statements(self, document: Source | None, *, padded: bool) -> Iterable[Statement]:
        if not isinstance(document, (str, Mapping)):
            return unseen(allow=True).either_way("a policy was not seen")
        text = document if isinstance(document, str) else canonical(document, "a policy")
        found, names = _compiled(filled(text, self._known), padded=padded)
        if names.isdisjoint(self._known):
            return found
        return (replace(one, context=one.context.given(self._known)) if one.context.names else one for one in found)


@lru_cache(maxsize=65536)
def _compiled(text: str, *, padded: bool) -> tuple[tuple[Statement, ...], frozenset[str]]:
    """The statements of a document, and the keys that their conditions speak of."""
    found = statements(text, padded=padded, named=False)
    return found, frozenset(name for one in found for name in one.context.names)
