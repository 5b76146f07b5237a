"""What other tools have written down: working copies of their sources, and what should become of an object there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from guardrails.model.changes import Action, Edit, Image, Patch
from guardrails.model.reference import Ref

__all__ = ["Wanted", "WorkingCopy", "Written", "nowhere"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkingCopy:
    """A folder of sources, as it was read once. Equal to itself alone, so that what is understood of it can be kept.

    Attributes:
        kind: `terraform` or `cloudformation`.
        files: Texts by their paths below the folder, with `/` between names.
        unread: Why a file or folder was not read, by its path.
        known: What the tool says of what it made: values by the address of each resource; no secrets.
    """

    kind: str
    files: Mapping[str, str] = field(repr=False)
    unread: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should become of an object that something else writes.

    Attributes:
        manager: What does.
        told: Where it is written down, as far as tags say, each value by itself.
        action: What should be done.
        ref: The object that would be written.
        image: As it is.
        edits: What should go and come.
        tags: Of the object.
    """

    manager: str
    told: tuple[str, ...]
    action: Action
    ref: Ref
    image: Image
    edits: tuple[Edit, ...]
    tags: tuple[tuple[str, str], ...] = ()


Written = Callable[[Wanted], tuple[Patch, ...]]
"""From what is wanted to patches of the sources that are at hand."""


def nowhere(_wanted: Wanted) -> tuple[Patch, ...]:
    """No sources are at hand."""
    return ()
