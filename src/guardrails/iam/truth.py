"""Three-valued logic: true, false, or a doubt that carries its reasons (Kleene's strong logic).

A doubt is neither: it stays only where it decides, because `every` is false as soon as one is false and `some` true as soon as one is true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Never

__all__ = ["Doubt", "Reason", "Truth", "every", "negate", "some"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What decided: a statement (`Statement[2] Sid`) of a document of a layer (`identity[0]`), or what they all lack."""

    says: str
    layer: str = ""
    statement: str = ""

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.layer, self.statement)))
        return f"{where}: {self.says}" if where else self.says


@dataclass(frozen=True, slots=True)
class Doubt:
    """What cannot be said, and why."""

    why: tuple[Reason, ...]

    @classmethod
    def of(cls, *says: str) -> Doubt:
        """A doubt whose place is not known yet."""
        return cls(tuple(Reason(says=text) for text in says))

    def at(self, layer: str, statement: str) -> Doubt:
        """The same doubt, of this statement."""
        return Doubt(tuple(Reason(says=reason.says, layer=layer, statement=statement) for reason in self.why))

    def __bool__(self) -> Never:
        raise TypeError("a doubt is neither true nor false; use every, some or negate")


Truth = bool | Doubt


def every(truths: Iterable[Truth]) -> Truth:
    """Whether all are true."""
    return _joined(truths, decides=False)


def some(truths: Iterable[Truth]) -> Truth:
    """Whether at least one is true."""
    return _joined(truths, decides=True)


def negate(truth: Truth) -> Truth:
    """The opposite; of a doubt, the doubt."""
    return truth if isinstance(truth, Doubt) else not truth


def _joined(truths: Iterable[Truth], *, decides: bool) -> Truth:
    why: list[Reason] = []
    for truth in truths:
        if isinstance(truth, Doubt):
            why.extend(truth.why)
        elif truth is decides:
            return decides
    return Doubt(tuple(dict.fromkeys(why))) if why else not decides
