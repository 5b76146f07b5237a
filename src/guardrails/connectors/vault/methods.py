"""Auth methods that are read: where each keeps what can log in, and how it is set up. What is not here is a gap. No SDK, no answers."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CONFIGS", "MAPPINGS", "PLACES", "ROLES", "SECRET_IDS"]

ROLES: Mapping[str, str] = {
    "approle": "role",
    "kubernetes": "role",
    "jwt": "role",
    "oidc": "role",
    "cert": "certs",
    "userpass": "users",
    "token": "roles",
    "aws": "role",
    "azure": "role",
    "gcp": "role",
}
"""Methods whose logins name what their tokens get, and the folder of them."""

MAPPINGS: Mapping[str, Mapping[str, str]] = {
    "ldap": {"groups": "ldap-group", "users": "user"},
    "github": {"map/teams": "login-group", "map/users": "user"},
    "kerberos": {"groups": "login-group"},
    "okta": {"groups": "login-group", "users": "user"},
    "radius": {"users": "user"},
}
"""Methods that map groups and people of another system to policies: the folders of that, and what a mapping in each is called."""

CONFIGS: Mapping[str, tuple[str, ...]] = {
    "aws": ("config/client", "config/identity"),
    "azure": ("config",),
    "cert": ("config",),
    "gcp": ("config",),
    "github": ("config",),
    "jwt": ("config",),
    "kerberos": ("config", "config/ldap"),
    "kubernetes": ("config",),
    "ldap": ("config",),
    "oidc": ("config",),
    "okta": ("config",),
    "radius": ("config",),
}
"""Where a method says how it is set up; the others have no such place."""

SECRET_IDS = "secret-id"  # noqa: S105  # a folder of accessors
"""The folder below an AppRole where the accessors of its secret ids are listed."""

PLACES = frozenset({*ROLES.values(), *(folder.rpartition("/")[2] for folders in MAPPINGS.values() for folder in folders), SECRET_IDS})
"""The last part of every folder whose names are listed."""
