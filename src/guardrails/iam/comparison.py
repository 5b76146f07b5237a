"""A whole account against what is declared for each of its principals: each decided once, and again only when something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import TypeVar

from guardrails.errors import AuthorError
from guardrails.iam.account import Account, Body, Holder, Levels
from guardrails.iam.catalogue import catalogue, snapshot_date
from guardrails.iam.collector import paused
from guardrails.iam.containment import MOST_TRIED, TOO_INTRICATE, Containment, Policy, canonical
from guardrails.iam.decisions import Request, evaluate, said_by
from guardrails.iam.documents import Kind, read
from guardrails.iam.layers import Source, Sources, Unknown, sources_in, unread_policy
from guardrails.iam.principals import caller
from guardrails.iam.proof.compare import Access, Found, beyond, first_beyond
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.proof.variables import filled
from guardrails.iam.rules import unseen
from guardrails.iam.texts import parts_of, text_of, written
from guardrails.sets import BudgetExceededError, Contexts, State

__all__ = ["Compared", "compare"]

_Any = TypeVar("_Any")
_COVERED = Containment(verdict="covered")
_MOST_AT_FIRST = 3
"""Requests to confirm before all documents are read."""


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
    with paused():
        account = replace(account, scps=_as_text(account.scps), rcps=_as_text(account.rcps))
        above = b"".join(_digest(source) for level in _levels(account.scps) for source in (*sources_in(level), "|"))
        for arn, holder in account.holders.items():
            documents = wanted.get(arn, ())
            digests[arn] = _digest_of(holder, documents, above)
            if known.digests.get(arn) == digests[arn]:
                verdicts[arn] = known.verdicts[arn]
            else:
                verdicts[arn] = _Question(account, holder, documents).answer()
                decided += 1
    return Compared(verdicts=verdicts, digests=digests, decided=decided)


def _by_arn(account: Account, declared: Mapping[str, Sequence[Policy]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    short = {f"{holder.kind}/{holder.name}": arn for arn, holder in account.holders.items()}
    written: dict[int, tuple[Policy, str]] = {}
    """Each document, kept, and its text: the same one stands for many principals."""

    def text(document: Policy, where: str) -> str:
        if id(document) not in written:
            written[id(document)] = document, canonical(document, where)
        return written[id(document)][1]

    for name, documents in declared.items():
        arn = short.get(name, name)
        if arn not in account.holders:
            raise AuthorError(f"{name} is declared and not in account {account.number}", remedy="give an ARN, user/NAME or role/NAME")
        listed = [documents] if isinstance(documents, (str, Mapping)) else documents
        yield arn, tuple(text(document, f"{name}[{number}]") for number, document in enumerate(listed))


def _as_text(levels: Levels) -> Levels:
    """Levels with each document as text, so that it is read once."""
    if levels is None or isinstance(levels, Unknown):
        return levels
    return tuple(tuple(text_of(source) if isinstance(source, Mapping) else source for source in sources_in(level)) for level in levels)


@lru_cache(maxsize=131072)
def _digest(source: object) -> bytes:
    return hashlib.sha256(str(source).encode()).digest()


def _digest_of(holder: Holder, declared: Iterable[str], above: bytes) -> str:
    parts = (*holder.identity, "|", holder.boundary, "|", *declared, "|")
    who = f"{snapshot_date()} {holder.arn} {holder.boundary is None} {holder.tags}"
    return hashlib.sha256(b"".join([who.encode(), *map(_digest, parts), above])).hexdigest()


def _levels(levels: object) -> Sequence[Sources]:
    return levels if isinstance(levels, (tuple, list)) else () if levels is None else (Unknown.UNKNOWN,)


class _Question:
    """One principal and what is declared for it."""

    def __init__(self, account: Account, holder: Holder, declared: tuple[str, ...]) -> None:
        self._account, self._holder, self._declared = account, holder, declared

    def answer(self) -> Containment:
        """Whether all that it may do is declared."""
        held, wanted = self._holder.identity, self._declared
        documents = _different(held, wanted)
        if not any(documents):
            return _COVERED
        parts = _different(*(chain.from_iterable(map(_parts, side)) for side in documents))
        statements = [list(map(_whole, side)) for side in parts]
        # what is both held and declared is no difference, but for what else is declared to be denied
        for own, more in (statements, documents):
            found = self._found(own, more, most=_MOST_AT_FIRST)
            if found.verdict == "not-covered" or (found.verdict == "covered" and all(map(_only_allows, more))):
                return found
        return self._found(held, wanted, most=MOST_TRIED)

    def _found(self, held: Sequence[Body], wanted: Sequence[Body], *, most: int) -> Containment:
        """The answer where the one may do no more than what the other documents say; a request that is beyond is asked of all."""
        if not held:
            return _COVERED
        reasons: dict[str, None] = {}
        access, declared = Access.of([self._read(held), *self._limits]), self._read(wanted)
        try:
            for found in islice(_candidates(access, declared, self._account.number), most):
                if refuted := self._refuted(found, reasons):
                    return refuted
        except BudgetExceededError:
            return Containment(verdict="undecided", reasons=(TOO_INTRICATE,))
        return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))

    @cached_property
    def _known(self) -> dict[str, State]:
        """What it brings to every request."""
        return {"aws:username": None, **{name.lower(): value for name, value in caller(self._holder.arn).keys().items()}}

    @cached_property
    def _limits(self) -> list[tuple[Statement, ...]]:
        """The layers that have to allow whatever is allowed."""
        holder, levels = self._holder, () if self._holder.path.startswith("/aws-service-role/") else _levels(self._account.scps)
        limits = [self._read([holder.boundary])] if holder.boundary is not None else []
        return [*limits, *(self._read(sources_in(level), padded=False) for level in levels)]

    def _refuted(self, found: Found, reasons: dict[str, None]) -> Containment | None:
        """A witness, when the evaluator confirms it with all that is attached; else the reasons grow."""
        action, resource, said = concrete(found.point)
        request = Request(
            principal=self._holder.arn, action=action, resource=resource, context=carried({**self._known, **said}, self._names)
        )
        actual = evaluate(request, self._account.policies(self._holder, self._resource_policy(request)))
        other = said_by(request, Kind.IDENTITY, self._declared)
        if actual.allowed is True and other.allowed is False:
            is_new = action.lower() not in catalogue()
            shown = replace(request, context={name: value for name, value in said.items() if value is not None})
            return Containment(verdict="not-covered", witness=shown, reasons=tuple(map(str, actual.because)), unpublished=is_new)
        doubts = [str(reason) for one in (actual, other) if one.allowed is None for reason in one.because]
        reasons.update(dict.fromkeys(doubts or [f"it is not known what decides {action} on {resource}"]))
        return None

    @cached_property
    def _names(self) -> frozenset[str]:
        """The keys that any of the documents speaks of."""
        levels = chain.from_iterable(map(sources_in, _levels(self._account.scps)))
        documents = (*self._holder.identity, self._holder.boundary, *self._declared, *levels)
        return frozenset().union(*(_keys_of(document) for document in documents if isinstance(document, str)))

    def _resource_policy(self, request: Request) -> Sources:
        """That of the resource, where it was given."""
        if request.resource in self._account.resources:
            return self._account.resources[request.resource]
        return unread_policy(request.action, request.resource, self._account.number)

    def _read(self, documents: Iterable[Source | None], *, padded: bool = True) -> tuple[Statement, ...]:
        return tuple(chain.from_iterable(self._statements(document, padded=padded) for document in documents))

    def _statements(self, document: Source | None, *, padded: bool) -> Iterable[Statement]:
        if not isinstance(document, str):
            return unseen(allow=True).either_way("a policy was not seen")
        found, names = _compiled(filled(document, self._known), padded=padded)
        if names.isdisjoint(self._known):
            return found
        return (_given(one, one.context.given(self._known)) if one.context.names else one for one in found)


def _candidates(held: Access, wanted: tuple[Statement, ...], account: str) -> Iterator[Found]:
    """Requests that are beyond; to find the first is what most of the work is, and the same question is asked for many."""
    if first := first_beyond(held, wanted, account):
        yield first
        yield from islice(beyond(held, Access.of([wanted]), account), 1, None)


def _different(held: Iterable[_Any], wanted: Iterable[_Any]) -> tuple[list[_Any], list[_Any]]:
    """What is only in the one, and what is only in the other."""
    left, right = dict.fromkeys(held), dict.fromkeys(wanted)
    return [one for one in left if one not in right], [one for one in right if one not in left]


def _parts(document: Body) -> Iterable[bytes | Unknown]:
    return parts_of(document) if isinstance(document, str) else (document,)


def _whole(part: bytes | Unknown) -> Body:
    return written(part) if isinstance(part, bytes) else part


def _only_allows(document: Body) -> bool:
    return isinstance(document, str) and all(one.effects == 1 and one.allow for one in _compiled(document, padded=True)[0])


@lru_cache(maxsize=65536)
def _keys_of(text: str) -> frozenset[str]:
    return frozenset(test.key.lower() for statement in read(text, Kind.IDENTITY).statements for test in statement.tests)


@lru_cache(maxsize=65536)
def _given(statement: Statement, context: Contexts) -> Statement:
    """The statement where the context is known to be that: the same one for all for whom it says the same."""
    return statement if context == statement.context else replace(statement, context=context)


@lru_cache(maxsize=65536)
def _compiled(text: str, *, padded: bool) -> tuple[tuple[Statement, ...], frozenset[str]]:
    """The statements of a document, and the keys that their conditions speak of."""
    found = statements(text, padded=padded, named=False)
    return found, frozenset(name for one in found for name in one.context.names)
