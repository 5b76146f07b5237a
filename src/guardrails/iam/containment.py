"""Whether everything that some policies allow is allowed by others too: proved, or refuted by one request, or undecided and why.

The proof is `guardrails.iam.proof`, over all requests at once. A refutation counts only when the evaluator, which shares no code with the
proof, says of that one request that the one side allows it and the other does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Literal

from guardrails.errors import AuthorError
from guardrails.iam.catalogue import catalogue
from guardrails.iam.context import Values
from guardrails.iam.decisions import Decision, Request, said_by
from guardrails.iam.documents import Kind, parsed
from guardrails.iam.index import indexed
from guardrails.iam.keys import DECIDED_BY_CALLER
from guardrails.iam.principals import ANONYMOUS, caller
from guardrails.iam.proof.among import ASKING, SESSION, among, asked_by
from guardrails.iam.proof.callers import by_callers
from guardrails.iam.proof.compare import Access, Found, beyond
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.proof.variables import filled
from guardrails.iam.texts import text_of
from guardrails.sets import BudgetExceededError, Context, Contexts, State

__all__ = ["MOST_TRIED", "TOO_INTRICATE", "Containment", "Policy", "canonical", "contains"]

Policy = Mapping[str, Any] | str
"""A policy document, parsed or as JSON text."""

_REMEDY = 'give a policy document, such as {"Version": "2012-10-17", "Statement": [...]}'
_SOME_ROLE = "arn:aws:iam::999999999999:role/x"
"""Who asks when it does not matter and an unsigned request does not do: it has keys that a variable may want."""
TOO_INTRICATE = "the policies are too intricate for the budget of one question"
MOST_TRIED = 50
"""Requests that the evaluator may be asked to confirm; what is left then is undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """The answer.

    Attributes:
        verdict: `covered`: nothing is allowed beyond what is declared, proved for all requests. `not-covered`: `witness` is. `undecided`:
            neither could be shown, and `reasons` say what stands in the way.
        witness: A request that the actual policies allow and the declared ones do not, confirmed by the evaluator. Its principal is empty
            when the policies are of identities and none was named.
        reasons: For a witness, the statements that allow it and what the declared policies say of it.
        unpublished: Whether only actions are beyond that AWS has not published (yet), so that the witness names an invented one.
    """

    verdict: Literal["covered", "not-covered", "undecided"]
    witness: Request | None = None
    reasons: tuple[str, ...] = ()
    unpublished: bool = False


def contains(
    actual: Policy | Sequence[Policy], declared: Policy | Sequence[Policy], *, kind: str = "identity", principal: str | None = None
) -> Containment:
    """Whether everything that the actual policies allow is allowed by the declared ones.

    Several documents count as attached together: what any of them allows is allowed, unless one of them denies it.

    Args:
        actual: Documents as dicts or JSON text.
        declared: Likewise.
        kind: What they are attached to: `identity`, `boundary`, `session`, `scp`, `rcp`, `resource`, `trust` or `endpoint`.
        principal: The ARN of the user or role that asks, when it is known: it decides `aws:PrincipalArn`, `${aws:username}` and so on.

    Raises:
        AuthorError: Something that is no policy, an unknown kind or a principal that names nobody.
    """
    question = _question(kind, principal or "")
    left, right = question.side(actual, "actual"), question.side(declared, "declared")
    return question.answer(left, right)


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        raise AuthorError(f"{name!r} is no kind of policy", remedy=f"use one of {', '.join(kind.value for kind in Kind)}") from None


@dataclass(frozen=True, slots=True)
class _Side:
    """One side: its documents as the evaluator reads them, what they allow as the proof does, and which of its keys are always there."""

    documents: tuple[str, ...]
    access: Access
    always: Mapping[str, Values]


class _Question:
    """What is asked of both sides."""

    def __init__(self, kind: Kind, principal: str) -> None:
        who = caller(principal) if principal else None
        self._kind, self._principal = kind, principal
        self._account = who.account if who else "*"
        self._known: dict[str, State] = {name.lower(): value for name, value in (who.keys() if who else {}).items()}
        if ":role/" in principal:
            self._known["aws:username"] = None
        self._asked_by = asked_by(who.kind, who.name) if who and kind.names_principals else Contexts.everything()

    def side(self, given: Policy | Sequence[Policy], name: str) -> _Side:
        """One side, read."""
        listed = [given] if isinstance(given, (str, Mapping)) else given
        if not self._principal and isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], str):
            return _side_of(listed[0], name, self._kind)
        if not isinstance(listed, (list, Sequence)):
            raise AuthorError(f"{name} is neither a policy document nor a list of them", remedy=_REMEDY)
        documents = tuple([canonical(document, f"{name}[{number}]") for number, document in enumerate(listed)])
        least = _is_least(self._kind, name)
        if not self._principal:
            return _side(documents, self._kind, least=least)
        read = [_compiled(filled(document, self._known), self._kind, least=least) for document in documents]
        found = (replace(one, context=one.context.given(self._known) & self._asked_by) for one in chain.from_iterable(read))
        return _Side(documents, Access.of([found]), carried({}, _names(read)))

    def answer(self, actual: _Side, declared: _Side) -> Containment:
        """The verdict, and what it rests on."""
        reasons: dict[str, None] = {}
        candidates = beyond(actual.access, declared.access, self._account)
        try:
            for found in islice(candidates, MOST_TRIED):
                if refuted := self._refuted(found, actual, declared, reasons):
                    return refuted
        except BudgetExceededError:
            reasons[TOO_INTRICATE] = None
        return Containment(verdict="undecided" if reasons else "covered", reasons=tuple(reasons))

    def _refuted(self, found: Found, actual: _Side, declared: _Side, reasons: dict[str, None]) -> Containment | None:
        """A witness, when the evaluator confirms it; else the reasons grow."""
        doubts: list[str] = []
        for request in self._requests(found, {**actual.always, **declared.always}):
            held = _held(
                actual.documents, self._kind, (request.principal, request.action, request.resource), tuple(request.context.items())
            )
            wanted = said_by(request, self._kind, declared.documents)
            if held.allowed is True and wanted.allowed is False:
                because = [*(f"actual {reason}" for reason in held.because), *(f"declared {reason}" for reason in wanted.because)]
                is_new = request.action.lower() not in catalogue()
                return Containment(verdict="not-covered", witness=request, reasons=tuple(because), unpublished=is_new)
            sides = (("actual", held), ("declared", wanted))
            doubts += [f"{side} {reason}" for side, one in sides if one.allowed is None for reason in one.because]
        action, resource, _ = found.point
        unmet = f"no values were found for the conditions and variables that decide {action} on {resource}"
        reasons.update(dict.fromkeys(doubts or [unmet]))
        return None

    def _requests(self, found: Found, always: Mapping[str, Values]) -> Iterator[Request]:
        """The candidate as a request; a second one of whom its context tells, where the first cannot be asked in that context."""
        action, resource, said = found.point
        if not (self._kind.names_principals or self._principal):
            action, resource, said = concrete(found.point)
            yield Request(principal="", action=action, resource=resource, context={**always, **carried(said, ())} if said else dict(always))
            return
        for who, more in self._callers(said):
            brought = {name.lower(): value for name, value in caller(who).keys().items()} | more
            others = {name: state for name, state in said.items() if name not in {ASKING, SESSION}}
            action, resource, filled_in = concrete((action, resource, {**others, **brought}))
            context = {**always, **carried(filled_in, ())}
            yield Request(principal=who, action=action, resource=resource, context=_fitting(context, more))

    def _callers(self, said: Context) -> Iterator[tuple[str, dict[str, Values]]]:
        """Who could ask for a point, and what that one does not tell of itself."""
        if self._principal and not self._kind.names_principals:
            yield self._principal, {}
        elif ASKING not in said:
            yield from ((who, {}) for who in (ANONYMOUS, _SOME_ROLE))
        elif who := _asking(str(said[ASKING])):
            session = said.get(SESSION)
            yield (who, {}) if session is None or ":role/" not in who else _in_session(who, str(session))


@lru_cache(maxsize=1024)
def _question(kind: str, principal: str) -> _Question:
    return _Question(_kind(kind), principal)


@lru_cache(maxsize=65536)
def _held(documents: tuple[str, ...], kind: Kind, asked: tuple[str, str, str], context: tuple[tuple[str, Values], ...]) -> Decision:
    """What the actual side says of a request: beside many others it comes to the same one."""
    principal, action, resource = asked
    return said_by(Request(principal=principal, action=action, resource=resource, context=dict(context)), kind, documents)


def _is_least(kind: Kind, name: str) -> bool:
    """Whether a side is read as what is there, and not as what may be there."""
    return kind.names_principals and name == "actual"


@lru_cache(maxsize=8192)
def _side_of(text: str, name: str, kind: Kind) -> _Side:
    """One text by itself, which is what is asked of most."""
    return _side((canonical(text, f"{name}[0]"),), kind, least=_is_least(kind, name))


@lru_cache(maxsize=8192)
def _side(documents: tuple[str, ...], kind: Kind, *, least: bool) -> _Side:
    """What is asked of nobody in particular; the same documents are read once."""
    read = [_compiled(document, kind, least=least) for document in documents]
    return _Side(documents, Access.of([chain.from_iterable(read)]), carried({}, _names(read)))


@lru_cache(maxsize=65536)
def _compiled(document: str, kind: Kind, *, least: bool) -> tuple[Statement, ...]:
    """`least`: it allows nothing to sessions of a role that cannot be there, and else all; see `among`."""
    indexed(document, kind)  # for the evaluator, which is asked later
    if not kind.names_principals:
        return statements(document, padded=kind.pads_arns, named=False)
    found = statements(document, padded=kind.pads_arns, named=True, whoever=True)
    return tuple(among(by_callers(one), by_path=least == (one.allow != ("NotPrincipal" in one.entry))) for one in found)


def _names(read: Iterable[Iterable[Statement]]) -> frozenset[str]:
    return frozenset(name for found in read for one in found for name in one.context.names)


def canonical(document: object, name: str) -> str:
    """A document as JSON text that is the same for the same document.

    Raises:
        AuthorError: It is no policy document.
    """
    if isinstance(document, str):
        return _canonical_text(document, name)
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise AuthorError(f"{name} is no policy document: it has no Statement", remedy=_REMEDY)
    return text_of(document)


@lru_cache(maxsize=65536)
def _canonical_text(text: str, name: str) -> str:
    try:
        found = parsed(text)
    except ValueError as error:
        raise AuthorError(f"{name} is not JSON: {error}", remedy=_REMEDY) from None
    return canonical(None if isinstance(found, str) else found, name)


def _asking(name: str) -> str:
    """Who asks, where that can be: the letters that stand for an account become one that nobody names."""
    if name.startswith("arn:"):
        parts = name.split(":", 5)
        name = ":".join((*parts[:4], parts[4].replace("x", "9"), parts[5]))
    try:
        caller(name)
    except AuthorError:
        return ""
    return name


def _in_session(role: str, session: str) -> tuple[str, dict[str, Values]]:
    """A role in a session, whose ARN does not tell the path of the role."""
    _, partition, _, _, account, name = role.split(":", 5)
    return f"arn:{partition}:sts::{account}:assumed-role/{name.rpartition('/')[2]}/{session}", {"aws:principalarn": role}


def _fitting(context: dict[str, Values], told: Mapping[str, Values]) -> dict[str, Values]:
    """The context without what the principal decides by itself: there the evaluator knows better."""
    return {name: value for name, value in context.items() if name not in DECIDED_BY_CALLER} | dict(told)
