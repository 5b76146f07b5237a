"""One request against policies, path by path as a server does it. The prover of `containment` shares none of this with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from guardrails.errors import AuthorError
from guardrails.vault.acl import LISTING, Acl, acl, asked, deciding, matches
from guardrails.vault.permissions import Permission, refusal
from guardrails.vault.profiles import Profile
from guardrails.vault.rules import Policy
from guardrails.vault.sudo import needs_sudo
from guardrails.vault.templates import Values, nothing_known

__all__ = ["NOTHING", "Decision", "Request", "decided", "evaluate_policies", "judged"]

NOTHING: Mapping[str, object] = MappingProxyType({})
"""No parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a server.

    Attributes:
        operation: A capability: `read`, `create`, `update`, `patch`, `delete`, `list`, `scan`, `recover`, `subscribe`; `sudo` asks whether
            the rule that decides gives it.
        path: Without `v1/`. A folder that is listed may end with a slash.
        parameters: The body, as JSON decoded; only its own keys count.
        wrap_seconds: For how long the answer is to be wrapped; `None` for not at all. Of 0 servers think that it is, and do not wrap.
    """

    operation: str
    path: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    wrap_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`allowed` is `None` when it cannot be said.

    `capabilities` are those of the rule that decides, as for `sys/capabilities`; empty for a deny or where no rule matches. `because` names
    the rules, or what is missing.
    """

    allowed: bool | None
    capabilities: frozenset[str]
    because: tuple[str, ...]


def evaluate_policies(
    policies: Iterable[Policy],
    request: Request,
    profile: Profile,
    *,
    at: datetime | None = None,
    values: Values = nothing_known,
) -> Decision:
    """The decision on one request of whoever has these policies.

    Raises:
        AuthorError: An operation that the engine does not know; or what `acl` refuses.
    """
    return decided(acl(policies, profile, at=at, values=values), request)


def decided(found: Acl, request: Request) -> Decision:
    """The decision of one list on one request.

    Raises:
        AuthorError: An operation that the engine does not know.
    """
    known = found.profile.capabilities - {"deny"}
    if request.operation not in known:
        raise AuthorError(f"{request.operation!r} is no operation of {found.profile}", remedy=f"use one of {', '.join(sorted(known))}")
    if found.refused:
        return Decision(allowed=False, capabilities=frozenset(), because=(found.refused,))
    path = asked(request.operation, request.path)
    permission = deciding(found, request.operation, path)
    said = judged(found, request, path, permission)
    if said.allowed and (denied := _folded(found, request.operation, path)):
        return Decision(allowed=None, capabilities=said.capabilities, because=(f"the deny on {denied} counts in whatever letters",))
    others = [judged(found, request, path, one) for one in found.open if _may_match(one.path, request.operation, path)]
    if any(other.allowed is not said.allowed for other in others):
        names = tuple(f"the value in {one.path} is not known" for one in found.open if _may_match(one.path, request.operation, path))
        return Decision(allowed=None, capabilities=said.capabilities, because=names)
    return said


def _folded(found: Acl, operation: str, path: str) -> str:
    """A deny that matches in other letters than it is written in; where it then stands among the rules is not known."""
    if not found.profile.folds_denies:
        return ""
    forms = (path, path.removesuffix("/")) if operation in LISTING else (path,)
    denies = (one.path for one in (*found.exact, *found.patterns) if one.is_deny)
    return next((deny for deny in denies if any(matches(deny.lower(), form.lower()) and not matches(deny, form) for form in forms)), "")


def judged(found: Acl, request: Request, path: str, permission: Permission | None) -> Decision:
    """The decision when this is what decides; the path is as `asked`."""
    if permission is None:
        return Decision(allowed=False, capabilities=frozenset(), because=(f"no rule matches {path}",))
    held = permission.capabilities
    if permission.is_deny:
        return Decision(allowed=False, capabilities=frozenset(), because=_named(permission, "deny"))
    if request.operation not in held:
        return Decision(
            allowed=False, capabilities=held, because=(f"path {permission.path} decides and does not give {request.operation}",)
        )
    if not found.is_root and needs_sudo(path, found.profile) and "sudo" not in held:
        return Decision(allowed=False, capabilities=held, because=(f"{path} takes sudo, which path {permission.path} does not give",))
    why = refusal(permission, request.operation, request.parameters, request.wrap_seconds, found.profile.lists)
    return Decision(allowed=not why, capabilities=held, because=(why,) if why else _named(permission, request.operation))


def _named(permission: Permission, capability: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{_policy(rule.policy)}path {rule.path}" for rule in permission.given_by(capability)))


def _policy(name: str) -> str:
    return f"policy {name} " if name else ""


def _may_match(template: str, operation: str, path: str) -> bool:
    parts = re.split(r"\{\{.*?\}\}|\+|\*", template)
    shape = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    return any(shape.fullmatch(one) for one in ((path, path.removesuffix("/")) if operation in LISTING else (path,)))
