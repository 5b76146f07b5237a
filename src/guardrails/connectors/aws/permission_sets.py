"""What a permission set of IAM Identity Center is asked to become: the calls, in their order, for who may make them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from guardrails.model.actions import DetachPolicy, RewritePolicy

__all__ = ["provisioning"]

_SET = re.compile(r"(arn:[a-z-]+:sso:::)(?:permissionSet|instance)/((?:sso)?ins-[A-Za-z0-9.-]{16})/ps-[A-Za-z0-9./-]{16}")
"""Identity Center API Reference, DescribePermissionSet; the second word is that of emulators."""
_INLINE = "inline-policy"
_OF_AWS = re.compile(r"arn:[a-z-]+:iam::aws:policy/")


def provisioning(action: DetachPolicy | RewritePolicy, made_of: str, realms: tuple[str, ...], unseen: tuple[str, ...]) -> str:
    """One line each: where it counts, what goes and comes, the calls, and what was not seen."""
    return "\n".join(_lines(action, made_of, realms, unseen))


def _lines(action: DetachPolicy | RewritePolicy, made_of: str, realms: tuple[str, ...], unseen: tuple[str, ...]) -> Iterator[str]:
    found = _SET.fullmatch(made_of)
    which = f"--instance-arn {found[1]}instance/{found[2]} --permission-set-arn {made_of}" if found else _asked(action.holder.name)
    yield f"it has a role in {' and '.join(realms)}, and all of them change with it"
    if action.seen:
        yield f"- {action.seen}"
    if isinstance(action, RewritePolicy):
        yield f"+ {action.text}"
    yield f"aws sso-admin {_call(action)} {which}{_said(action)}"
    yield f"aws sso-admin provision-permission-set {which} --target-type ALL_PROVISIONED_ACCOUNTS"
    yield "nobody in these accounts loses what is declared; look first whether there are others:"
    yield f"aws sso-admin list-accounts-for-provisioned-permission-set {which}"
    yield from (f"not everything was seen of {what}" for what in unseen)


def _asked(name: str) -> str:
    """Who holds it was not read, so its ARN is not known."""
    return f"--instance-arn INSTANCE --permission-set-arn {shlex.quote(f'ARN-OF-{name}')}"


def _call(action: DetachPolicy | RewritePolicy) -> str:
    if action.policy.kind == _INLINE:
        verb = "put-inline-policy-to" if isinstance(action, RewritePolicy) else "delete-inline-policy-from"
        return f"{verb}-permission-set"
    if _OF_AWS.match(action.policy.id):
        return "detach-managed-policy-from-permission-set"
    return "detach-customer-managed-policy-reference-from-permission-set"


def _said(action: DetachPolicy | RewritePolicy) -> str:
    if action.policy.kind == _INLINE:
        return f" --inline-policy {shlex.quote(action.text)}" if isinstance(action, RewritePolicy) else ""
    if _OF_AWS.match(action.policy.id):
        return f" --managed-policy-arn {action.policy.id}"
    path = action.policy.id.partition(":policy")[2].rpartition("/")[0]
    return f" --customer-managed-policy-reference {shlex.quote(f'Name={action.policy.name},Path={path}/')}"
