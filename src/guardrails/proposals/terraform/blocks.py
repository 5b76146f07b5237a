"""Which block of the configuration each block of a plan is: sets of blocks stand in a plan in an order of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guardrails.proposals.values import Value, unknowns

__all__ = ["ORDERED", "order_of"]

ORDERED = frozenset({"statement", "rule"})
"""Blocks of documents, which are lists: they stand as they are written."""


def order_of(said: Sequence[Value], written: Sequence[Mapping[str, Value]]) -> tuple[int, ...] | None:
    """The place of the written block for each block of a plan; nothing where that is not clear.

    Told by what is known of a block and written out. Blocks of which the same is known are the same whichever of them is which.
    """
    groups: dict[str, list[int]] = {}
    for at, one in enumerate(said):
        groups.setdefault(repr(_known(one)), []).append(at)
    found: dict[int, int] = {}
    for places in groups.values():
        fitting = [at for at, one in enumerate(written) if _fits(said[places[0]], one)]
        if len(fitting) != len(places):
            return None
        found.update(zip(places, fitting, strict=True))
    return tuple(found[at] for at in range(len(said))) if len({*found.values()}) == len(written) == len(said) else None


def _known(one: Value) -> object:
    """What is known of a block, in one order."""
    if not isinstance(one, Mapping):
        return None
    return sorted((name, _plain(value)) for name, value in one.items() if not any(True for _ in unknowns(value)))


def _fits(one: Value, written: Mapping[str, Value]) -> bool:
    known = dict(_known(one) or ())  # type: ignore[call-overload]  # pairs
    return all(known[name] == _plain(value) for name, value in written.items() if name in known)


def _plain(value: Value) -> str:
    """A value in one spelling: sets have no order, providers write numbers as texts and words in small letters."""
    if isinstance(value, tuple):
        return repr(sorted(_plain(one) for one in value))
    if isinstance(value, Mapping):
        return repr(sorted((name, _plain(one)) for name, one in value.items()))
    return str(value).casefold()
