"""Statements as rules of a proof: sets of actions, resources and contexts, read so that a doubt never helps.

`narrow` is what a statement surely speaks of, `wide` and `widest` what it may. Whether one rule spans another is asked at a glance, without
building anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from guardrails.iam.catalogue import catalogue
from guardrails.iam.proof.access import space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import claimed
from guardrails.iam.proof.statements import Statement
from guardrails.sets import BudgetExceededError, Contexts, FiniteSet, Language, Region

__all__ = ["Box", "Rule", "allowed", "bits_of", "covers", "narrow", "region_of", "share_actions", "spanned", "wide", "widest", "words"]

Box = tuple[Actions, Language, Contexts]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A statement in one reading, or what several have in common."""

    bits: int
    other: Language
    resources: Language
    contexts: Contexts
    exact: bool
    by: tuple[Statement, ...]

    def box(self, bits: int) -> Box:
        """What it says of some of the published actions."""
        return Actions(FiniteSet(catalogue(), bits), Language.nothing()), self.resources, self.contexts

    def unlisted(self) -> Box:
        """What it says of all the other actions."""
        return Actions(catalogue().nothing(), self.other), self.resources, self.contexts

    def spans(self, other: Rule) -> bool:
        """Whether it surely speaks of all that the other does, actions apart."""
        return covers(self.resources, other.resources) and _includes(self.contexts, other.contexts)

    def within(self, limit: Rule) -> Rule:
        """What both speak of."""
        return Rule(
            self.bits & limit.bits,
            self.other & limit.other,
            self.resources & limit.resources,
            self.contexts & limit.contexts,
            self.exact and limit.exact,
            self.by + limit.by,
        )

    @property
    def is_empty(self) -> bool:
        """Whether it speaks of nothing."""
        return not (self.bits or self.other.terms) or self.resources.is_empty() or self.contexts.is_empty()


@lru_cache(maxsize=131072)
def words(statement: Statement) -> object:
    """Equal for statements that say the same in the same words."""
    return statement.text if statement.exact else (statement.text, statement.doubts, statement.firm)


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


def _rule(statement: Statement, resources: Language, contexts: Contexts) -> Rule:
    actions = statement.actions
    return Rule(actions.listed.bits, actions.other, resources, contexts, statement.exact, (statement,))


@lru_cache(maxsize=131072)
def covers(one: Language, other: Language) -> bool:
    """Whether the one surely covers the other, at a glance."""
    return one.surely_covers(other)


@lru_cache(maxsize=131072)
def _includes(one: Contexts, other: Contexts) -> bool:
    if one is other or one == Contexts.everything():
        return True
    try:
        return (other - one).is_empty()
    except BudgetExceededError:
        return False  # the exact search will say so, if it matters


def allowed(branches: Iterable[tuple[tuple[Statement, ...], ...]], read: Callable[[Statement], Rule]) -> list[Rule]:
    """What the branches allow: of each, what all its layers do."""
    found: list[Rule] = []
    for first, *limits in branches:
        rules = list(map(read, first))
        for layer in limits:
            rules = list(_limited(rules, list(map(read, layer))))
        found += rules
    return found


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


def _limited(rules: Iterable[Rule], limits: Sequence[Rule]) -> Iterator[Rule]:
    """What the rules allow and one of the limits as well."""
    for rule in rules:
        whole = next(
            (limit for limit in limits if not rule.bits & ~limit.bits and covers(limit.other, rule.other) and limit.spans(rule)), None
        )
        if whole:
            yield replace(rule, exact=rule.exact and whole.exact, by=rule.by + whole.by)
        else:
            yield from (both for limit in limits if not (both := rule.within(limit)).is_empty)


def region_of(rules: Iterable[Rule], bits: int) -> Region:
    """What the rules speak of, as far as it is of some actions; of none, when it is of those that are not published."""
    boxes = (rule.box(rule.bits & bits) if bits else rule.unlisted() for rule in rules if not bits or rule.bits & bits)
    return Region(space(), tuple((box, ()) for box in boxes))
