"""Statements as rules of a proof: sets of actions, resources and contexts, read so that a doubt never helps.

`narrow` is what a statement surely speaks of, `wide` and `widest` what it may. Whether one rule spans another is asked at a glance, without
building anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import chain

from guardrails.iam.catalogue import catalogue
from guardrails.iam.proof.access import space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.among import ASKING
from guardrails.iam.proof.conditions import claimed
from guardrails.iam.proof.statements import Statement
from guardrails.sets import BudgetExceededError, Contexts, FiniteSet, Language, Region

__all__ = [
    "Box",
    "Rule",
    "Rules",
    "allowed",
    "bits_of",
    "covers",
    "narrow",
    "published",
    "region_of",
    "share_actions",
    "spanned",
    "unpublished",
    "wide",
    "widest",
    "words",
]

Box = tuple[Actions, Language, Contexts]
_NOTHING = Language.nothing()
_ANY_CONTEXT = Contexts.everything().terms


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A statement in one reading, or what several have in common."""

    bits: int
    other: Language
    resources: Language
    contexts: Contexts
    exact: bool
    by: tuple[Statement, ...]
    everywhere: bool = False
    """Whether it is known to speak of all resources."""

    def box(self, bits: int) -> Box:
        """What it says of some of the published actions."""
        return Actions(FiniteSet(catalogue(), bits), _NOTHING), self.resources, self.contexts

    def unlisted(self) -> Box:
        """What it says of all the other actions."""
        return Actions(catalogue().nothing(), self.other), self.resources, self.contexts

    def spans(self, other: Rule) -> bool:
        """Whether it surely speaks of all that the other does, actions apart."""
        return (self.everywhere or covers(self.resources, other.resources)) and _includes(self.contexts, other.contexts)

    def shares_actions(self, other: Rule) -> bool:
        """Whether both may speak of some action."""
        return bool(self.bits & other.bits or (self.other.terms and other.other.terms))

    def of_actions(self, limit: Rule) -> Rule:
        """The same of actions alone of which a limit speaks too that spans it."""
        return replace(
            self,
            bits=self.bits & limit.bits,
            other=_shared(self.other, limit.other),
            exact=self.exact and limit.exact,
            by=self.by + limit.by,
        )

    def but_actions(self, limit: Rule) -> Rule:
        """The same without actions of which a limit speaks too, as far as that is seen at a glance."""
        other = self.other if self.other.terms and not covers(limit.other, self.other) else _NOTHING
        return Rule(self.bits & ~limit.bits, other, self.resources, self.contexts, self.exact, self.by)

    def within(self, limit: Rule) -> Rule:
        """What both speak of."""
        return replace(
            self.of_actions(limit),
            resources=_shared(self.resources, limit.resources),
            contexts=self.contexts & limit.contexts,
            everywhere=self.everywhere and limit.everywhere,
        )

    @property
    def is_empty(self) -> bool:
        """Whether it speaks of nothing."""
        return not (self.bits or self.other.terms) or self.resources.is_empty() or self.contexts.is_empty()


@dataclass(frozen=True, eq=False)
class Rules:
    """Some rules, and what is often asked of all of them."""

    rules: tuple[Rule, ...]

    @cached_property
    def bits(self) -> int:
        """The published actions that any of them speaks of."""
        return bits_of(self.rules)

    @cached_property
    def exact(self) -> bool:
        """Whether nothing is open in any of them."""
        return all(rule.exact for rule in self.rules)

    @cached_property
    def excluding(self) -> int:
        """The published actions of which one of them speaks on all resources but some."""
        return bits_of(rule for rule in self.rules if any(term.excluded for term in rule.resources.terms))


@lru_cache(maxsize=131072)
def words(statement: Statement) -> object:
    """Equal for statements that say the same in the same words, and are read for the same requests.

    Read for a role and its tags, or for one key, words say less. Whom they name is read more widely on one side than on the other (see
    `among`), and is the same all the same.
    """
    context = None if ASKING in statement.context.names else statement.context
    return statement.text, statement.doubts, statement.firm, statement.loose, context


@lru_cache(maxsize=131072)
def share_actions(one: Statement, other: Statement) -> bool:
    """Whether both speak of some action."""
    return not (one.actions & other.actions).is_empty()


@lru_cache(maxsize=131072)
def narrow(statement: Statement) -> Rule:
    """What it surely speaks of where its claims hold; its variables are letters."""
    return _rule(statement, statement.firm, statement.context & claimed(statement.doubts))


@lru_cache(maxsize=131072)
def wide(statement: Statement) -> Rule:
    """What it may speak of where its claims hold, whatever its variables are."""
    return narrow(statement) if statement.exact else _rule(statement, statement.loose, statement.context & claimed(statement.doubts))


@lru_cache(maxsize=131072)
def widest(statement: Statement) -> Rule:
    """What it may speak of, whatever its claims and variables are."""
    return narrow(statement) if statement.exact else _rule(statement, statement.loose, statement.context)


@lru_cache(maxsize=131072)
def published(rule: Rule) -> Rule:
    """The same of published actions alone."""
    return Rule(rule.bits, _NOTHING, rule.resources, rule.contexts, rule.exact, rule.by, rule.everywhere)


@lru_cache(maxsize=131072)
def unpublished(rule: Rule) -> Rule:
    """The same of all other actions."""
    return Rule(0, rule.other, rule.resources, rule.contexts, rule.exact, rule.by, rule.everywhere)


def _rule(statement: Statement, resources: Language, contexts: Contexts) -> Rule:
    actions = statement.actions
    return Rule(actions.listed.bits, actions.other, resources, contexts, statement.exact, (statement,), resources.is_whole)


@lru_cache(maxsize=131072)
def _shared(one: Language, other: Language) -> Language:
    return one & other


@lru_cache(maxsize=131072)
def covers(one: Language, other: Language) -> bool:
    """Whether the one surely covers the other, at a glance."""
    return one.surely_covers(other)


@lru_cache(maxsize=131072)
def _includes(one: Contexts, other: Contexts) -> bool:
    if one is other or one.terms == _ANY_CONTEXT:
        return True
    try:
        return (other - one).is_empty()
    except BudgetExceededError:
        return False  # the exact search will say so, if it matters


def allowed(branches: Iterable[tuple[tuple[Statement, ...], ...]], read: Callable[[Statement], Rule]) -> Iterator[Rule]:
    """What the branches allow: of each, what all its layers do. Nothing is met before it is asked for."""
    for first, *limits in branches:
        if not limits:
            yield from map(read, first)
            continue
        layers = [sorted(map(read, layer), key=lambda limit: not limit.exact) for layer in limits]
        for statement in first:
            rules = iter((read(statement),))
            for layer in layers:
                rules = chain.from_iterable(map(partial(_limited, layer), rules))
            yield from rules


def bits_of(rules: Iterable[Rule]) -> int:
    """The published actions that any of them speaks of."""
    bits = 0
    for rule in rules:
        bits |= rule.bits
    return bits


def spanned(rule: Rule, others: Iterable[Rule], known: int = 0) -> int:
    """The actions for which another surely speaks of all that the rule does; those that are known are not asked for again."""
    for other in others:
        if other.bits & rule.bits & ~known and other.spans(rule):
            known |= other.bits
    return known


def _limited(limits: Sequence[Rule], rule: Rule) -> Iterator[Rule]:
    """What the rule allows and one of the limits as well: those that span it first, which need no meeting."""
    partly = list[Rule]()
    for limit in limits:
        if not rule.shares_actions(limit):
            continue
        if limit.spans(rule):
            yield rule.of_actions(limit)
            rule = rule.but_actions(limit)
        else:
            partly.append(limit)
    yield from (both for limit in partly if rule.shares_actions(limit) and not (both := rule.within(limit)).is_empty)


def region_of(rules: Iterable[Rule], bits: int) -> Region:
    """What the rules speak of, as far as it is of some actions; of none, when it is of those that are not published."""
    boxes = (rule.box(rule.bits & bits) if bits else rule.unlisted() for rule in rules if not bits or rule.bits & bits)
    return Region(space(), tuple((box, ()) for box in boxes))
