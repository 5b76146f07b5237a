"""The images through which an object passes when a change of it takes more than one write.

Each write is made and read back by itself, so that a run that was killed in between is known again, and gone on with or taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from guardrails.model.actions import Action, Replaces, RewritePolicy
from guardrails.model.changes import Edit, Image, edited

__all__ = ["way"]


def way(action: Action, edits: Iterable[Edit], before: Image, after: Image) -> tuple[Image, ...]:
    """The images from before to after, both included; going back they are passed the other way round.

    What takes the place of something else comes first, so that at no moment something is missing which both of them say. While both are
    there, each request is allowed or denied by one of them: whoever gained or missed it then would do so before or afterwards as well.
    A policy that goes whole may be listed beside what it says, and goes before its name: nothing is left that nobody lists.
    """
    goes = isinstance(action, RewritePolicy) and not action.text
    if not isinstance(action, Replaces) and not goes:
        return before, after
    return tuple(accumulate(edits, lambda image, edit: edited(image, (edit,)), initial=before))
