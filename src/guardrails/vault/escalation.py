"""Ways to more permissions than one has in Vault and OpenBao, as data: what they take, and what comes of them.

Facts of the servers' own documentation (HTTP API: policies, identity, auth methods, token store, generate-root, raw storage). What issues
credentials of other systems, such as `creds/` or `sign/`, is a permission itself and no way to more of them here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["WAYS", "Gain", "Way"]


class Gain(Enum):
    """What comes of it."""

    ANYTHING = "any permission"
    """Policies can be made, or root can be come to."""
    LOGIN = "the permissions of a login"
    """It becomes whoever logs in there."""
    GROUP = "the permissions of a group"
    """It joins the group."""
    ENTITY = "the permissions of another entity"
    """Its login becomes one of that entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One request that leads to more.

    Attributes:
        how: For people, after "by".
        path: With `{policy}` for the name of a policy that it has, `{entity}` and `{name}` for its own, `{group}` for a group, `{alias}`
            for an alias, `{login}` for the path of a login and `{role}` for the last part of that.
        operations: Any of them is enough.
        gain: What comes of it.
        parameters: What must be sent along.
        needs: Further paths, each with the operation that it takes.
        logins: Methods to whose logins it is done, by the folder of these.
        sudo: It takes `sudo` beside the operation, although the path does not.
    """

    how: str
    path: str
    gain: Gain
    operations: tuple[str, ...] = ("update", "create")
    parameters: tuple[tuple[str, object], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    logins: tuple[str, ...] = field(default=())
    sudo: bool = False


_ALIAS = (("canonical_id", "e"), ("mount_accessor", "m"), ("name", "n"))
_ALL = 'path "*" { capabilities = ["sudo"] }'

WAYS = (
    Way(
        how="writing a policy that it has",
        path="sys/policies/acl/{policy}",
        gain=Gain.ANYTHING,
        operations=("update", "create", "patch"),
        parameters=(("policy", _ALL),),
    ),
    Way(how="writing a policy that it has", path="sys/policy/{policy}", gain=Gain.ANYTHING, parameters=(("policy", _ALL),)),
    Way(how="giving its entity policies", path="identity/entity/id/{entity}", gain=Gain.ANYTHING, parameters=(("policies", ["p"]),)),
    Way(how="giving its entity policies", path="identity/entity/name/{name}", gain=Gain.ANYTHING, parameters=(("policies", ["p"]),)),
    Way(how="giving its entity policies", path="identity/entity", gain=Gain.ANYTHING, parameters=(("name", "n"), ("policies", ["p"]))),
    Way(how="joining a group", path="identity/group/id/{group}", gain=Gain.GROUP, parameters=(("member_entity_ids", ["e"]),)),
    Way(how="making a group of its own", path="identity/group", gain=Gain.ANYTHING, parameters=(("policies", ["p"]),)),
    Way(how="moving its login to an entity", path="identity/entity-alias", gain=Gain.ENTITY, parameters=_ALIAS),
    Way(how="moving its login to an entity", path="identity/entity-alias/id/{alias}", gain=Gain.ENTITY, parameters=_ALIAS),
    Way(
        how="merging its entity into another",
        path="identity/entity/merge",
        gain=Gain.ENTITY,
        parameters=(("from_entity_ids", ["e"]), ("to_entity_id", "e")),
    ),
    Way(how="issuing tokens of a role", path="auth/token/create/{role}", gain=Gain.LOGIN, logins=("roles",)),
    Way(how="issuing tokens of any policies", path="auth/token/create", gain=Gain.ANYTHING, parameters=(("policies", ["p"]),), sudo=True),
    Way(how="issuing tokens of any policies", path="auth/token/create-orphan", gain=Gain.ANYTHING, sudo=True),
    Way(how="issuing a secret id", path="{login}/secret-id", gain=Gain.LOGIN, needs=(("read", "{login}/role-id"),), logins=("role",)),
    Way(how="setting a password", path="{login}/password", gain=Gain.LOGIN, parameters=(("password", "p"),), logins=("users",)),
    Way(
        how="writing a login for itself",  # which it then takes by what that login trusts
        path="{login}",
        gain=Gain.ANYTHING,
        parameters=(("token_policies", ["p"]),),
        logins=("role", "users", "roles", "groups", "certs", "teams"),
    ),
    Way(how="reading and writing the storage", path="sys/raw/core/x", gain=Gain.ANYTHING, parameters=(("value", "v"),)),
    Way(
        how="enabling a way to log in",
        path="sys/auth/x",
        gain=Gain.ANYTHING,
        parameters=(("type", "t"),),
        needs=(("update", "auth/x/role/x"),),
    ),
)
