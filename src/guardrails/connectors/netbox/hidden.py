"""Whether the reader sees all that there is. NetBox leaves out what a right with conditions hides, and counts only the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.connectors.netbox.answers import ENDPOINTS, Answers, Failed, Found, Objects
from guardrails.connectors.netbox.objects import REALM
from guardrails.connectors.netbox.rights import right_of
from guardrails.model.facts import Gap, Reading
from guardrails.model.words import GapReason

__all__ = ["PERMISSIONS", "Reader", "hidden"]

PERMISSIONS = "users/permissions"
"""Where NetBox lists rights, with their conditions."""

_RIGHTS = right_of(PERMISSIONS)
_VIEWS = {what: right_of(path) for what, path in ENDPOINTS.items()}
_REMEDY = "let the reader view {what} without constraints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose token reads, as `authentication-check` tells."""

    id: int
    name: str
    groups: frozenset[int]
    rights: frozenset[int]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Reader | None:
        """Whom the answer is about; `None` when it does not say."""
        try:
            groups, rights = (frozenset(int(found["id"]) for found in told[name]) for name in ("groups", "permissions"))
            return cls(id=int(told["id"]), name=str(told["username"]), groups=groups, rights=rights)
        except (KeyError, TypeError, ValueError):
            return None


def hidden(system: str, reader: Reader, permissions: Found | Failed, answers: Answers) -> Iterator[Gap | Reading]:
    """A gap for each endpoint that answered and may have left objects out, as far as the rights tell that can be seen.

    An administrator needs no right, so who sees rights without having any to see them is one.
    """
    if isinstance(permissions, Failed):
        remedy = "let the reader view users > permission, which tells whether anything is hidden from it"
        yield _gap(system, "permissions", permissions.reason, permissions.message, remedy, *permissions.rights)
        return
    yield Reading(
        system=system,
        realm=REALM,
        what="permissions",
        items=len(permissions.objects),
        pages=permissions.pages,
        calls=permissions.calls,
        counted=permissions.counted,
    )
    try:
        views = _views(reader, permissions.objects)
    except (KeyError, TypeError, ValueError):
        yield _gap(system, "permissions", GapReason.MALFORMED, "a right lacks a field, or holds one of another form", "look at it")
        return
    administrator = _RIGHTS not in views and reader.rights <= {found["id"] for found in permissions.objects}
    seen = {what: answer for what, answer in answers.items() if isinstance(answer, Found)} | {"permissions": permissions}
    for what in seen:
        right = _VIEWS.get(what, _RIGHTS)
        bound = views.get(right)
        # without a right the own tokens are told, which is found out otherwise
        if bound or (bound is None and not administrator and what != "tokens"):
            message = f"what the reader may view of {what} is bound by conditions, or by rights that it does not see"
            yield _gap(system, "identity" if what == "users" else what, GapReason.INCOMPLETE, message, _REMEDY.format(what=what), right)


def _views(reader: Reader, rights: Objects) -> dict[str, bool]:
    """For each right to view that the reader has, whether all that give it have conditions."""
    found: dict[str, bool] = {}
    for right in rights:
        groups, users = ({int(held["id"]) for held in right[name]} for name in ("groups", "users"))
        if right["enabled"] and "view" in right["actions"] and (reader.id in users or groups & reader.groups):
            for form in right["object_types"]:
                found[f"view {form}"] = found.get(f"view {form}", True) and bool(right["constraints"])
    return found


def _gap(system: str, what: str, reason: GapReason, message: str, remedy: str, *rights: str) -> Gap:
    return Gap(system=system, realm=REALM, what=what, reason=reason, message=message, remedy=remedy, rights=rights)
