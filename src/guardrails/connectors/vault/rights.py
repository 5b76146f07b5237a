"""The rights that requests take, as `CAPABILITIES PATH` of Vault's policies, and the least policy that gives them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["SURPLUS", "lookup_of", "reader_policy", "right_of"]

_LOGINS = re.compile(
    r"auth/(?P<mount>.+?)/(?P<folder>config(?:/[^/]+)?|(?:role|roles|map/users|map/teams|users|groups|certs)(?P<name>/[^/]+)?)"
)
_SECRET_IDS = re.compile(r"auth/(?P<mount>.+?)/role/[^/]+/(?P<folder>secret-id(?:-accessor/lookup)?)")
_NAMED = re.compile(r"(identity/(?:entity|group)/id|sys/quotas/(?:rate-limit|lease-count)|.+/(?:keys|roles))/[^/]+")
_SUDO = frozenset({"auth/token/accessors", "sys/audit", "sys/config/cors", "sys/leases/lookup"})
"""Paths that the server protects further (its documentation of the HTTP API, root-protected paths)."""

SURPLUS = ("sys/policies/acl/guardrails-probe", "sys/auth/guardrails-probe", "sys/mounts/guardrails-probe", "identity/entity")
"""Paths that a reader has no business to write; none is ever written here."""


def right_of(method: str, path: str) -> str:
    """What a LIST, a GET or the lookup of an accessor by POST takes.

    Names become wildcards, and so do mounts of auth methods; never mounts of secrets, which may be alike.
    """
    if method == "post":
        return f"update {_secret_ids(path) or path}"
    if method == "list":
        # as servers look it up; without the slash, rules for names hide it
        return f"{'list,sudo' if path in _SUDO else 'list'} {_secret_ids(path) or _logins(path) or path}/"
    if path.startswith("sys/policies/acl/"):  # their names may hold slashes
        return "read sys/policies/acl/*"
    found = _NAMED.fullmatch(path)
    general = _logins(path) or (f"{found[1]}/+" if found else path)
    return f"{'read,sudo' if path in _SUDO else 'read'} {general}"


def lookup_of(folder: str) -> tuple[str, str]:
    """Where an accessor of a folder is looked up, and the field that it goes into."""
    if folder.startswith("auth/token/"):
        return "auth/token/lookup-accessor", "accessor"
    return f"{folder}-accessor/lookup", "secret_id_accessor"


def _secret_ids(path: str) -> str:
    found = _SECRET_IDS.fullmatch(path)
    return f"auth/{_mount(found['mount'])}/role/+/{found['folder']}" if found else ""


def _mount(name: str) -> str:
    """A `+` is one segment, so a mount of several is named."""
    return name if "/" in name else "+"


def _logins(path: str) -> str:
    found = _LOGINS.fullmatch(path)
    if not found:
        return ""
    folder = found["folder"].removesuffix(found["name"] or "")
    return f"auth/{_mount(found['mount'])}/{folder}{'/+' if found['name'] else ''}"


def reader_policy(rights: Iterable[str]) -> str:
    """HCL, one line for each path."""
    paths: dict[str, set[str]] = {}
    for right in rights:
        capabilities, _, path = right.partition(" ")
        paths.setdefault(path, set()).update(capabilities.split(","))
    quoted = {f'"{path}"': ", ".join(f'"{capability}"' for capability in sorted(held)) for path, held in sorted(paths.items())}
    width = max(map(len, quoted), default=0)
    return "".join(f"path {path:{width}} {{ capabilities = [{held}] }}\n" for path, held in quoted.items())
