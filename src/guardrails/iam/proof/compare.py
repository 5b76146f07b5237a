"""Whether all that one side allows is allowed by the other: nothing found is a proof, a point found is a candidate for a witness.

Most of it is decided by the bitmaps of actions and by patterns that surely cover others. What is left goes through regions: the boxes of
the one side, less those of the other. Each side is read so that a doubt never helps the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import chain

from guardrails.iam.proof import readings
from guardrails.iam.proof.access import space, unpublished
from guardrails.iam.proof.readings import (
    Box,
    Rule,
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
from guardrails.sets import BudgetExceededError, Language, Region

__all__ = ["Access", "Found", "beyond", "first_beyond", "is_within"]


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
        held = set(map(words, actual.denies)) if declared.denies else set()
        # what both deny alike is no difference
        self._again = tuple(deny for deny in declared.denies if words(deny) not in held)
        alone = chain.from_iterable(layers[0] for layers in declared.branches if len(layers) == 1)
        self._same = frozenset(map(words, alone))

    @cached_property
    def _again_bits(self) -> int:
        return bits_of(map(wide, self._again))

    @cached_property
    def _allows(self) -> list[Rule]:
        return list(allowed(self._declared.branches, narrow))

    @cached_property
    def _denies(self) -> list[Rule]:
        return list(map(narrow, self._actual.denies))

    @cached_property
    def _all_exact(self) -> bool:
        return all(rule.exact for rule in (*self._allows, *self._denies)) and all(deny.exact for deny in self._again)

    @cached_property
    def _may_allow(self) -> list[Rule]:
        return self._allows if self._all_exact else list(allowed(self._declared.branches, widest))

    @cached_property
    def _may_deny(self) -> list[Rule]:
        return self._denies if self._all_exact else list(map(widest, self._actual.denies))

    @cached_property
    def _touched(self) -> int:
        return bits_of(self._may_allow) | bits_of(self._may_deny)

    def allowed(self, part: Callable[[Rule], Rule]) -> Iterator[Rule]:
        """What the one side allows of a part of all actions, before its denies."""
        for branch in self._actual.branches:
            first = tuple(s for s in branch[0] if not self._is_declared(s))
            limiting = sum(any(s.loose != Language.everything() for s in layer) for layer in (first, *branch[1:])) if first else 0
            yield from allowed([(first, *branch[1:])], partial(self._read, part, alone=limiting <= 1))

    def _is_declared(self, statement: Statement) -> bool:
        """Whether the other side has the very statement, and denies nothing of it."""
        return words(statement) in self._same and not any(share_actions(deny, statement) for deny in self._again)

    def _read(self, part: Callable[[Rule], Rule], statement: Statement, *, alone: bool) -> Rule:
        """Variables are letters only where they alone say what the resource is, and nothing is said of all resources but some."""
        if statement.exact or (alone and not self._excludes(statement.actions.listed.bits)):
            return part(narrow(statement))
        return part(wide(statement))

    def _excludes(self, bits: int) -> bool:
        but_some = [rule for rule in (*self._allows, *self._denies) if any(term.excluded for term in rule.resources.terms)]
        return bool((self._again_bits | bits_of(but_some)) & bits)

    def published(self, rule: Rule, account: str) -> Iterator[Found]:
        """What is found of the published actions."""
        left = self._left_of(rule)
        free = left & ~self._touched if rule.exact else 0
        if free and (point := point_of(rule, free, account)):
            yield Found(point, sure=True, by=rule.by)
            return
        left &= ~free
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
        denied = region_of(self._may_deny if sure else self._denies, bits)
        allowed = region_of(self._may_allow if sure else self._allows, bits) - region_of(again, bits)
        return Region(space(), ((box, ()),)) - denied - allowed
