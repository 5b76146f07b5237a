"""Users, groups, roles and managed policies of a plan."""

from __future__ import annotations

from guardrails.connectors.aws.proposed.holders import Holder
from guardrails.connectors.aws.proposed.terraform.context import Context, NotPlacedError, Said
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.proposals.terraform import Action
from guardrails.proposals.values import Unknown, Value

__all__ = ["end_group", "end_policy", "end_role", "end_user", "make_group", "make_policy", "make_role", "make_user"]


def make_policy(context: Context, said: Said) -> None:
    """A managed policy."""
    if said.changes("policy"):
        context.holders.managed(_arn(context, said), said.document("policy"), said.address)


def _arn(context: Context, said: Said) -> str:
    known = said.resource.before.get("arn") if said.resource.action is Action.UPDATE else None
    return known if isinstance(known, str) else context.holders.arn("policy", _path(said), said.name())


def end_policy(context: Context, said: Said) -> None:
    """A managed policy that goes."""
    context.holders.end_managed(said.needed("arn"), said.address)


def _path(said: Said) -> str:
    path = said.text("path")
    if isinstance(path, Unknown):
        raise NotPlacedError("its path is not known before it is made")
    return path or "/"


def _made(context: Context, said: Said, kind: str) -> Ref:
    former = _former(context, said, kind) if said.resource.action is Action.UPDATE else None
    return context.holders.make(Holder(kind=kind, name=said.name(), path=_path(said), tags=said.tags()), former)


def _former(context: Context, said: Said, kind: str) -> Ref:
    """The one that is changed, as it was observed."""
    name = str(said.resource.before.get("name"))
    found = context.holders.find(kind, name)
    if found is None:
        raise NotPlacedError(f"the {kind} {name} is changed, and was not observed")
    return found


def make_user(context: Context, said: Said) -> None:
    """A user."""
    ref = _made(context, said, "user")
    _bound(context, said, ref)


def _bound(context: Context, said: Said, ref: Ref) -> None:
    if said.changes("permissions_boundary") or (said.resource.action is Action.UPDATE and _loses(said, "permissions_boundary")):
        context.holders.bound(ref, said.text("permissions_boundary"), said.address)


def _loses(said: Said, name: str) -> bool:
    return bool(said.resource.before.get(name)) and not said.resource.after.get(name)


def make_group(context: Context, said: Said) -> None:
    """A group."""
    _made(context, said, "group")


def make_role(context: Context, said: Said) -> None:
    """A role, with the policies that stand in its own block."""
    ref = _made(context, said, "role")
    if said.changes("assume_role_policy"):
        context.holders.trust(ref, said.document("assume_role_policy"), said.address)
    _bound(context, said, ref)
    if said.changes("inline_policy"):
        _inline(context, said, ref, said.value("inline_policy"))
    if said.changes("managed_policy_arns"):
        _attached(context, said, ref)


def _inline(context: Context, said: Said, ref: Ref, blocks: Value) -> None:
    if isinstance(blocks, Unknown):
        context.draft.hole(ref, said.address, f"its inline policies are not known before it is made: {blocks.why}")
        return
    names = set()
    for block in blocks if isinstance(blocks, tuple) else ():
        name = block.get("name") if isinstance(block, dict) else None
        if isinstance(block, dict) and isinstance(name, str) and name:
            names.add(name)
            context.holders.inline(ref, name, context.documents.text(block.get("policy")), said.address)
        elif isinstance(block, Unknown) or isinstance(name, Unknown):
            context.draft.hole(ref, said.address, "one of its inline policies is not known before it is made")
    context.holders.only_inline(ref, frozenset(names))


def _attached(context: Context, said: Said, ref: Ref) -> None:
    arns = said.texts("managed_policy_arns")
    context.holders.only_attached(ref, frozenset(arn for arn in arns if isinstance(arn, str)))
    for arn in arns:
        context.holders.attach(ref, arn, said.address)


def _ended(context: Context, said: Said, kind: str) -> None:
    ref = context.holders.find(kind, said.name())
    fact = context.draft.get(Principal, ref) if ref else None
    if ref and fact and said.value("arn") in {None, fact.resource}:
        context.holders.end(ref)


def end_user(context: Context, said: Said) -> None:
    """A user that goes."""
    _ended(context, said, "user")


def end_group(context: Context, said: Said) -> None:
    """A group that goes."""
    _ended(context, said, "group")


def end_role(context: Context, said: Said) -> None:
    """A role that goes."""
    _ended(context, said, "role")
