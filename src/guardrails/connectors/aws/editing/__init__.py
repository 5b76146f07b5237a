"""What an action means for an object of AWS: which one is written. Which of its fields become what is said by the module of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from guardrails.connectors.aws.editing.access_keys import AccessKeys, QuarantinedKeys
from guardrails.connectors.aws.editing.buckets import Buckets
from guardrails.connectors.aws.editing.identities import IDENTITIES
from guardrails.connectors.aws.editing.ip_sets import IpSets
from guardrails.connectors.aws.editing.keys import EbsDefaults, Keys
from guardrails.connectors.aws.editing.kind import Kind
from guardrails.connectors.aws.editing.policies import ManagedPolicies
from guardrails.connectors.aws.editing.policy_versions import PolicyVersions, left_version
from guardrails.connectors.aws.editing.prefix_lists import PrefixLists
from guardrails.connectors.aws.editing.security_groups import SecurityGroups
from guardrails.model.actions import (
    Action,
    AddDenial,
    Delete,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    Replaces,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.changes import Cas, Image
from guardrails.model.reference import Ref

__all__ = ["KINDS", "cas", "deletes", "irreversible", "lasting", "touched"]

_POLICIES = ManagedPolicies()
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **IDENTITIES,
        "policy": _POLICIES,
        "policy-versions": PolicyVersions(),
        "access-key": AccessKeys(),
        "quarantined-key": QuarantinedKeys(),
        "security-group": SecurityGroups(),
        "prefix-list": PrefixLists(),
        "ip-set": IpSets(),
        "bucket": Buckets(),
        "key": Keys(),
        "ebs-default": EbsDefaults(),
    }
)
"""Everything that can be written, by the word that refs have for it."""

_OF_AWS = "arn:aws:iam::aws:policy/"
_LISTS = frozenset({"prefix-list", "ip-set"})
"""Lists of addresses, which are objects of their own with a version that their service compares."""
_CENTER = "permission-set"
_COPIED = "what a database holds cannot be encrypted where it is: it is copied, and the plan says by which steps and how far that is"


def touched(action: Action) -> Ref:
    """The object that an action writes.

    Raises:
        ValueError: There is none that guardrails writes, and what to do.
    """
    match action:
        case RemoveMember(member=ref) | SetRotation(key=ref):
            return ref
        case Disable() | Revoke() | Delete():
            return _out_of_use(action)
        case DetachPolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
            return _with_policies(action)
        case RewritePolicy():
            return _policy(action)
        case SetAddresses():
            return _addressed(action)
        case SetEncryption():
            return _encrypted(action.target)


def _out_of_use(action: Disable | Revoke | Delete) -> Ref:
    match action:
        case Disable():
            return _disabled(action.ref)
        case Delete():
            return _quarantined(action)
        case Revoke():
            raise ValueError("what AWS has handed out ends by itself")


def _disabled(ref: Ref) -> Ref:
    if ref.kind in {"user", "role", "access-key"}:
        return ref
    if ref.kind == "password":
        raise ValueError("a password can only be deleted, which nobody can take back: aws iam delete-login-profile")
    if ref.kind == "group":
        raise ValueError("a group is nobody who could be disabled")
    return _identity(ref)


def _quarantined(action: Delete) -> Ref:
    """The same object by another kind, under which it is read with all that a deletion depends on."""
    if action.ref.kind == "access-key" and action.holder is not None and not action.parts:
        return replace(action.ref, kind="quarantined-key", id=f"{action.holder.name}/{action.ref.id}")
    if action.ref.kind == "policy" and action.parts:
        return replace(action.ref, kind="policy-versions")
    raise ValueError(f"a {action.ref.kind} is not deleted")


def _identity(ref: Ref) -> Ref:
    if ref.kind == _CENTER:
        raise ValueError(f"IAM Identity Center makes it anew: change the permission set {ref.name}")
    if ref.kind not in IDENTITIES:
        raise ValueError(f"a {ref.kind} of AWS is not written")
    return ref


def _with_policies(action: DetachPolicy | Replaces | AddDenial) -> Ref:
    match action:
        case ReplacePolicy(own=own) | ReplaceMembership(own=own) | AddDenial(policy=own):
            if own.kind != "inline-policy" or not own.id.startswith(f"{action.holder.id}/"):
                raise ValueError(f"{own} is no inline policy of {action.holder}")
        case DetachPolicy():
            pass
    return _identity(action.holder)


def _policy(action: RewritePolicy) -> Ref:
    match action.policy.kind:
        case "policy" if action.policy.id.startswith(_OF_AWS):
            raise ValueError("AWS writes it: attach a policy of your own in its place")
        case "policy":
            return action.policy
        case "bucket-policy":
            return action.holder
        case "bucket-acl" if action.policy.id == f"{action.holder.id}/acl":
            return action.holder
        case "key-policy" if action.policy.id == f"{action.holder.id}/policy":
            return action.holder
        case "trust-policy" if action.policy.id == f"{action.holder.id}/trust":
            return _identity(action.holder)
        case "inline-policy" if action.policy.id.startswith(f"{action.holder.id}/"):
            return _identity(action.holder)
        case kind:
            raise ValueError(f"a {kind} is not written again")


def _addressed(action: SetAddresses) -> Ref:
    if action.rule.kind in _LISTS:
        return action.rule
    if action.target.kind != "security-group":
        raise ValueError(f"from where a {action.target.kind} is used is said by its policies, which are for its owner to change")
    return action.target


def _encrypted(ref: Ref) -> Ref:
    if ref.kind == "db-instance":
        raise ValueError(_COPIED)
    if ref.kind not in {"bucket", "ebs-default"}:
        raise ValueError(f"how a {ref.kind} is encrypted is not changed")
    return ref


def cas(ref: Ref) -> Cas:
    """Versions of lists of addresses are compared by EC2 and WAF themselves; nothing else of all this is."""
    return Cas.NATIVE if ref.kind in _LISTS else Cas.EMULATED


def lasting(action: Action, image: Image) -> str:
    """What stays lost when an action is taken back."""
    match action:
        case RewritePolicy() if action.policy.kind == "policy":
            return _POLICIES.lost(image)
        case SetAddresses() if action.rule.kind not in _LISTS:
            return "the rule comes back under another id"
        case SetEncryption() | SetRotation():
            return "what was stored or rotated meanwhile stays so"
        case _:
            return ""


def deletes(action: Action, before: Image) -> tuple[str, ...] | None:
    """Keys that were switched off, and of managed policies the version that was rewritten; nothing else that stays is in anybody's way."""
    match action:
        case Disable() if action.ref.kind == "access-key":
            return ()
        case RewritePolicy() if action.policy.kind == "policy":
            return left_version(before) or None
        case _:
            return None


def irreversible(action: Action) -> str:
    """Why an action cannot be taken back; empty when it can."""
    match action:
        case Delete() if action.parts:
            return (
                "a version of a policy that was deleted does not come again; its text stays in the journal of the plan that took its place"
            )
        case Delete():
            return "an access key that was deleted does not come again"
        case _:
            return ""
