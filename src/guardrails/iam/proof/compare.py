"""Whether all that one side allows is allowed by the other: nothing found is a proof, a point found is a candidate for a witness.

Most of it is decided by the bitmaps of actions and by patterns that surely cover others. What is left goes through regions: the boxes of
the one side, less those of the other. Each side is read so that a doubt never helps the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import chain

from guardrails.iam.catalogue import catalogue
from guardrails.iam.proof.access import space, unpublished
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import claimed
from guardrails.iam.proof.requests import Point, point_in, published_in
from guardrails.iam.proof.statements import Statement
from guardrails.iam.proof.variables import letters_of
from guardrails.sets import BudgetExceededError, Contexts, FiniteSet, Language, Region

__all__ = ["Access", "Found", "beyond", "is_within"]

_Box = tuple[Actions, Language, Contexts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is allowed: by any of the branches, of which every layer has to allow it, and by none of the denies."""

    branches: tuple[tuple[tuple[Statement, ...], ...], ...]
    denies: tuple[Statement, ...] = ()

    @classmethod
    def of(cls, *branches: Sequence[Iterable[Statement]]) -> Access:
        """Of branches as layers of statements; what any of them denies is denied."""
        listed = [[tuple(each for one in layer for each in one.in_all_effects()) for layer in branch] for branch in branches]
        return cls(
            branches=tuple(tuple(tuple(one for one in layer if one.allow) for layer in branch) for branch in listed),
            denies=tuple(dict.fromkeys(one for branch in listed for layer in branch for one in layer if not one.allow)),
        )

    def less(self, denies: Iterable[Statement]) -> Access:
        """The same, with more denies."""
        return replace(self, denies=(*self.denies, *denies))


@dataclass(frozen=True, slots=True)
class Found:
    """A request that one side may allow and the other may not; `sure` when nothing that was not understood plays a part.

    `by` are the statements that allow it together, one of each layer.
    """

    point: Point
    sure: bool
    by: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A statement in one reading, or what several have in common."""

    bits: int
    other: Language
    resources: Language
    contexts: Contexts
    exact: bool
    by: tuple[Statement, ...]

    def box(self, bits: int) -> _Box:
        """What it says of some of the published actions."""
        return Actions(FiniteSet(catalogue(), bits), Language.nothing()), self.resources, self.contexts

    def unlisted(self) -> _Box:
        """What it says of all the other actions."""
        return Actions(catalogue().nothing(), self.other), self.resources, self.contexts

    def spans(self, other: _Rule) -> bool:
        """Whether it surely speaks of all that the other does, actions apart."""
        return _covers(self.resources, other.resources) and _includes(self.contexts, other.contexts)

    def within(self, limit: _Rule) -> _Rule:
        """What both speak of."""
        return _Rule(
            self.bits & limit.bits,
            self.other & limit.other,
            self.resources & limit.resources,
            self.contexts & limit.contexts,
            self.exact and limit.exact,
            self.by + limit.by,
        )

    @property
    def is_empty(self) -> bool:
        return not (self.bits or self.other.terms) or self.resources.is_empty() or self.contexts.is_empty()


@lru_cache(maxsize=131072)
def _words(statement: Statement) -> object:
    """Equal for statements that say the same in the same words."""
    return statement.text if statement.exact else (statement.text, statement.doubts, statement.firm)


@lru_cache(maxsize=131072)
def _share_actions(one: Statement, other: Statement) -> bool:
    return not (one.actions & other.actions).is_empty()


@lru_cache(maxsize=131072)
def _narrow(statement: Statement) -> _Rule:
    """What it surely speaks of where its claims hold; its variables are letters."""
    return _rule(statement, statement.firm, statement.context & claimed(statement.doubts))


@lru_cache(maxsize=131072)
def _wide(statement: Statement) -> _Rule:
    """What it may speak of where its claims hold, whatever its variables are."""
    return _narrow(statement) if statement.exact else _rule(statement, statement.loose, statement.context & claimed(statement.doubts))


@lru_cache(maxsize=131072)
def _widest(statement: Statement) -> _Rule:
    """What it may speak of, whatever its claims and variables are."""
    return _narrow(statement) if statement.exact else _rule(statement, statement.loose, statement.context)


def _rule(statement: Statement, resources: Language, contexts: Contexts) -> _Rule:
    actions = statement.actions
    return _Rule(actions.listed.bits, actions.other, resources, contexts, statement.exact, (statement,))


@lru_cache(maxsize=131072)
def _covers(wide: Language, narrow: Language) -> bool:
    """Whether the one surely covers the other, at a glance."""
    return wide.surely_covers(narrow)


@lru_cache(maxsize=131072)
def _includes(wide: Contexts, narrow: Contexts) -> bool:
    if wide is narrow or wide == Contexts.everything():
        return True
    try:
        return (narrow - wide).is_empty()
    except BudgetExceededError:
        return False  # the exact search will say so, if it matters


def beyond(actual: Access, declared: Access, account: str) -> Iterator[Found]:
    """Requests that the one may allow and the other may not, some for each way in which something is allowed; none is a proof.

    Resources of the account are preferred.

    Raises:
        BudgetExceededError: When all others are found: a way was too intricate.
    """
    sides = _Sides(actual, declared)
    given_up: list[BudgetExceededError] = []
    rules = list(sides.allowed())
    # what is not published comes last: nobody recognises it
    for search in (sides.published, sides.unpublished):
        for rule in rules:
            try:
                yield from search(rule, account)
            except BudgetExceededError as error:
                given_up.append(error)
    if given_up:
        raise given_up[0]


@lru_cache(maxsize=65536)
def is_within(actual: Access, declared: tuple[Statement, ...], account: str) -> bool:
    """Whether nothing at all is beyond: the same question is answered once.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    return next(beyond(actual, Access.of([declared]), account), None) is None


class _Sides:
    """The rules of both sides, in the readings that a proof and a sure witness need."""

    def __init__(self, actual: Access, declared: Access) -> None:
        self._actual, self._declared = actual, declared
        held = set(map(_words, actual.denies)) if declared.denies else set()
        # what both deny alike is no difference
        self._again = tuple(deny for deny in declared.denies if _words(deny) not in held)
        alone = chain.from_iterable(layers[0] for layers in declared.branches if len(layers) == 1)
        self._same = frozenset(map(_words, alone))

    @cached_property
    def _again_bits(self) -> int:
        return _bits(map(_wide, self._again))

    @cached_property
    def _allows(self) -> list[_Rule]:
        return _allowed(self._declared.branches, _narrow)

    @cached_property
    def _denies(self) -> list[_Rule]:
        return list(map(_narrow, self._actual.denies))

    @cached_property
    def _all_exact(self) -> bool:
        return all(rule.exact for rule in (*self._allows, *self._denies)) and all(deny.exact for deny in self._again)

    @cached_property
    def _may_allow(self) -> list[_Rule]:
        return self._allows if self._all_exact else _allowed(self._declared.branches, _widest)

    @cached_property
    def _may_deny(self) -> list[_Rule]:
        return self._denies if self._all_exact else list(map(_widest, self._actual.denies))

    @cached_property
    def _touched(self) -> int:
        return _bits(self._may_allow) | _bits(self._may_deny)

    def allowed(self) -> Iterator[_Rule]:
        """What the one side allows, before its denies."""
        for branch in self._actual.branches:
            first = tuple(s for s in branch[0] if not self._is_declared(s))
            limiting = sum(any(s.loose != Language.everything() for s in layer) for layer in (first, *branch[1:])) if first else 0
            yield from _allowed([(first, *branch[1:])], partial(self._read, alone=limiting <= 1))

    def _is_declared(self, statement: Statement) -> bool:
        """Whether the other side has the very statement, and denies nothing of it."""
        return _words(statement) in self._same and not any(_share_actions(deny, statement) for deny in self._again)

    def _read(self, statement: Statement, *, alone: bool) -> _Rule:
        """Variables are letters only where they alone say what the resource is, and nothing is said of all resources but some."""
        if statement.exact or (alone and not self._excludes(statement.actions.listed.bits)):
            return _narrow(statement)
        return _wide(statement)

    def _excludes(self, bits: int) -> bool:
        but_some = [rule for rule in (*self._allows, *self._denies) if any(term.excluded for term in rule.resources.terms)]
        return bool((self._again_bits | _bits(but_some)) & bits)

    def published(self, rule: _Rule, account: str) -> Iterator[Found]:
        """What is found of the published actions."""
        left = self._left_of(rule)
        free = left & ~self._touched if rule.exact else 0
        if free and (point := published_in(Region(space(), ((rule.box(free), ()),)), account)):
            yield Found(point, sure=True, by=rule.by)
            return
        left &= ~free
        for sure in self._readings(rule) if left else ():
            if point := point_in(self._outside(rule.box(left), left, sure=sure), account):
                yield Found(point, sure=sure, by=rule.by)
                return

    def unpublished(self, rule: _Rule, account: str) -> Iterator[Found]:
        """What is found of all other actions."""
        settling = self._denies if self._again else (*self._denies, *self._allows)
        if not rule.other.terms or any(_covers(one.other, rule.other) and one.spans(rule) for one in settling):
            return
        for sure in self._readings(rule):
            if point := point_in(self._outside(rule.unlisted(), 0, sure=sure) & unpublished(letters_of(rule.resources)), account):
                yield Found(point, sure=sure, by=rule.by)
                return

    def _readings(self, rule: _Rule) -> tuple[bool, ...]:
        """Sure witnesses first; where nothing is in doubt, what is possible is sure."""
        if not rule.exact:
            return (False,)
        return (True,) if self._all_exact else (True, False)

    def _left_of(self, rule: _Rule) -> int:
        """The published actions that are neither covered nor denied at a glance."""
        covered = _spanned(rule, self._allows) & ~self._again_bits
        return rule.bits & ~_spanned(rule, self._denies, covered)

    def _outside(self, box: _Box, bits: int, *, sure: bool) -> Region:
        """What of a box the one side does not deny and the other does not allow: surely, or possibly."""
        again = [_narrow(deny) for deny in self._again if deny.exact] if sure else [_wide(deny) for deny in self._again]
        denied = _region(self._may_deny if sure else self._denies, bits)
        allowed = _region(self._may_allow if sure else self._allows, bits) - _region(again, bits)
        return Region(space(), ((box, ()),)) - denied - allowed


def _allowed(branches: Iterable[tuple[tuple[Statement, ...], ...]], read: Callable[[Statement], _Rule]) -> list[_Rule]:
    """What the branches allow: of each, what all its layers do."""
    found: list[_Rule] = []
    for first, *limits in branches:
        rules = list(map(read, first))
        for layer in limits:
            rules = list(_limited(rules, list(map(read, layer))))
        found += rules
    return found


def _bits(rules: Iterable[_Rule]) -> int:
    bits = 0
    for rule in rules:
        bits |= rule.bits
    return bits


def _spanned(rule: _Rule, others: Iterable[_Rule], known: int = 0) -> int:
    """The actions for which another surely speaks of all that the rule does; those that are known are not asked for again."""
    for other in others:
        if other.bits & rule.bits & ~known and other.spans(rule):
            known |= other.bits
    return known


def _limited(rules: Iterable[_Rule], limits: Sequence[_Rule]) -> Iterator[_Rule]:
    """What the rules allow and one of the limits as well."""
    for rule in rules:
        whole = next(
            (limit for limit in limits if not rule.bits & ~limit.bits and _covers(limit.other, rule.other) and limit.spans(rule)), None
        )
        if whole:
            yield replace(rule, exact=rule.exact and whole.exact, by=rule.by + whole.by)
        else:
            yield from (both for limit in limits if not (both := rule.within(limit)).is_empty)


def _region(rules: Iterable[_Rule], bits: int) -> Region:
    """What the rules speak of, as far as it is of some actions; of none, when it is of those that are not published."""
    boxes = (rule.box(rule.bits & bits) if bits else rule.unlisted() for rule in rules if not bits or rule.bits & bits)
    return Region(space(), tuple((box, ()) for box in boxes))
