"""What would be changed to end a finding, what is held back, and the plan that members of the security group sign.

Every change is an edit of one object, known by its image. It is made only on the image that it was planned for, and taken back only from
the one that it left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from guardrails.model.actions import (
    Action,
    Delete,
    DetachPolicy,
    Disable,
    RemoveMember,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.copies import CopyPlan
from guardrails.model.images import GONE, MANAGED_BY, Edit, Image, difference, edited
from guardrails.model.reference import Ref

__all__ = [
    "GONE",
    "MANAGED_BY",
    "USUAL_LIMITS",
    "Action",
    "Cas",
    "Change",
    "Delete",
    "DetachPolicy",
    "Disable",
    "Edit",
    "Effect",
    "Hazard",
    "Held",
    "Image",
    "Irreversible",
    "Limits",
    "Patch",
    "Plan",
    "Read",
    "RemoveMember",
    "Restore",
    "Revoke",
    "RewritePolicy",
    "SetAddresses",
    "SetEncryption",
    "SetRotation",
    "Undo",
    "difference",
    "edited",
]


class Cas(Enum):
    """How surely a write meets what was read: the system compares, we compare just before, or nobody does."""

    NATIVE = "native"
    EMULATED = "emulated"
    NONE = "none"


class Effect(Enum):
    """What a change does to what may be done, proven on what was seen before and after it; never claimed by a connector."""

    NARROWS = "narrows"
    WIDENS = "widens"
    NEUTRAL = "neutral"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A change can be taken back: what it removed comes again, as long as the object is still as the change left it."""

    lasting: str = ""
    """What stays lost all the same, such as sessions that ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Irreversible:
    """A change cannot be taken back, and why."""

    reason: str


Undo = Restore | Irreversible


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One edit of one object.

    Attributes:
        action: What is done.
        ref: The object that is written.
        before: The fingerprint of the image that the edits are for.
        after: The fingerprint of the image that they leave.
        edits: What goes and what comes, in the system's words.
        effect: As proven.
        proof: What the effect was proven by, or why it could not be.
        breaks: Who loses what, for people.
        subject: Who loses by it, as the finding names them; for the limit on changes of one person.
        cas: How surely the write meets what was read.
        undo: How it is taken back.
        control: The code of the finding.
        finding: The id of the finding that it ends or helps to end.
        why: The finding in its own words.
    """

    action: Action
    ref: Ref
    before: str
    after: str
    edits: tuple[Edit, ...]
    effect: Effect
    proof: str
    breaks: tuple[str, ...]
    subject: str
    cas: Cas
    undo: Undo
    control: str
    finding: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What should become of a source that something else makes an object of.

    Attributes:
        place: Where, as `infra/app.tf:14`, below the folder that was named; empty when it is not found.
        diff: A unified diff that `git apply` and `patch -p1` take there; empty when there is none.
        note: Why there is none; of a diff what it supposes.
    """

    place: str
    diff: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A finding, or a part of it, that gets no change, with the reason, what a person can do, and who it is to ask.

    `proposal` is the change in the system's own words where something else has to make it, with the place where it is written down, and
    `patches` are what should become of its sources, where these are at hand.
    """

    control: str
    finding: str
    subject: str
    reason: str
    remedy: str = ""
    proposal: str = ""
    owner: str = ""
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """A plan that must not be applied as it is.

    Attributes:
        rule: Its name, such as `changes-in-all`.
        message: What was counted or found, with the limit.
        allow: How it can be allowed, or what to do in its place.
    """

    rule: str
    message: str
    allow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one plan may change. Percentages are of the objects of a kind that were seen in a system."""

    changes: int = 20
    percent: int = 5
    each_person: int = 10
    shrunk_percent: int = 10


USUAL_LIMITS = Limits()
"""Where nothing is declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a plan rests on, of one system."""

    system: str
    taken_at: datetime
    source: str
    identity: str
    facts: int
    gaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be changed, for what, and until when it may be.

    Attributes:
        id: 128 bits of chance, as hexadecimal digits; a plan is applied once.
        environment: Where it is for; a signature for one environment counts in no other.
        version: The version of guardrails that made it.
        author: The member who made it, whose signature never counts; empty when it was no member.
        declaration: The digest of all that is declared.
        roster: The digest of the roster whose members sign; empty when there is none.
        observed_at: When reading the systems began.
        expires_at: When it may no longer be applied.
        reads: What it rests on.
        limits: What it was held against.
        changes: In the order in which they are made.
        held: What gets no change.
        hazards: Why it must not be applied; a plan with any is refused.
        copies: What has to be copied by whoever owns it, and how far each copy is; nothing of it is applied.
    """

    id: str
    environment: str
    version: str
    author: str
    declaration: str
    roster: str
    observed_at: datetime
    expires_at: datetime
    reads: tuple[Read, ...]
    limits: Limits = USUAL_LIMITS
    changes: tuple[Change, ...] = ()
    held: tuple[Held, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    copies: tuple[CopyPlan, ...] = ()
