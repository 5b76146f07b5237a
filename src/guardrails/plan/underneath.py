"""Gaps under an action: what was not seen could make it wrong, so nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.world import World
from guardrails.model.actions import involved
from guardrails.model.changes import Action, Revoke, RewritePolicy, SetAddresses, SetEncryption, SetRotation
from guardrails.model.facts import Asset, Gap, Key
from guardrails.model.reference import Ref

__all__ = ["gaps_under"]

_ALWAYS = frozenset({"system", "observation", "account", "organization"})
_IDENTITIES = _ALWAYS | {"iam", "identity", "people", "groups", "members", "entries"}
_ISSUED = _IDENTITIES | {"tokens"}
_ADDRESSES = _ALWAYS | {"network"}
_ASSETS = _ALWAYS | {"assets", "s3", "kms", "kms:aliases", "ebs", "rds"}


def gaps_under(world: World, action: Action) -> Iterator[Gap]:
    """The gaps that could make an action wrong, accepted for a time or not: accepting one does not make seen what was not."""
    about = frozenset(involved(action))
    what = _kinds(action, world)
    sources = {source.system for source in world.declaration.sources} if what in (_IDENTITIES, _ISSUED) else set()
    for gap in world.gaps():
        own = gap.system == involved(action)[0].system and _is_under(gap, about)
        # whom a directory lost sight of may be the one who has not left
        told = gap.system in sources and gap.subject is None
        if (own or told) and (gap.what in what or gap.subject in about):
            yield gap


def _kinds(action: Action, world: World) -> frozenset[str]:
    match action:
        case SetAddresses():
            return _ADDRESSES
        case Revoke():  # one that was not seen may end with it
            return _ISSUED
        case SetEncryption() | SetRotation():
            return _ASSETS
        case RewritePolicy() if any(key.ref == action.holder for key in world.facts(Key, action.holder.system)):
            return _ASSETS | _IDENTITIES
        case RewritePolicy() if any(asset.ref == action.holder for asset in world.facts(Asset, action.holder.system)):
            return _ASSETS
        case _:
            return _IDENTITIES


def _is_under(gap: Gap, about: frozenset[Ref]) -> bool:
    return gap.subject in about if gap.subject is not None else gap.realm in {"", next(iter(about)).realm}
