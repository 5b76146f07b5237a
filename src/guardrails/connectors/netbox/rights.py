"""The rights that requests take, as NetBox's permissions call them, and the permission that gives them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

__all__ = ["reader_policy", "right_of"]


def right_of(path: str, action: str = "view") -> str:
    """To do something to the objects of an endpoint such as `ipam/ip-addresses`: `view ipam.ipaddress`."""
    if path == "users/permissions":
        return f"{action} users.objectpermission"  # the one endpoint that is not named like its objects
    app, _, plural = path.replace("-", "").partition("/")
    for ending, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if plural.endswith(ending):
            return f"{action} {app}.{plural.removesuffix(ending)}{one}"
    return f"{action} {app}.{plural}"


def reader_policy(rights: Iterable[str]) -> str:
    """A body to POST to `/api/users/permissions/`, without constraints; the reader's group or user is added to it there."""
    permission = {
        "name": "guardrails-reader",
        "enabled": True,
        "object_types": sorted({right.partition(" ")[2] for right in rights}),
        "actions": ["view"],
        "constraints": None,
    }
    return json.dumps(permission, indent=2) + "\n"
