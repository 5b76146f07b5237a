"""Sets of texts, closed under all set operations: unions of terms, a term being what some patterns share less what others match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from guardrails.sets.pattern import Pattern, is_some, shortest

__all__ = ["Language"]


@dataclass(frozen=True, slots=True)
class _Term:
    included: tuple[Pattern, ...]
    excluded: tuple[Pattern, ...] = ()

    def contains(self, text: str) -> bool:
        return all(p.matches(text) for p in self.included) and not any(p.matches(text) for p in self.excluded)

    def witness(self) -> str | None:
        return shortest(self.included, self.excluded)

    def spans(self, other: _Term) -> bool:
        """Whether it surely holds all that the other does; quick, and `False` proves nothing."""
        return all(any(mine.spans(theirs) for theirs in other.included) for mine in self.included) and all(
            any(theirs.spans(mine) for theirs in other.excluded) or any(mine.is_apart(theirs) for theirs in other.included)
            for mine in self.excluded
        )

    def meet(self, other: _Term) -> _Term:
        # what is surely wider than another, or surely elsewhere, adds nothing but work
        mine = [wide for wide in self.included if not any(wide.spans(narrow) for narrow in other.included)]
        theirs = [wide for wide in other.included if not any(wide.spans(narrow) for narrow in mine)]
        return _Term(tuple(sorted({*mine, *theirs}))).without(*self.excluded, *other.excluded)

    def without(self, *patterns: Pattern) -> _Term:
        near = [pattern for pattern in patterns if not any(pattern.is_apart(each) for each in self.included)]
        return _Term(self.included, tuple(sorted({*self.excluded, *near}))) if near else self

    def less(self, other: _Term) -> tuple[_Term, ...]:
        # a - (i1 & i2 - e1 - e2) = (a - i1) | (a - i2) | (a & e1) | (a & e2)
        outside = tuple(self.without(pattern) for pattern in other.included)
        inside = tuple(self.meet(_Term((pattern,))) for pattern in other.excluded)
        return outside + inside


@dataclass(frozen=True, slots=True)
class Language:
    """A set of texts. Every question is exact, or raises `BudgetExceededError`. No term of it is empty."""

    terms: tuple[_Term, ...]
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Worked out once: there is much in a set, and it is asked for often."""
        if not self._hash:
            object.__setattr__(self, "_hash", hash(self.terms) or 1)
        return self._hash

    @classmethod
    def of(cls, *patterns: Pattern) -> Language:
        """What any of the patterns matches."""
        return cls(tuple(_Term((pattern,)) for pattern in sorted(set(patterns))))

    @classmethod
    def everything(cls) -> Language:
        """All texts."""
        return _WHOLE

    @classmethod
    def nothing(cls) -> Language:
        """No text."""
        return _NONE

    def __contains__(self, text: str) -> bool:
        return any(term.contains(text) for term in self.terms)

    def __or__(self, other: Language) -> Language:
        return Language(tuple(dict.fromkeys(self.terms + other.terms)))

    def __and__(self, other: Language) -> Language:
        if self is _WHOLE or other is _WHOLE or not (self.terms and other.terms):
            return self if other is _WHOLE or not self.terms else other
        return Language._kept(mine.meet(theirs) for mine in self.terms for theirs in other.terms)

    def __sub__(self, other: Language) -> Language:
        left = self
        for theirs in other.terms:
            left = Language._kept(term for mine in left.terms for term in mine.less(theirs))
        return left

    def __invert__(self) -> Language:
        return Language.everything() - self

    @classmethod
    def _kept(cls, terms: Iterable[_Term]) -> Language:
        return cls(tuple(term for term in dict.fromkeys(terms) if is_some(term.included, term.excluded)))

    def surely_covers(self, other: Language) -> bool:
        """Whether every text of the other is in this one, at a glance; `False` proves nothing."""
        return self is other or all(any(mine.spans(theirs) for mine in self.terms) for theirs in other.terms)

    @property
    def is_whole(self) -> bool:
        """Whether every text is in it, at a glance; `False` proves nothing."""
        return any(not term.excluded and all(pattern.is_any for pattern in term.included) for term in self.terms)

    def listed(self) -> tuple[str, ...] | None:
        """All its texts, sorted, where its patterns show them; `None` where they do not, and there may be endlessly many."""
        found = [next((pattern.head for pattern in term.included if pattern.is_literal), None) for term in self.terms]
        return None if None in found else tuple(sorted({text for text in found if text is not None}))

    def covers(self, other: Language) -> bool:
        """Whether every text of the other is in this one."""
        return (other - self).is_empty()

    def is_empty(self) -> bool:
        """Whether there is no text at all."""
        return not self.terms

    def witness(self) -> str | None:
        """The shortest text, the first of several in a fixed order; `None` when there is none."""
        found = [text for term in self.terms if (text := term.witness()) is not None]
        return min(found, key=lambda text: (len(text), text), default=None)


_WHOLE = Language.of(Pattern.glob("*"))
_NONE = Language(())
