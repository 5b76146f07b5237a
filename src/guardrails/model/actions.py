"""The closed list of what guardrails can do to a system; what each of them means there is said by the connector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guardrails.model.reference import Ref
from guardrails.model.words import AtRest

__all__ = [
    "Action",
    "AddDenial",
    "Delete",
    "DetachPolicy",
    "Disable",
    "RemoveMember",
    "ReplaceMembership",
    "ReplacePolicy",
    "Replaces",
    "Revoke",
    "RewritePolicy",
    "SetAddresses",
    "SetEncryption",
    "SetRotation",
    "TakesAccess",
    "involved",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    """Somebody leaves a group."""

    group: Ref
    member: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Disable:
    """A principal or a credential can no longer be used, and stays where it is; `holder` is whose credential it is."""

    ref: Ref
    holder: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """A credential that is out ends, and does not come again.

    Attributes:
        ref: It, by what is no secret.
        holder: The principal that it acts as; `None` where it is nobody's.
        ends: Other credentials that may end with it, for it may have made them.
    """

    ref: Ref
    holder: Ref | None = None
    ends: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """What guardrails put out of use, and what nobody has used since, goes for good.

    Attributes:
        ref: It, or what it is a part of.
        holder: Whose it is; `None` where it is nobody's.
        parts: What of it goes, in the system's words, such as old versions of a policy; all of it when there are none.
        left: The fingerprint of the image in which it was left.
        since: When it was left so.
        plan: The digest of the plan that left it so.
    """

    ref: Ref
    holder: Ref | None = None
    parts: tuple[str, ...] = ()
    left: str
    since: datetime
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachPolicy:
    """A policy no longer says what its holder may do.

    `seen` is what it said when the change was proven, where it is a part of its holder and goes with all that it says.
    """

    holder: Ref
    policy: Ref
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewritePolicy:
    """A policy says something else, to everybody who has it; `holder` is for whom it is done, or what the policy guards.

    `seen` is what it said when the change was proven, and empty when it was not there; without a `text` it is not there afterwards.
    """

    holder: Ref
    policy: Ref
    text: str
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacePolicy:
    """A policy that others have too no longer says what its holder may do; one of the holder's own says what is declared of it.

    Attributes:
        holder: Whose policies change; everybody else keeps the policy.
        policy: The one that goes from the holder.
        seen: What that says, as the change was proven.
        own: The one that comes; it must not be there yet.
        text: What that says.
    """

    holder: Ref
    policy: Ref
    seen: str
    own: Ref
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceMembership:
    """Somebody leaves a group that others need; a policy of their own says what is declared of what the group gives.

    The fields are those of `ReplacePolicy`; in `seen` each policy of the group is a line.
    """

    holder: Ref
    group: Ref
    seen: str
    own: Ref
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDenial:
    """A policy of the holder's own that only denies; it must not be there yet."""

    holder: Ref
    policy: Ref
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAddresses:
    """A rule or a list of addresses lets in others, or none; `target` is the object that holds the rule, or that it is done for."""

    target: Ref
    rule: Ref
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEncryption:
    """What is stored from now on is encrypted at this level, with this key where it is one of ours."""

    target: Ref
    at_rest: AtRest
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRotation:
    """A key is rotated each so many days."""

    key: Ref
    days: int


Replaces = ReplacePolicy | ReplaceMembership
"""Something of the holder's own comes, and then what it takes the place of goes: several writes of one object."""
TakesAccess = RemoveMember | DetachPolicy | RewritePolicy | Replaces | AddDenial
"""Those that take a part of what somebody may do: of each it is asked what else goes with it."""
Action = TakesAccess | Disable | Revoke | Delete | SetAddresses | SetEncryption | SetRotation
"""All of them."""


def involved(action: Action) -> tuple[Ref, ...]:
    """Every object that an action is about; who loses by it is the first."""
    match action:
        case Disable() | Delete():
            return (action.ref,) if action.holder is None else (action.holder, action.ref)
        case Revoke():
            return (action.ref, *action.ends) if action.holder is None else (action.ref, action.holder, *action.ends)
        case RemoveMember() | DetachPolicy() | RewritePolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
            return _of_access(action)
        case SetAddresses():
            return action.target, action.rule
        case SetEncryption(target=ref) | SetRotation(key=ref):
            return (ref,)


def _of_access(action: TakesAccess) -> tuple[Ref, ...]:
    match action:
        case RemoveMember():
            return action.member, action.group
        case DetachPolicy() | RewritePolicy() | AddDenial():
            return action.holder, action.policy
        case ReplacePolicy():
            return action.holder, action.policy, action.own
        case ReplaceMembership():
            return action.holder, action.group, action.own
