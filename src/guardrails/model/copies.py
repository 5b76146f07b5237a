"""How something comes to be encrypted that cannot be encrypted where it is: it is copied, step by step, by whoever owns it.

guardrails makes none of these steps. It tells of each what was observed of it, so that whoever was interrupted finds the one to go on with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from guardrails.model.reference import Ref

__all__ = ["CopyPlan", "CopyStep", "Progress"]


class Progress(Enum):
    """How far a step is, by what was observed."""

    DONE = "done"
    NEXT = "next"
    """All before it was seen done, and it was seen not to be: it is the one to make."""
    LATER = "later"
    UNKNOWN = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStep:
    """One step of a copy, with all that somebody needs to make it, to see it, and to take it back.

    Attributes:
        id: Stays the same from plan to plan, such as `restore`.
        does: What it does.
        command: For a POSIX shell, every name quoted; empty where there is nothing to type, or a name that cannot be written safely.
        needs: The rights that it takes, and what must be there.
        interrupts: Whom it interrupts; empty when nobody.
        seen_by: How to see that it is done.
        undo: How it is taken back.
        only_after: What somebody must know before they make it; of the dangerous steps alone.
        progress: How far it is.
        found: What that was told by.
    """

    id: str
    does: str
    command: str = ""
    needs: str = ""
    interrupts: str = ""
    seen_by: str = ""
    undo: str = ""
    only_after: str = ""
    progress: Progress = Progress.UNKNOWN
    found: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """The steps of one copy, in the order in which they are made.

    Attributes:
        ref: What is copied, or what it became.
        control: The code of the finding that asks for it.
        finding: The id of that finding; empty when it is over, and steps are left.
        why: Why it cannot be changed where it is.
        place: Where the commands run, such as the account and region.
        first: A command that fails anywhere else; to be run before any other.
        notes: What the steps do not do.
        steps: None where it cannot be copied by itself; `why` says so.
        owner: Who it is to ask.
    """

    ref: Ref
    control: str
    finding: str = ""
    why: str = ""
    place: str = ""
    first: str = ""
    notes: tuple[str, ...] = ()
    steps: tuple[CopyStep, ...] = ()
    owner: str = ""

    @property
    def next(self) -> CopyStep | None:
        """The first step that is not done, when it was seen not to be; nothing is to be made while that cannot be told."""
        return next((step for step in self.steps if step.progress is Progress.NEXT), None)
