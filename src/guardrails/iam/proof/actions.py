"""Sets of actions: some of the catalogue, and some of all the others that AWS may know or come to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from guardrails.iam.catalogue import catalogue
from guardrails.sets import FiniteSet, Language, Pattern

__all__ = ["Actions"]


@dataclass(frozen=True, slots=True)
class Actions:
    """`listed` tells which actions of the catalogue are in the set; what `other` says about those does not count."""

    listed: FiniteSet
    other: Language

    @classmethod
    def of(cls, texts: Iterable[str]) -> Actions:
        """What any of the patterns matches; actions have no case."""
        names, patterns, other = [], [], []
        for text in map(str.lower, texts):
            if "*" in text or "?" in text:
                patterns.append(Pattern.glob(text))
            elif text in catalogue():
                names.append(text)
            else:
                other.append(Pattern.literal(text))
        listed = reduce(or_, map(catalogue().matching, patterns), catalogue().of(names))
        return cls(listed, Language.of(*patterns, *other))

    @classmethod
    def everything(cls) -> Actions:
        """All actions, published or not."""
        return cls(catalogue().everything(), Language.everything())

    def __and__(self, other: Actions) -> Actions:
        return Actions(self.listed & other.listed, self.other & other.other)

    def __or__(self, other: Actions) -> Actions:
        return Actions(self.listed | other.listed, self.other | other.other)

    def __sub__(self, other: Actions) -> Actions:
        return Actions(self.listed - other.listed, self.other - other.other)

    def __invert__(self) -> Actions:
        return Actions.everything() - self

    def __contains__(self, action: str) -> bool:
        return action in (self.listed if action in catalogue() else self.other)

    def is_empty(self) -> bool:
        """Whether there is no action."""
        return self.witness() is None

    def witness(self) -> str | None:
        """The first of the catalogue, else the shortest of the others."""
        if not self.listed.is_empty():
            return self.listed.witness()
        other = self.other
        while (text := other.witness()) is not None and text in catalogue():
            other -= Language.of(Pattern.literal(text))
        return text
