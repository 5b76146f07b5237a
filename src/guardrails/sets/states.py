"""Sets of the states that one named value of a request can be in: absent, one value, or a list of values.

Any text can be compared by patterns, and numbers, addresses and the like by sets of their own; all that is asked of them is what an
`Extent` answers. Lists hold at least one value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from guardrails.sets.budget import BudgetExceededError
from guardrails.sets.region import Extent

__all__ = ["ABSENT", "Domain", "Lists", "State", "States"]

State = str | tuple[str, ...] | None
"""`None` when the value is absent, a text when there is one, a tuple when there are several."""

ABSENT: State = None
_MOST = 200
"""Terms of one set of lists; more is too intricate."""

_Term = tuple[Any, tuple[Any, ...]]
"""Every value of the list is in the first extent, and for each of the others some value is in it."""


@dataclass(frozen=True, slots=True)
class Lists:
    """A set of lists, as a union of terms."""

    whole: Any
    terms: tuple[_Term, ...] = ()

    @classmethod
    def everything(cls, whole: Extent) -> Lists:
        """Every list of values of the domain."""
        return cls(whole, ((whole, ()),))

    @classmethod
    def of_all(cls, whole: Extent, extent: Extent) -> Lists:
        """Lists of which every value is in the extent."""
        return cls._kept(whole, [(extent, ())])

    @classmethod
    def of_some(cls, whole: Extent, extent: Extent) -> Lists:
        """Lists of which some value is in the extent."""
        return cls._kept(whole, [(whole, (extent,))])

    @classmethod
    def _kept(cls, whole: Any, terms: Iterable[_Term]) -> Lists:  # noqa: ANN401  # an extent
        kept = tuple(dict.fromkeys(term for term in terms if _is_possible(term)))
        if len(kept) > _MOST:
            raise BudgetExceededError
        return cls(whole, kept)

    def __or__(self, other: Lists) -> Lists:
        return Lists._kept(self.whole, (*self.terms, *other.terms))

    def __and__(self, other: Lists) -> Lists:
        return Lists._kept(self.whole, ((a & b, (*some, *more)) for a, some in self.terms for b, more in other.terms))

    def __sub__(self, other: Lists) -> Lists:
        left = self
        for every, some in other.terms:
            # a list is outside when one value is not in the first, or when none is in one of the others
            outside = [(self.whole, (self.whole - every,)), *((self.whole - one, ()) for one in some)]
            left &= Lists._kept(self.whole, outside)
        return left

    def __contains__(self, values: tuple[str, ...]) -> bool:
        return any(
            all(value in every for value in values) and all(any(value in one for value in values) for one in some)
            for every, some in self.terms
        )

    def is_empty(self) -> bool:
        """Whether there is no list."""
        return not self.terms

    def witness(self) -> tuple[str, ...] | None:
        """One list, always the same."""
        for every, some in self.terms:
            return tuple(dict.fromkeys((every & one).witness() for one in some)) or (every.witness(),)
        return None


def _is_possible(term: _Term) -> bool:
    every, some = term
    return not every.is_empty() and not any((every & one).is_empty() for one in some)


@dataclass(frozen=True, slots=True)
class Domain:
    """All the states that a value can be in: absent where it `may_lack`, and a value of `whole`, or where it `is_list` a list of them.

    Where it is not known whether it is a list, it `is_list` and `is_one`.
    """

    whole: Any
    may_lack: bool = True
    is_list: bool = False
    is_one: bool = False

    def _states(self, one: Any, lists: Lists | None = None, *, absent: bool = False) -> States:  # noqa: ANN401  # an extent
        nothing = self.whole - self.whole
        return States(
            domain=self,
            one=nothing if self.is_list and not self.is_one else one,
            lists=lists if lists and self.is_list else Lists(self.whole),
            absent=absent,
        )

    def everything(self) -> States:
        """Every state."""
        return self._states(self.whole, Lists.everything(self.whole), absent=self.may_lack)

    def nothing(self) -> States:
        """No state."""
        return self._states(self.whole - self.whole)

    def absent(self) -> States:
        """Not there; no state where it always is."""
        return self._states(self.whole - self.whole, absent=self.may_lack)

    def one(self, extent: Extent) -> States:
        """A single value of an extent; no state of what is a list, even of one value."""
        return self._states(extent)

    def every(self, extent: Extent) -> States:
        """A value of the extent, or a list of which every value is in it."""
        return self._states(extent, Lists.of_all(self.whole, extent))

    def some(self, extent: Extent) -> States:
        """A value of the extent, or a list of which some value is in it."""
        return self._states(extent, Lists.of_some(self.whole, extent))


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """A set of states of one value."""

    domain: Domain
    one: Any
    lists: Lists
    absent: bool = False

    def _made(self, one: Any, lists: Lists, *, absent: bool) -> States:  # noqa: ANN401  # an extent
        return States(domain=self.domain, one=one, lists=lists, absent=absent)

    def __and__(self, other: States) -> States:
        return self._made(self.one & other.one, self.lists & other.lists, absent=self.absent and other.absent)

    def __sub__(self, other: States) -> States:
        return self._made(self.one - other.one, self.lists - other.lists, absent=self.absent and not other.absent)

    def __or__(self, other: States) -> States:
        return self._made(self.one | other.one, self.lists | other.lists, absent=self.absent or other.absent)

    def __invert__(self) -> States:
        return self.domain.everything() - self

    def __contains__(self, state: State) -> bool:
        if state is None:
            return self.absent
        return state in self.one if isinstance(state, str) else state in self.lists

    def holds(self, state: State) -> bool:
        """Whether a value in that state is in the set; one that cannot be absent and was not told is the first of its domain."""
        if state is ABSENT:
            return self.absent if self.domain.may_lack else self.domain.everything().witness() in self
        if isinstance(state, str) and self.domain.is_list and not self.domain.is_one:
            return (state,) in self
        return state in self

    def is_empty(self) -> bool:
        """Whether there is no state."""
        return not self.absent and self.one.is_empty() and self.lists.is_empty()

    def witness(self) -> State:
        """One state, always the same: a value before a list, and to be absent last. Ask `is_empty` first."""
        if not self.one.is_empty():
            return str(self.one.witness())
        return self.lists.witness() if not self.lists.is_empty() else ABSENT
