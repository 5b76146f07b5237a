"""The access control list of a bucket, and what limits it, in the words of S3: how they are kept in facts and images. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["ACL", "BLOCKS", "BLOCKS_PUBLIC", "ENFORCED", "IGNORES_PUBLIC", "LIMITS", "RESTRICTS", "blocked", "is_for_everybody", "listing"]

ACL, LIMITS = "bucket-acl", "bucket-limits"
"""Kinds of refs: a list, and who owns the objects of a bucket with its public access block; of an account the block alone."""
ENFORCED = "BucketOwnerEnforced"
"""The ownership of objects under which lists count for nothing (S3 User Guide, "Controlling ownership of objects")."""
BLOCKS_PUBLIC, IGNORES_PUBLIC, RESTRICTS = "BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"
BLOCKS = (BLOCKS_PUBLIC, IGNORES_PUBLIC, "BlockPublicPolicy", RESTRICTS)
_GLOBAL = "http://acs.amazonaws.com/groups/global/"
_EVERYBODY = frozenset({f"{_GLOBAL}AllUsers", f"{_GLOBAL}AuthenticatedUsers"})


def listing(answer: Mapping[str, Any]) -> str:
    """What `GetBucketAcl` tells, as `PutBucketAcl` takes it: canonical, and without names that are there to be shown alone.

    Raises:
        ValueError: It does not say who owns the bucket, or of a grant to whom it is and what it gives.
    """
    owner = (answer.get("Owner") or {}).get("ID")
    grants = [_grant(each) for each in answer.get("Grants") or ()]
    if not owner:
        raise ValueError("it does not say who owns the bucket")
    found = {"Grants": sorted(grants, key=lambda grant: json.dumps(grant, sort_keys=True)), "Owner": {"ID": owner}}
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _grant(found: Mapping[str, Any]) -> dict[str, Any]:
    told = found.get("Grantee") or {}
    grantee = {name: str(told[name]) for name in ("EmailAddress", "ID", "Type", "URI") if told.get(name)}
    if not {"EmailAddress", "ID", "URI"} & set(grantee) or not found.get("Permission"):
        raise ValueError("a grant does not say to whom it is, or what it gives")
    return {"Grantee": grantee, "Permission": str(found["Permission"])}


def blocked(configuration: Mapping[str, Any]) -> list[str]:
    """The parts of a public access block that are on."""
    return [name for name in BLOCKS if configuration.get(name)]


def is_for_everybody(grantees: Iterable[Mapping[str, str]]) -> bool:
    """Whether one of them is a group that S3 counts as the public (S3 User Guide, "The meaning of public")."""
    return any(grantee.get("URI") in _EVERYBODY for grantee in grantees)
