"""Policies of principals and memberships of a plan, each as a resource of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from guardrails.connectors.aws.proposed.terraform.context import Context, Handler, NotPlacedError, Said
from guardrails.model.reference import Ref
from guardrails.proposals.values import Unknown

__all__ = ["ENDS", "MAKES"]

_KINDS = ("user", "group", "role")


def _holder(context: Context, said: Said, kind: str, attribute: str = "") -> Ref:
    name = said.needed(attribute or kind, "name")
    found = context.holders.find(kind, name.rpartition("/")[2])
    if found is None:
        raise NotPlacedError(f"the {kind} {name} is neither planned nor was it observed")
    return found


def _inline(kind: str, context: Context, said: Said) -> None:
    holder = _holder(context, said, kind)
    context.holders.inline(holder, said.name(), said.document("policy"), said.address)


def _no_inline(kind: str, context: Context, said: Said) -> None:
    if found := context.holders.find(kind, said.needed(kind, "name")):
        context.holders.without_inline(found, said.name())


def _attach(kind: str, context: Context, said: Said) -> None:
    context.holders.attach(_holder(context, said, kind), said.text("policy_arn"), said.address)


def _detach(kind: str, context: Context, said: Said) -> None:
    if found := context.holders.find(kind, said.needed(kind, "name")):
        context.holders.detach(found, said.text("policy_arn"), said.address)


def _only_inline(kind: str, context: Context, said: Said) -> None:
    holder, names = _holder(context, said, kind, f"{kind}_name"), said.texts("policy_names", "name")
    if any(isinstance(one, Unknown) for one in names):
        raise NotPlacedError("policy_names are not known before it is made")
    context.holders.only_inline(holder, frozenset(str(one) for one in names))


def _only_attached(kind: str, context: Context, said: Said) -> None:
    holder, arns = _holder(context, said, kind, f"{kind}_name"), said.texts("policy_arns")
    context.holders.only_attached(holder, frozenset(one for one in arns if isinstance(one, str)))
    for arn in arns:
        context.holders.attach(holder, arn, said.address)


def _attach_all(context: Context, said: Said) -> None:
    """All holders of a managed policy: who is not named loses it."""
    arn = said.needed("policy_arn")
    named: list[Ref] = []
    for kind in _KINDS:
        for name in said.texts(f"{kind}s", "name"):
            found = context.holders.find(kind, name) if isinstance(name, str) else None
            if found is None:
                why = name.why if isinstance(name, Unknown) else f"the {kind} {name} is neither planned nor was it observed"
                raise NotPlacedError(why)
            named.append(found)
    for holder in context.holders.holding(arn):
        if holder not in named:
            context.holders.detach(holder, arn, said.address)
    for holder in named:
        context.holders.attach(holder, arn, said.address)


def _detach_all(context: Context, said: Said) -> None:
    arn = said.needed("policy_arn")
    for kind in _KINDS:
        for name in said.texts(f"{kind}s", "name"):
            if isinstance(name, str) and (found := context.holders.find(kind, name)):
                context.holders.detach(found, arn, said.address)


def _members(context: Context, said: Said) -> None:
    """All members of a group that this resource speaks of."""
    group, users = _holder(context, said, "group"), [_named(context, name, "user") for name in said.texts("users", "name")]
    for user in context.holders.members(group):
        if user not in users:
            context.holders.leave(user, group)
    for user in users:
        context.holders.join(user, group)


def _no_members(context: Context, said: Said) -> None:
    group = context.holders.find("group", said.needed("group", "name"))
    for name in said.texts("users", "name"):
        user = context.holders.find("user", name) if isinstance(name, str) else None
        if group and user:
            context.holders.leave(user, group)


def _groups(context: Context, said: Said) -> None:
    user = _holder(context, said, "user")
    for name in said.texts("groups", "name"):
        context.holders.join(user, _named(context, name, "group"))


def _no_groups(context: Context, said: Said) -> None:
    user = context.holders.find("user", said.needed("user", "name"))
    for name in said.texts("groups", "name"):
        group = context.holders.find("group", name) if isinstance(name, str) else None
        if user and group:
            context.holders.leave(user, group)


def _named(context: Context, name: str | Unknown, kind: str) -> Ref:
    found = context.holders.find(kind, name) if isinstance(name, str) else None
    if found is None:
        raise NotPlacedError(name.why if isinstance(name, Unknown) else f"the {kind} {name} is neither planned nor was it observed")
    return found


def _profile(context: Context, said: Said) -> None:
    if said.is_set("role"):
        context.holders.profile(_holder(context, said, "role"), said.name(), there=True)


def _no_profile(context: Context, said: Said) -> None:
    if said.is_set("role") and (found := context.holders.find("role", said.needed("role", "name"))):
        context.holders.profile(found, said.name(), there=False)


def _nothing(_context: Context, _said: Said) -> None:
    """It only ends that others are taken away; what is there stays."""


def _of_each(pattern: str, handler: Callable[[str, Context, Said], None]) -> dict[str, Handler]:
    return {pattern.format(kind): partial(handler, kind) for kind in _KINDS}


MAKES: dict[str, Handler] = {
    **_of_each("aws_iam_{}_policy", _inline),
    **_of_each("aws_iam_{}_policy_attachment", _attach),
    "aws_iam_policy_attachment": _attach_all,
    "aws_iam_group_membership": _members,
    "aws_iam_user_group_membership": _groups,
    "aws_iam_instance_profile": _profile,
    **_of_each("aws_iam_{}_policies_exclusive", _only_inline),
    **_of_each("aws_iam_{}_policy_attachments_exclusive", _only_attached),
}
ENDS: dict[str, Handler] = {
    **_of_each("aws_iam_{}_policy", _no_inline),
    **_of_each("aws_iam_{}_policy_attachment", _detach),
    "aws_iam_policy_attachment": _detach_all,
    "aws_iam_group_membership": _no_members,
    "aws_iam_user_group_membership": _no_groups,
    "aws_iam_instance_profile": _no_profile,
    **_of_each("aws_iam_{}_policies_exclusive", lambda _, context, said: _nothing(context, said)),
    **_of_each("aws_iam_{}_policy_attachments_exclusive", lambda _, context, said: _nothing(context, said)),
}
