"""Finds one request of an action that is allowed: in the exact set of all that could be, and put to the evaluator before it is told.

Nothing is guessed. The sets of what every layer lets through meet as `evaluate` joins its layers, and a point of what is left is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain

from guardrails.iam.context import Context as Asking
from guardrails.iam.context import Values
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.documents import Document, Effect, Kind
from guardrails.iam.layers import Asked, Sources, Unknown
from guardrails.iam.principals import Reach, caller, reaches
from guardrails.iam.proof.access import Bounds, bounds, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.requests import point_in
from guardrails.iam.proof.statements import Statement
from guardrails.iam.proof.variables import filled
from guardrails.iam.rules import Rule, rules, unseen
from guardrails.iam.truth import Doubt, Reason
from guardrails.sets import BudgetExceededError, Context, Contexts, Language, Pattern, Region

__all__ = ["Allowed", "Answer", "Question", "possible", "turns_on"]

_TRIES = 6
"""Points of one set that are put to the evaluator before it is said that it cannot be told."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A request that the evaluator allows, and the statements that do; `needs` is what of its context the policies demand."""

    request: Request
    because: tuple[Reason, ...]
    needs: tuple[tuple[str, Values], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`allowed` is `None` when no such request is; unless `unknown` says why that cannot be told."""

    allowed: Allowed | None = None
    unknown: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether the principal may take the action on `on` (`None`: on any resource of the action's own forms), in some context.

    `fixed` are keys whose states are known; of those that begin like `bare` all others are absent. The context lies in `within`.
    """

    principal: str
    action: str
    on: str | None
    policies: Policies
    fixed: Context = field(default_factory=dict)
    bare: tuple[str, ...] = ()
    within: Contexts = field(default_factory=Contexts.everything)


def possible(question: Question) -> Answer:
    """The simplest request that is allowed."""
    search = _Search(question)
    if search.is_hopeless():
        return Answer()
    try:
        if (plain := _plain(question)) is not None:
            return plain
        found = search.bounds()
        sure = _asked(question, found.lower)
        if sure.allowed is not None or found.lower == found.upper:
            return sure
        return _asked(question, found.upper)
    except BudgetExceededError:
        return Answer(unknown=(Reason(says="the policies are too intricate for the budget of one question"),))


def turns_on(question: Question, starts: tuple[str, ...]) -> bool:
    """Whether a condition or a variable of what is said about the action names a key that begins so."""
    return any(_names(said, starts) for said in _Search(question).all_heard())


def _names(said: Statement, starts: tuple[str, ...]) -> bool:
    in_variables = "${" in said.text and any(start in said.text.lower() for start in starts)
    return in_variables or any(key.startswith(starts) for _, key, _ in said.condition)


def _plain(question: Question) -> Answer | None:
    """The request in the context that is known anyway, which most often is allowed or surely denied; asking is quicker than searching."""
    resource = _sample(question.action, question.on, _who(question.principal).account)
    if resource is None or {} not in question.within:
        return None
    request = _request(question, resource, {})
    decision = evaluate(request, question.policies)
    return Answer(Allowed(request, decision.because)) if decision.allowed else None


_who = lru_cache(maxsize=4096)(caller)


@lru_cache(maxsize=4096)
def _sample(action: str, on: str | None, account: str) -> str | None:
    if on is not None:
        return Pattern.arn(on).shortest
    found = point_in(space().region(action=Actions.of([action])), account)
    return None if found is None else found[1]


def _asked(question: Question, region: Region) -> Answer:
    why: list[Reason] = []
    for _ in range(_TRIES):
        point = _point(question, region)
        if point is None:
            return Answer(unknown=tuple(dict.fromkeys(why)))
        request = _request(question, *point)
        decision = evaluate(request, question.policies)
        if decision.allowed:
            needs = tuple((key, state) for key, state in sorted(point[1].items()) if state is not None)
            return Answer(Allowed(request, decision.because, needs))
        why += decision.because if decision.allowed is None else [Reason(says=f"a condition on {request.resource} cannot be met for sure")]
        region -= space().region(resource=Language.of(Pattern.literal(point[0])))
    return Answer(unknown=tuple(dict.fromkeys(why)))


def _point(question: Question, region: Region) -> tuple[str, Context] | None:
    if question.on is None:
        found = point_in(region, caller(question.principal).account)
        return None if found is None else found[1:]
    point = region.witness()
    return None if point is None else (point["resource"], point["context"])


def _request(question: Question, resource: str, context: Context) -> Request:
    states = {**question.fixed, **context}
    said = {key: state for key, state in states.items() if state is not None}
    return Request(principal=question.principal, action=question.action, resource=resource, context=said)


class _Search:
    """The set of the requests that answer a question, between two bounds."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._who = _who(question.principal)
        self._asked = Asked(who=self._who, action=question.action, resource=question.on or "", context=Asking.of({}))
        own = self._who.kind == "AWS"
        told = question.policies
        self._identity, self._boundary, self._session = (
            sources if own else None for sources in (told.identity, told.boundary, told.session)
        )
        self._resource = self._asked.needs(told.resource)
        linked = self._who.is_service_linked
        self._scps = _levels(told.scps if own and not linked else None)
        self._rcps = _levels(told.rcps if not linked else None)

    def is_hopeless(self) -> bool:
        """Whether nothing at all could grant it; quick."""
        givers = [(Kind.IDENTITY, self._identity), (self._asked.resource_kind, self._resource)]
        return not any(True for kind, sources in givers for _ in self._heard(kind, sources, Effect.ALLOW, Reach.ACCOUNT))

    def bounds(self) -> Bounds:
        """Granted, let through by every level, and denied nowhere."""
        where = space().region(
            action=Actions.of([self._question.action]),
            resource=Language.everything() if self._question.on is None else Language.of(Pattern.arn(self._question.on)),
            context=self._question.within,
        )
        found = Bounds(where, where, where) & self._granted() & self._undenied()
        for level in self._scps:
            found &= self._allowed(Kind.SCP, level)
        return found

    def _granted(self) -> Bounds:
        limits = [
            self._allowed(kind, sources)
            for kind, sources in ((Kind.BOUNDARY, self._boundary), (Kind.SESSION, self._session))
            if sources is not None
        ]
        own = _limited(self._allowed(Kind.IDENTITY, self._identity), limits)
        if self._resource is None and self._asked.in_own_account:
            return own
        itself, behind, named = (self._allowed(self._asked.resource_kind, self._resource, reach) for reach in reversed(Reach))
        if self._who.kind != "AWS":
            return itself
        if not self._asked.in_own_account:
            return own & named
        given = itself | _limited(behind, limits)
        return given | (own & named if self._asked.is_explicit_trust else own)

    def _undenied(self) -> Bounds:
        return bounds([replace(unseen(allow=True), doubts=()), *self._everywhere(Effect.DENY)])

    def all_heard(self) -> Iterator[Statement]:
        """Whatever speaks of the action and the caller."""
        return chain(self._everywhere(Effect.ALLOW), self._everywhere(Effect.DENY))

    def _everywhere(self, effect: Effect) -> Iterator[Statement]:
        layers = [
            (Kind.IDENTITY, self._identity),
            (Kind.BOUNDARY, self._boundary),
            (Kind.SESSION, self._session),
            (self._asked.resource_kind, self._resource),
            *((Kind.SCP, level) for level in self._scps),
            *((Kind.RCP, level) for level in self._rcps),
        ]
        return (said for kind, sources in layers for said in self._heard(kind, sources, effect, Reach.ACCOUNT))

    def _allowed(self, kind: Kind, sources: Sources, reach: Reach = Reach.ACCOUNT) -> Bounds:
        return bounds(self._heard(kind, sources, Effect.ALLOW, reach))

    def _heard(self, kind: Kind, sources: Sources, effect: Effect, reach: Reach) -> Iterator[Statement]:
        """What speaks of the action and the caller, as sets."""
        allow = effect is Effect.ALLOW
        for source in _listed(sources):
            found = None if isinstance(source, (Unknown, Document)) else rules(self._text(source), kind)
            if found is None:
                yield unseen(allow=allow)
                continue
            for rule in found:
                if effect in rule.effects and self._question.action.lower() in rule.says.actions:
                    yield from self._spoken(rule, kind, reach, allow=allow)

    def _spoken(self, rule: Rule, kind: Kind, reach: Reach, *, allow: bool) -> Iterator[Statement]:
        to = True if rule.principals is None else reaches(rule.principals, self._who, reach)
        if rule.principals is not None and rule.principals.negated and not allow and self._boundary is not None:
            to = True  # as the evaluator has it: a Deny with NotPrincipal hits whoever has a boundary
        if to is False:
            return
        unsure = isinstance(to, Doubt) or len(rule.effects) > 1 or (kind is Kind.RCP and not self._asked.is_under_rcps)
        said = replace(rule.seen(self._question.fixed, self._question.bare), allow=allow)
        yield said.doubted("whom it is for") if unsure else said

    def _text(self, source: Mapping[str, object] | str) -> str:
        text = source if isinstance(source, str) else json.dumps(source, sort_keys=True)
        return filled(text, self._question.fixed)


def _limited(given: Bounds, limits: Iterable[Bounds]) -> Bounds:
    for limit in limits:
        given &= limit
    return given


def _listed(sources: Sources) -> Sequence[Document | Mapping[str, object] | str | Unknown]:
    if sources is None:
        return ()
    return (sources,) if isinstance(sources, (Document, Mapping, str, Unknown)) else sources


def _levels(levels: tuple[Sources, ...] | list[Sources] | Unknown | None) -> tuple[Sources, ...]:
    if levels is None:
        return ()
    return (levels,) if isinstance(levels, Unknown) else tuple(levels)
