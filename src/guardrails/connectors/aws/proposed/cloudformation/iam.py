"""Users, groups, roles and policies of a template: what each makes, and what one that is deployed gives up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from guardrails.connectors.aws.proposed.cloudformation.context import Handler, Item, NotPlacedError, document
from guardrails.connectors.aws.proposed.holders import Holder
from guardrails.model.reference import Ref
from guardrails.proposals.values import Unknown, Value

__all__ = ["ATTACHMENTS", "END", "MANAGED", "OBJECTS", "UNDO"]

_KINDS = {"Role": "role", "User": "user", "Group": "group"}


def _make(kind: str, item: Item) -> None:
    path = item.text("Path") or "/"
    if isinstance(path, Unknown):
        raise NotPlacedError("its path is not known")
    holders = item.account.holders
    former = holders.find(kind, item.name())
    ref = holders.make(Holder(kind=kind, name=item.name(), path=path, tags=item.tags()), former)
    if kind == "role":
        holders.trust(ref, document(item.value("AssumeRolePolicyDocument")), item.address)
    holders.bound(ref, item.text("PermissionsBoundary"), item.address)
    for block in item.blocks("Policies"):
        _inline(item, ref, block)
    for arn in item.texts("ManagedPolicyArns"):
        holders.attach(ref, arn, item.address)
    for name in item.texts("Groups") if kind == "user" else ():
        holders.join(ref, _named(item, "group", name))


def _inline(item: Item, ref: Ref, block: Mapping[str, Value] | Unknown) -> None:
    name = block if isinstance(block, Unknown) else block.get("PolicyName")
    if isinstance(name, Unknown) or isinstance(block, Unknown):
        item.account.draft.hole(ref, item.address, "one of its inline policies is not known before it is made")
        return
    item.account.holders.inline(ref, str(name), document(block.get("PolicyDocument")), item.address)


def _undo(kind: str, item: Item) -> None:
    """What its own block gave to it."""
    holders = item.account.holders
    if ref := holders.find(kind, item.name()):
        for block in item.blocks("Policies"):
            if isinstance(block, Mapping) and isinstance(block.get("PolicyName"), str):
                holders.without_inline(ref, str(block["PolicyName"]))
        for arn in item.texts("ManagedPolicyArns"):
            holders.detach(ref, arn, item.address)
        for name in item.texts("Groups") if kind == "user" else ():
            if isinstance(name, str) and (group := holders.find("group", name)):
                holders.leave(ref, group)


def _end(kind: str, item: Item) -> None:
    if ref := item.account.holders.find(kind, item.name()):
        item.account.holders.end(ref)


def _named(item: Item, kind: str, name: str | Unknown) -> Ref:
    found = item.account.holders.find(kind, name) if isinstance(name, str) else None
    if found is None:
        raise NotPlacedError(name.why if isinstance(name, Unknown) else f"the {kind} {name} is neither in the template nor was it observed")
    return found


def _whom(item: Item) -> Iterator[tuple[str, str | Unknown]]:
    for kind in _KINDS.values():
        yield from ((kind, name) for name in item.texts(f"{kind.capitalize()}s"))


def _policy_arn(item: Item) -> str:
    return item.name()


def _managed(item: Item) -> None:
    arn = _policy_arn(item)
    item.account.holders.managed(arn, document(item.value("PolicyDocument")), item.address)


def _attach(item: Item) -> None:
    arn = _policy_arn(item)
    for kind, name in _whom(item):
        item.account.holders.attach(_named(item, kind, name), arn, item.address)


def _undo_managed(item: Item) -> None:
    for kind, name in _whom(item):
        if isinstance(name, str) and (ref := item.account.holders.find(kind, name)):
            item.account.holders.detach(ref, _policy_arn(item), item.address)


def _end_managed(item: Item) -> None:
    _undo_managed(item)
    item.account.holders.end_managed(_policy_arn(item), item.address)


def _policy(item: Item) -> None:
    """An inline policy of several."""
    for kind, name in _whom(item):
        item.account.holders.inline(
            _named(item, kind, name), item.needed("PolicyName"), document(item.value("PolicyDocument")), item.address
        )


def _no_policy(item: Item) -> None:
    for kind, name in _whom(item):
        if isinstance(name, str) and (ref := item.account.holders.find(kind, name)):
            item.account.holders.without_inline(ref, item.needed("PolicyName"))


def _own_policy(kind: str, item: Item) -> None:
    ref = _named(item, kind, item.text(f"{kind.capitalize()}Name"))
    item.account.holders.inline(ref, item.needed("PolicyName"), document(item.value("PolicyDocument")), item.address)


def _no_own_policy(kind: str, item: Item) -> None:
    if ref := item.account.holders.find(kind, item.needed(f"{kind.capitalize()}Name")):
        item.account.holders.without_inline(ref, item.needed("PolicyName"))


def _added(item: Item) -> None:
    group = _named(item, "group", item.text("GroupName"))
    for name in item.texts("Users"):
        item.account.holders.join(_named(item, "user", name), group)


def _not_added(item: Item) -> None:
    group = item.account.holders.find("group", item.needed("GroupName"))
    for name in item.texts("Users"):
        user = item.account.holders.find("user", name) if isinstance(name, str) else None
        if user and group:
            item.account.holders.leave(user, group)


_ORDER = ("Group", "User", "Role")
OBJECTS: dict[str, Handler] = {**{f"AWS::IAM::{word}": partial(_make, _KINDS[word]) for word in _ORDER}}
"""What others hang on."""
ATTACHMENTS: dict[str, Handler] = {
    "AWS::IAM::ManagedPolicy": _attach,
    "AWS::IAM::Policy": _policy,
    **{f"AWS::IAM::{word}Policy": partial(_own_policy, _KINDS[word]) for word in _ORDER},
    "AWS::IAM::UserToGroupAddition": _added,
}
UNDO: dict[str, Handler] = {
    "AWS::IAM::Policy": _no_policy,
    **{f"AWS::IAM::{word}Policy": partial(_no_own_policy, _KINDS[word]) for word in _ORDER},
    "AWS::IAM::UserToGroupAddition": _not_added,
    "AWS::IAM::ManagedPolicy": _undo_managed,
    **{f"AWS::IAM::{word}": partial(_undo, _KINDS[word]) for word in _ORDER},
}
END: dict[str, Handler] = {**{f"AWS::IAM::{word}": partial(_end, _KINDS[word]) for word in _ORDER}, "AWS::IAM::ManagedPolicy": _end_managed}
MANAGED: dict[str, Handler] = {"AWS::IAM::ManagedPolicy": _managed}
"""What a managed policy says, before anybody holds it."""
