"""A declaration out of what is, so that a newcomer begins without drift and narrows from there.

Only what nothing speaks of yet is written, so adopting again changes nothing, and what somebody declared is never widened. People who have
left, accounts of nobody and whatever was not seen are left to be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from guardrails.adoption.access import access
from guardrails.adoption.assets import assets
from guardrails.adoption.exposure import exposure
from guardrails.adoption.sections import Sections
from guardrails.adoption.writing import documents
from guardrails.drift.world import World
from guardrails.model.declaration import PeopleSource

__all__ = ["Adoption", "adopt"]

_HEAD = """\
What was found by guardrails adopt, as it was, right or wrong. Narrow each entry to what is wanted,
and remove its origin and review-by when somebody has looked at it."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was written: the text of each file, and how many entries each section got."""

    files: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]


def adopt(world: World, review_by: date, owner: str = "", sources: tuple[PeopleSource, ...] = ()) -> Adoption:
    """Write down what nothing of the declaration speaks of.

    Args:
        world: What is declared and what was seen; with the sources, when they are new.
        review_by: When somebody must have looked at all of it.
        owner: Who answers for assets, `team:NAME` or `person:NAME`; the owner of each system when empty.
        sources: Directories that tell who exists, to be declared too.

    Raises:
        AuthorError: Nobody is named who answers for an asset.
    """
    sections = Sections.beside(world.declaration, review_by)
    if sources:
        sections.say("people", "sources", {source.system: {"name": source.name} for source in sources})
    assets(world, sections, owner)
    exposure(world, sections)
    access(world, sections)
    return Adoption(tuple(documents(sections.entries, _HEAD)), tuple(sorted(sections.counts.items())))
