"""Whom somebody is declared to become, and in which words the way to more is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from guardrails.drift.covers import Covers
from guardrails.drift.world import World
from guardrails.model.findings import Comparison, Details
from guardrails.model.reference import Ref
from guardrails.ports import Onward, Step

__all__ = ["meant", "told", "with_path"]


def meant(world: World, covers: Covers) -> dict[Ref, frozenset[Ref]]:
    """For each principal those that name it in `assumed-by`: to become them is declared, and what they may do is judged at them."""
    found: dict[Ref, frozenset[Ref]] = {}
    for reference, cover in covers.named:
        for by in cover.assumed_by or ():
            targets = frozenset(principal.ref for principal in world.seen(reference))
            for principal in world.seen(by):
                found[principal.ref] = found.get(principal.ref, frozenset()) | targets
    return found


def told(path: Iterable[Step]) -> str:
    """The steps in words, to be read before what is too much."""
    return "".join(f"; {step}" for step in path)


def with_path(ahead: Onward) -> Comparison:
    """What was found, with the path among what is told of it."""
    compared, path = ahead.comparison, ahead.path

    def details() -> Details:
        along = tuple(text for step in path for text in (step.how + "".join(f" ({by})" for by in step.by), step.target))
        return replace(compared.details(), path=(path[0].source, *along) if path else ())

    return replace(compared, details=details)
