"""The rights that calls take, as IAM calls them, and the least policies that give them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

__all__ = ["reader_policy", "right_of"]

_OTHERWISE = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}
"""Actions of IAM that are not named like their call (Service Authorization Reference)."""

_SERVICES = {"sso-admin": "sso"}
"""Services that IAM calls otherwise than the SDK."""

_FREE = "sts:GetCallerIdentity"
"""What AWS answers to everybody, whatever policies say."""

_HOME = ("sts:", "organizations:", "sso:", "identitystore:")
"""What the identity asks for itself, before it becomes the reader of an account."""


def right_of(service: str, operation: str, parameters: Mapping[str, object]) -> str:
    """The action, and of a role that is assumed its ARN behind it; empty when it takes none."""
    call = f"{_SERVICES.get(service, service)}:{operation}"
    if call == _FREE:
        return ""
    return f"{call} {parameters['RoleArn']}" if call == "sts:AssumeRole" else _OTHERWISE.get(call, call)


def reader_policy(rights: Iterable[str], identity: str) -> str:
    """One IAM policy; when roles are assumed three documents: for the identity, for the role of each account, and whom the role trusts."""
    held = sorted(set(rights))
    roles = [right.partition(" ")[2] for right in held if " " in right]
    if not roles:
        return _text(_policy(_allow(held, ["*"])))
    home = [right for right in held if right.startswith(_HOME) and " " not in right]
    there = [right for right in held if not right.startswith(_HOME)]
    trusted = {"Effect": "Allow", "Principal": {"AWS": _lasting(identity)}, "Action": "sts:AssumeRole"}
    return _text(
        {
            "identity-policy": _policy(*([_allow(home, ["*"])] if home else []), _allow(["sts:AssumeRole"], roles)),
            "role-policy": _policy(_allow(there, ["*"])),
            "role-trust": _policy(trusted),
        }
    )


def _lasting(identity: str) -> str:
    """The role behind a session, which trust can name for good."""
    head, _, name = identity.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{name.partition('/')[0]}" if name else identity


def _allow(actions: list[str], resources: list[str]) -> Mapping[str, object]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _policy(*statements: Mapping[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _text(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
