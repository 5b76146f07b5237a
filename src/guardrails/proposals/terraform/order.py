"""In which order a plan is put into a draft: what others hang on comes first, and goes last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from guardrails.proposals.terraform.plan import Action, Resource

__all__ = ["Order", "own_id"]

_H = TypeVar("_H")
_BEGINS = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})
_GOES = frozenset({Action.DELETE, Action.REPLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Generic[_H]):
    """The handlers by the type of a resource.

    Attributes:
        first: What others hang on, in the order in which it is made.
        ends: What goes, or was so before a change.
        makes: What hangs on others.
        last: The end of what others hang on.
        ends_first: Whether what goes has gone before anything is made, so that nothing that is made is taken away with it.
    """

    first: Mapping[str, _H]
    ends: Mapping[str, _H]
    makes: Mapping[str, _H]
    last: Mapping[str, _H]
    ends_first: bool = False

    @property
    def understood(self) -> frozenset[str]:
        """The types that can be made."""
        return frozenset({*self.first, *self.makes})

    def steps(self, changing: Sequence[Resource]) -> Iterator[tuple[_H, Resource, bool]]:
        """Each handler with its resource, and whether that is as it was before."""
        if self.ends_first:
            yield from self._ends(changing)
        for kind, one in _of_types(changing, self.first, _BEGINS):
            if one.action is Action.REPLACE and kind in self.last:
                yield self.last[kind], one, True
            yield self.first[kind], one, False
        if not self.ends_first:
            yield from self._ends(changing)
        for kind, one in _of_types(changing, self.makes, _BEGINS):
            yield self.makes[kind], one, False
        for kind, one in _of_types(changing, self.last, frozenset({Action.DELETE})):
            yield self.last[kind], one, True

    def _ends(self, changing: Sequence[Resource]) -> Iterator[tuple[_H, Resource, bool]]:
        yield from ((self.ends[kind], one, True) for kind, one in _of_types(changing, self.ends, _GOES | {Action.UPDATE}))


def _of_types(changing: Sequence[Resource], types: Mapping[str, _H], actions: frozenset[Action]) -> Iterator[tuple[str, Resource]]:
    """The resources of some types that are to become something, in the order of the types."""
    for kind in types:
        yield from ((kind, one) for one in changing if one.type == kind and one.action in actions)


def own_id(address: str) -> str:
    """An id for what its system has not given one yet, by its address; without anything that policies read as a pattern."""
    return "planned-" + re.sub(r"[^A-Za-z0-9_.-]+", "-", address).strip("-")
