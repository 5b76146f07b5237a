"""Paths for which the operation alone is not enough: the server asks for `sudo` on them as well.

From the paths that the engines list as `Root` of their system and token backends; those of a mounted engine, such as `pki/root`, depend on
where it is mounted and are not here.
"""

from __future__ import annotations

from functools import lru_cache

from guardrails.vault.acl import matches
from guardrails.vault.profiles import Engine, Profile

__all__ = ["needs_sudo", "protected"]

_COMMON = (
    "auth/token/accessors*",
    "auth/token/revoke-orphan/*",
    "sys/audit",
    "sys/audit/*",
    "sys/auth/*",
    "sys/config/auditing/*",
    "sys/config/cors",
    "sys/config/ui/headers/*",
    "sys/internal/inspect/*",
    "sys/leases",
    "sys/leases/lookup/*",
    "sys/leases/revoke-force/*",
    "sys/leases/revoke-prefix/*",
    "sys/plugins/catalog/*",
    "sys/raw",
    "sys/raw/*",
    "sys/remount",
    "sys/revoke-force/*",
    "sys/revoke-prefix/*",
    "sys/rotate",
)
_OPENBAO = ("sys/rotate/keyring", "sys/rotate/root")
_VAULT = (
    "sys/activation-flags/*",
    "sys/replication/dr/primary/secondary-token",
    "sys/replication/performance/primary/secondary-token",
    "sys/replication/primary/secondary-token",
    "sys/replication/reindex",
    "sys/storage/raft/snapshot-auto/config/*",
)


def protected(profile: Profile) -> tuple[str, ...]:
    """The paths, with a star where all that begin so are meant."""
    return _COMMON + (_OPENBAO if profile.engine is Engine.OPENBAO else _VAULT)


@lru_cache(maxsize=65536)
def needs_sudo(path: str, profile: Profile) -> bool:
    """Whether every request on a path takes `sudo` beside its capability."""
    return path.startswith(("sys/", "auth/token/")) and any(matches(pattern, path) for pattern in protected(profile))
