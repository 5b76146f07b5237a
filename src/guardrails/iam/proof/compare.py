"""Whether all that one side allows is allowed by the other: nothing found is a proof, a point found is a candidate for a witness.

Most of it is decided by the bitmaps of actions and by patterns that surely cover others. What is left goes through regions: the boxes of
the one side, less those of the other. Each side is read so that a doubt never helps the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

from guardrails.iam.proof import readings
from guardrails.iam.proof.access import space, unpublished
from guardrails.iam.proof.readings import (
    Box,
    Rule,
    Rules,
    allowed,
    bits_of,
    covers,
    narrow,
    region_of,
    share_actions,
    spanned,
    wide,
    widest,
    words,
)
from guardrails.iam.proof.requests import Point, point_in, point_of
from guardrails.iam.proof.statements import Statement
from guardrails.iam.proof.variables import letters_of
from guardrails.sets import BudgetExceededError, Region

__all__ = ["Access", "Found", "beyond", "first_beyond", "is_within"]


@dataclass(frozen=True, kw_only=True)
class Access:
    """What is allowed: by any of the branches, of which every layer has to allow it, and by none of the denies.

    What is worked out of it is kept with it: one side is often compared with many.
    """

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

    @cached_property
    def exact(self) -> bool:
        """Whether nothing is open in what is allowed."""
        return all(one.exact for layers in self.branches for layer in layers for one in layer)

    @cached_property
    def said(self) -> frozenset[object]:
        """The words of what is allowed without limits."""
        return frozenset(words(one) for layers in self.branches if len(layers) == 1 for one in layers[0])

    @cached_property
    def granted(self) -> frozenset[object]:
        """The words of what is allowed if the limits let it pass."""
        return frozenset(words(one) for layers in self.branches for one in layers[0])

    @cached_property
    def denied(self) -> frozenset[object]:
        """The words of what is denied."""
        return frozenset(map(words, self.denies))

    @cached_property
    def allows(self) -> Rules:
        """What it surely allows, before its denies."""
        return Rules(tuple(allowed(self.branches, narrow)))

    @cached_property
    def may_allow(self) -> Rules:
        """What it may allow, before its denies."""
        return self.allows if self.allows.exact else Rules(tuple(allowed(self.branches, widest)))

    @cached_property
    def surely_denies(self) -> Rules:
        """What it surely denies."""
        return Rules(tuple(map(narrow, self.denies)))

    @cached_property
    def may_deny(self) -> Rules:
        """What it may deny."""
        return self.surely_denies if self.surely_denies.exact else Rules(tuple(map(widest, self.denies)))


@dataclass(frozen=True, slots=True)
class Found:
    """A request that one side may allow and the other may not; `sure` when nothing that was not understood plays a part.

    `by` are the statements that allow it together, one of each layer.
    """

    point: Point
    sure: bool
    by: tuple[Statement, ...]


def beyond(actual: Access, declared: Access, account: str) -> Iterator[Found]:
    """Requests that the one may allow and the other may not, some for each way in which something is allowed; none is a proof.

    Resources of the account are preferred.

    Raises:
        BudgetExceededError: When all others are found: a way was too intricate.
    """
    sides = _Sides(actual, declared)
    given_up: list[BudgetExceededError] = []
    # what is not published comes last: nobody recognises it
    for part, search in ((readings.published, sides.published), (readings.unpublished, sides.unpublished)):
        for rule in sides.allowed(part):
            try:
                yield from search(rule, account)
            except BudgetExceededError as error:
                given_up.append(error)
    if given_up:
        raise given_up[0]


def is_within(actual: Access, declared: tuple[Statement, ...], account: str) -> bool:
    """Whether nothing at all is beyond.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    return first_beyond(actual, declared, account) is None


@lru_cache(maxsize=65536)
def first_beyond(actual: Access, declared: tuple[Statement, ...], account: str) -> Found | None:
    """The first request that is beyond: the same question is answered once.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    return next(beyond(actual, Access.of([declared]), account), None)


class _Sides:
    """The rules of both sides, in the readings that a proof and a sure witness need."""

    def __init__(self, actual: Access, declared: Access) -> None:
        self._actual, self._declared = actual, declared
        # what both deny alike is no difference
        self._again = tuple(deny for deny in declared.denies if words(deny) not in actual.denied) if declared.denies else ()
        self._again_bits = bits_of(map(wide, self._again))
        self._allows, self._denies = declared.allows.rules, actual.surely_denies.rules
        self._touched = declared.may_allow.bits | actual.may_deny.bits

    @property
    def _all_exact(self) -> bool:
        denied = self._actual.surely_denies
        return self._declared.allows.exact and denied.exact and all(deny.exact for deny in self._again)

    def allowed(self, part: Callable[[Rule], Rule]) -> Iterator[Rule]:
        """What the one side allows of a part of all actions, before its denies."""
        for first, *limits in self._actual.branches:
            new = (
                first if self._actual.granted.isdisjoint(self._declared.said) else tuple(one for one in first if not self._is_declared(one))
            )
            alone = not self._actual.exact and _limit_alone((new, *limits))
            yield from allowed([(new, *limits)], partial(self._read, part, alone=alone))

    def _is_declared(self, statement: Statement) -> bool:
        """Whether the other side has the very statement, and denies nothing of it."""
        return words(statement) in self._declared.said and not any(share_actions(deny, statement) for deny in self._again)

    def _read(self, part: Callable[[Rule], Rule], statement: Statement, *, alone: bool) -> Rule:
        """Variables are letters only where they alone say what the resource is, and nothing is said of all resources but some."""
        if statement.exact or (alone and not self._excludes(statement.actions.listed.bits)):
            return part(narrow(statement))
        return part(wide(statement))

    def _excludes(self, bits: int) -> bool:
        return bool((self._again_bits | self._declared.allows.excluding | self._actual.surely_denies.excluding) & bits)

    def published(self, rule: Rule, account: str) -> Iterator[Found]:
        """What is found of the published actions."""
        # of what nothing else speaks nothing has to be asked
        free = rule.bits & ~self._touched if rule.exact else 0
        if free and (point := point_of(rule, free, account)):
            yield Found(point, sure=True, by=rule.by)
            return
        left = self._left_of(rule) & ~free
        for sure in self._readings(rule) if left else ():
            if point := point_in(self._outside(rule.box(left), left, sure=sure), account):
                yield Found(point, sure=sure, by=rule.by)
                return

    def unpublished(self, rule: Rule, account: str) -> Iterator[Found]:
        """What is found of all other actions."""
        settling = self._denies if self._again else (*self._denies, *self._allows)
        if not rule.other.terms or any(covers(one.other, rule.other) and one.spans(rule) for one in settling):
            return
        for sure in self._readings(rule):
            if point := point_in(self._outside(rule.unlisted(), 0, sure=sure) & unpublished(letters_of(rule.resources)), account):
                yield Found(point, sure=sure, by=rule.by)
                return

    def _readings(self, rule: Rule) -> tuple[bool, ...]:
        """Sure witnesses first; where nothing is in doubt, what is possible is sure."""
        if not rule.exact:
            return (False,)
        return (True,) if self._all_exact else (True, False)

    def _left_of(self, rule: Rule) -> int:
        """The published actions that are neither covered nor denied at a glance."""
        covered = spanned(rule, self._allows) & ~self._again_bits
        return rule.bits & ~spanned(rule, self._denies, covered)

    def _outside(self, box: Box, bits: int, *, sure: bool) -> Region:
        """What of a box the one side does not deny and the other does not allow: surely, or possibly."""
        again = [narrow(deny) for deny in self._again if deny.exact] if sure else [wide(deny) for deny in self._again]
        denied = region_of(self._actual.may_deny.rules if sure else self._denies, bits)
        allowed = region_of(self._declared.may_allow.rules if sure else self._allows, bits) - region_of(again, bits)
        return Region(space(), ((box, ()),)) - denied - allowed


def _limit_alone(layers: Iterable[tuple[Statement, ...]]) -> bool:
    """Whether one layer at the most speaks of some resources only."""
    return sum(any(not s.loose.is_whole for s in layer) for layer in layers) <= 1
