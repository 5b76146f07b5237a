"""Where the answer of GetAccountAuthorizationDetails keeps what (IAM API Reference, the types *Detail)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["ATTACHED", "INLINE", "LISTS", "boundary_of", "default_documents", "other_documents"]

LISTS: Mapping[str, str] = MappingProxyType({"user": "UserDetailList", "role": "RoleDetailList", "group": "GroupDetailList"})
INLINE: Mapping[str, str] = MappingProxyType({"user": "UserPolicyList", "role": "RolePolicyList", "group": "GroupPolicyList"})
ATTACHED = "AttachedManagedPolicies"


def default_documents(policies: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """ARN and document of each managed policy, in the version that is in force; one without such a version is left out."""
    for entry in policies:
        version = next((v for v in entry.get("PolicyVersionList") or () if v.get("IsDefaultVersion")), None)
        if version is not None and "Document" in version:
            yield str(entry["Arn"]), version["Document"]


def other_documents(policy: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Id and document of each version of a managed policy that is not in force; `None` for a document that is not there."""
    for version in policy.get("PolicyVersionList") or ():
        if not version.get("IsDefaultVersion"):
            yield str(version.get("VersionId")), version.get("Document")


def boundary_of(entry: Mapping[str, Any]) -> str:
    """The ARN of its boundary; nothing when it has none."""
    return str((entry.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or "")
