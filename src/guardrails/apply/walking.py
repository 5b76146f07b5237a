"""Writes an object from image to image, each on the condition that the one before is there, and reads each back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from guardrails.errors import ConnectorError
from guardrails.model.changes import GONE, Change, Image, Irreversible
from guardrails.model.reference import Ref
from guardrails.ports import Remediator

__all__ = ["lasts", "read", "walk"]


def read(remediator: Remediator, ref: Ref) -> Image:
    """The object as it is, `GONE` where there is none.

    Raises:
        ConnectorError: It cannot be told.
    """
    image = remediator.current(ref)
    return GONE if image is None else image


def walk(remediator: Remediator, ref: Ref, images: Sequence[Image], hold: Callable[[], None]) -> None:
    """Make the object, which is the first of the images, each of the others in turn. `hold` is called before each write but the first.

    Raises:
        Conflict: Somebody else wrote meanwhile.
        ConnectorError: It may not have been written.
        Unfinished: The lease is not held any more.
    """
    for number, (now, then) in enumerate(pairwise(images)):
        if number:
            hold()
        remediator.write(ref, now, then)
        if read(remediator, ref) != then:
            raise ConnectorError(f"{ref} does not read as it was written", remedy="look at it")


def lasts(change: Change, image: Image, before: Image, after: Image) -> str:
    """Why nobody can take a change back, from how the object is now; empty when somebody can, or has to look."""
    if image == after and image != before and isinstance(change.undo, Irreversible):
        return change.undo.reason
    return "it is not there any more" if image == GONE else ""
