"""The words of Vault's policies that the declaration uses as well."""

from __future__ import annotations

from enum import Enum

__all__ = ["CAPABILITIES", "DEFAULT", "POLICY", "SecretIds", "mistaken"]

CAPABILITIES = ("read", "create", "update", "patch", "delete", "list", "scan", "sudo", "recover", "subscribe")
"""Every capability of either engine, `deny` aside; the one that tells most comes first."""

DEFAULT = "default"
"""The policy that every token has unless its role says otherwise."""

POLICY = "policy"
"""The action of a clause that stands for whatever a named policy gives."""


class SecretIds(Enum):
    """How much is read of the secret ids of AppRoles; never one itself."""

    NONE = "none"
    COUNTED = "count"
    LOOKED_UP = "look-up"


def mistaken(selector: str) -> str:
    """What is wrong with a path pattern; empty when nothing is."""
    if not selector or selector.startswith("/"):
        return "write the path without the leading / and without v1/, such as kv/data/app/*"
    if "*" in selector[:-1] or "+*" in selector:
        return "a * stands only at the end, after the text or the / that it continues; + is one whole segment"
    if any("+" in segment and segment != "+" for segment in selector.split("/")):
        return "a + is a wildcard only alone in its segment: transit/+/sms-*"
    return "write the paths as they are asked for; {{...}} is for policies" if "{{" in selector else ""
