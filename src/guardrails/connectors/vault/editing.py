"""What an action means for an object of Vault: which object is written, and which of its fields become what. Pure."""

from __future__ import annotations

from ipaddress import ip_network

from guardrails.connectors.vault.carried import POLICIES, detached, own_rewritten, replaced, require_seen, require_shared
from guardrails.connectors.vault.images import ENDED, FLAGS_OF_POLICIES
from guardrails.connectors.vault.own import place, whose
from guardrails.model.actions import ReplacePolicy, involved
from guardrails.model.changes import (
    Action,
    DetachPolicy,
    Disable,
    Edit,
    Image,
    RemoveMember,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
    difference,
)
from guardrails.model.reference import Ref
from guardrails.vault.stored import restored
from guardrails.vault.writing import write

__all__ = ["ADDRESSES", "POLICIES", "edits", "irreversible", "touched"]

ADDRESSES = ("token_bound_cidrs", "secret_id_bound_cidrs")
"""Fields of a login that hold addresses; each is also known by an older name."""

_DAY_SECONDS = 86400
_HOLDERS = frozenset({"entity", "group", "role", "user", "ldap-group"})
_LOGINS = frozenset({"role", "user"})
_MEMBERS = {"entity": "member_entity_ids", "group": "member_group_ids"}


def touched(action: Action) -> Ref:
    """The object that an action writes.

    Raises:
        ValueError: There is none.
    """
    match action:
        case Disable(ref=Ref(kind="entity") as ref) | Revoke(ref=Ref(kind="token") as ref):
            return ref
        case RemoveMember() if action.group.kind == "group":
            return action.group
        case DetachPolicy() | ReplacePolicy() if action.holder.kind in _HOLDERS and not action.holder.id.endswith("/config"):
            return action.holder
        case SetAddresses() if action.target.kind in _LOGINS:
            return action.target
        case RewritePolicy():
            return _said_at(action)
        case SetRotation() if action.key.kind == "transit-key":
            return action.key
        case _:
            raise ValueError(_why_not(action))


def _said_at(action: RewritePolicy) -> Ref:
    """A policy of a holder's own is a part of that one."""
    if mine := whose(action.policy.name):
        if mine != place(action.holder):
            raise ValueError(f"{action.policy} is of {mine} alone, and {action.holder} should not have it: take it off by hand")
        return action.holder
    return action.policy


def _why_not(action: Action) -> str:
    match action:
        case Disable():
            return f"a {action.ref.kind} of Vault cannot be disabled; its entity can"
        case Revoke():
            return f"a {action.ref.kind} of Vault is not revoked"
        case SetEncryption() | SetRotation():
            return f"{involved(action)[-1]} is for its owner to change"
        case RemoveMember():
            return f"who is in a {action.group.kind} is said by the directory behind the method"
        case _:
            return "it stands in the configuration of a method, which is for its owner to change"


def irreversible(action: Action) -> str:
    """Why an action cannot be taken back; empty when it can."""
    return "a token that was revoked does not come again, nor does what was leased by it" if isinstance(action, Revoke) else ""


def edits(action: Action, image: Image) -> tuple[Edit, ...]:
    """What goes and what comes.

    Raises:
        ValueError: The action cannot be done to the object as it is.
    """
    match action:
        case Revoke():
            return _ended(image)
        case Disable():
            edit = _disabled(image)
        case RemoveMember():
            edit = _without_member(action, image)
        case DetachPolicy() | ReplacePolicy() | RewritePolicy():
            return _of_policies(action, image)
        case SetAddresses():
            edit = _with_addresses(action, image)
        case SetRotation():
            edit = _rotated(action, image)
        case _:
            raise ValueError("Vault knows no such action")
    return (edit,)


def _of_policies(action: DetachPolicy | ReplacePolicy | RewritePolicy, image: Image) -> tuple[Edit, ...]:
    match action:
        case DetachPolicy():
            return detached(action, image)
        case ReplacePolicy():
            return replaced(action, image)
        case RewritePolicy() if whose(action.policy.name):
            return own_rewritten(action, image)
        case RewritePolicy():
            return (_with_rules(action, image),)


def _disabled(image: Image) -> Edit:
    if image.values("disabled") != ("false",):
        raise ValueError("it is disabled already")
    return Edit(field="disabled", removes=("false",), adds=("true",))


def _ended(image: Image) -> tuple[Edit, ...]:
    if image == ENDED:
        raise ValueError("it has ended already")
    return difference(image, ENDED)


def _without_member(action: RemoveMember, image: Image) -> Edit:
    if image.values("type") != ("internal",):
        raise ValueError(f"{action.group} is external: who is in it is said by the directory behind it")
    field = _MEMBERS[action.member.kind]
    if action.member.id not in image.values(field):
        raise ValueError(f"{action.member} is not in {action.group} any more")
    return Edit(field=field, removes=(action.member.id,))


def _with_addresses(action: SetAddresses, image: Image) -> Edit:
    field = action.rule.id.rpartition("/")[2]
    if field not in ADDRESSES:
        raise ValueError(f"{field} does not hold addresses")
    if not action.addresses:
        raise ValueError("an empty list lets in everybody")  # the servers' reading of it
    wanted = {ip_network(address) for address in action.addresses}
    held = {value: ip_network(value, strict=False) for value in image.values(field)}
    gone = tuple(value for value, network in held.items() if network not in wanted)
    adds = tuple(_spelled(str(network)) for network in map(ip_network, action.addresses) if network not in held.values())
    return Edit(field=field, removes=gone, adds=adds)


def _rotated(action: SetRotation, image: Image) -> Edit:
    (now,), wanted = image.values("auto_rotate_period") or ("",), str(action.days * _DAY_SECONDS)
    if not now.isdecimal() or now == wanted:
        raise ValueError(f"how often {action.key} is rotated is {now or 'not told'}")
    return Edit(field="auto_rotate_period", removes=(now,), adds=(wanted,))


def _with_rules(action: RewritePolicy, image: Image) -> Edit:
    """The text goes whole."""
    require_shared(action.policy)
    entry = {name: values[0] for name, values in image.fields} | {name: image.values(name) == ("true",) for name in FLAGS_OF_POLICIES}
    require_seen(action, entry)
    return Edit(field="policy", removes=image.values("policy"), adds=(write(restored(action.text, action.policy.name)),))


def _spelled(address: str) -> str:
    """As servers give it back: the mask of a single address falls away."""
    single = "/128" if ":" in address else "/32"
    return address.removesuffix(single)
