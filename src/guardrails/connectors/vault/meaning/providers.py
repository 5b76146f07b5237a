"""Groups whose members somebody else names: external groups, which each login by their mount fills anew. Pure.

The name of the alias is compared in any letters with what the provider says; seen on OpenBao 2.6.2 and 2.7.2. Of `jwt` and `oidc` a role
says in which claim the names stand. Where no role of a mount says it, nobody gets into a group by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.model.facts import Setting
from guardrails.ports import Provided

__all__ = ["provided"]

_BY_CLAIMS = frozenset({"jwt", "oidc"})
_DIRECTORY = "ldap"
_NOT_SEEN = "a mount that was not seen"


def provided(held: Holdings, *, is_whole: bool) -> Iterator[Provided]:
    """Those that carry policies, by themselves or through groups; `is_whole` when every role was read."""
    mounts = {fact.ref.id: fact for fact in held.settings("auth-mount")}
    groups = {ref.id: ref for ref in held.principals if ref.kind == "group"}
    for fact in sorted(held.settings("group-alias"), key=lambda fact: (fact.ref.name, fact.ref.id)):
        alias = json.loads(fact.text)
        group = groups.get(str(alias.get("canonical_id") or fact.pointer.rpartition("/")[2]))
        mount = mounts.get(str(alias.get("mount_accessor")))
        if group is None or not held.names(group) or (mount and is_whole and _is_closed(held, mount)):
            continue
        path = f"auth/{mount.ref.name}" if mount else str(alias.get("mount_path") or _NOT_SEEN)
        claims = " or ".join(_claims(held, mount)) if mount else ""
        yield Provided(
            group=group,
            name=fact.ref.name,
            login=f"{path}config",
            how=f"whoever {path} says is in {fact.ref.name}{f', by the claim {claims}' if claims else ''}",
            by_directory=(mount.form if mount else fact.form) == _DIRECTORY,
        )


def _is_closed(held: Holdings, mount: Setting) -> bool:
    """Whether no login by a mount asks for groups."""
    return mount.form in _BY_CLAIMS and not _claims(held, mount)


def _claims(held: Holdings, mount: Setting) -> tuple[str, ...]:
    """Where logins by a mount look for groups."""
    roles = (json.loads(fact.text) for fact in held.settings("role") if fact.ref.id.startswith(f"auth/{mount.ref.name}role/"))
    return tuple(sorted({str(role["groups_claim"]) for role in roles if role.get("groups_claim")}))
