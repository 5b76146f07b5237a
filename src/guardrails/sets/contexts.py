"""Sets of contexts, a context being a state for every named value that a request can carry.

What is not named is free. A set is a union of terms, each a set of states for some names; a difference names one value after the other, so
that its pieces are disjoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from guardrails.sets.budget import BudgetExceededError
from guardrails.sets.states import ABSENT, State, States

__all__ = ["Context", "Contexts"]

Context = Mapping[str, State]
"""The states of some values; all others are absent, or the first of their domain where they cannot be."""

_Term = tuple[tuple[str, States], ...]
"""Sorted by name."""

_MOST = 500
"""Terms of one set; more is too intricate."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """A set of contexts. No term of it is empty."""

    terms: tuple[_Term, ...]
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Worked out once: there is much in a set, and it is asked for often."""
        if not self._hash:
            object.__setattr__(self, "_hash", hash(self.terms) or 1)
        return self._hash

    @classmethod
    def everything(cls) -> Contexts:
        """Every context."""
        return _EVERYTHING

    @classmethod
    def nothing(cls) -> Contexts:
        """No context."""
        return cls(())

    @classmethod
    def of(cls, states: Mapping[str, States]) -> Contexts:
        """The contexts in which every named value is in one of its states."""
        return cls.united([tuple(sorted(states.items()))])

    @classmethod
    def united(cls, terms: Iterable[_Term]) -> Contexts:
        """The contexts of any of the terms.

        Raises:
            BudgetExceededError: There are too many.
        """
        kept = tuple(dict.fromkeys(term for term in terms if not any(states.is_empty() for _, states in term)))
        if len(kept) > _MOST:
            raise BudgetExceededError
        return cls(kept)

    def __or__(self, other: Contexts) -> Contexts:
        if () in (*self.terms, *other.terms):
            return _EVERYTHING
        return Contexts.united((*self.terms, *other.terms))

    def __and__(self, other: Contexts) -> Contexts:
        if _FREE in {self.terms, other.terms}:
            return other if self.terms == _FREE else self
        return _both(self, other)

    def __sub__(self, other: Contexts) -> Contexts:
        if _FREE[0] in other.terms:
            return Contexts(())
        return _difference(self, other)

    def __contains__(self, context: Context) -> bool:
        return any(all(states.holds(context.get(name, ABSENT)) for name, states in term) for term in self.terms)

    def given(self, known: Context) -> Contexts:
        """The same where the states of some values are known: what is left to say of the others."""
        if not any(name in known for term in self.terms for name, _ in term):
            return self
        possible = (term for term in self.terms if all(states.holds(known[name]) for name, states in term if name in known))
        left = Contexts.united(tuple((name, states) for name, states in term if name not in known) for term in possible)
        return _EVERYTHING if () in left.terms else left

    def only(self, names: frozenset[str]) -> Contexts:
        """The same where nothing is said of other values: every context that becomes one of these by changing others."""
        if self.names <= names:
            return self
        left = Contexts.united(tuple((name, states) for name, states in term if name in names) for term in self.terms)
        return _EVERYTHING if () in left.terms else left

    @property
    def names(self) -> frozenset[str]:
        """The values that it says something of."""
        return frozenset(name for term in self.terms for name, _ in term)

    def is_empty(self) -> bool:
        """Whether there is no context."""
        return not self.terms

    def witness(self) -> dict[str, State] | None:
        """One context, always the same; it names only what has to be said."""
        if not self.terms:
            return None
        term = min(self.terms, key=len)
        return {name: state for name, states in term if (state := states.witness()) is not ABSENT}


_FREE: tuple[_Term, ...] = ((),)
_EVERYTHING = Contexts(_FREE)


@lru_cache(maxsize=16384)
def _both(one: Contexts, other: Contexts) -> Contexts:
    return Contexts.united(_met(mine, theirs) for mine in one.terms for theirs in other.terms)


@lru_cache(maxsize=16384)
def _difference(one: Contexts, other: Contexts) -> Contexts:
    for theirs in other.terms:
        one = Contexts.united(piece for mine in one.terms for piece in _less(mine, theirs))
    return one


def _met(mine: _Term, theirs: _Term) -> _Term:
    found = dict(mine)
    for name, states in theirs:
        found[name] = found[name] & states if name in found else states
    return tuple(sorted(found.items()))


def _less(mine: _Term, theirs: _Term) -> Iterator[_Term]:
    """What is in the one term and not in the other: outside of its first name, or inside of that and outside of the second, and so on."""
    inside = dict(mine)
    for name, states in theirs:
        here = inside.get(name)
        outside = here - states if here is not None else ~states
        yield tuple(sorted({**inside, name: outside}.items()))
        inside[name] = here & states if here is not None else states
