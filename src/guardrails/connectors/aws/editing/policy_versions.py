"""Versions of managed policies that our rewriting left behind, not in force: deleted, for whoever may put one in force has it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from guardrails.connectors.aws.editing.kind import Statement, made, require_own
from guardrails.connectors.aws.editing.policies import ManagedPolicies, document, versions
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Action, Delete, Edit, Image
from guardrails.model.reference import Ref

__all__ = ["PolicyVersions", "left_version"]

VERSION = "version"


def left_version(before: Image) -> tuple[str, ...]:
    """What stays of a managed policy that is rewritten: the version that was in force, with the digest of its text."""
    name = before.token.partition(",")[0]
    return (_told(name, before.values("document")[0]),) if name else ()


class PolicyVersions:
    """A managed policy with the versions that are not in force."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """As the policy itself, and each other version as its name and the digest of its text."""
        policy = ManagedPolicies().read(api, ref)
        if policy is None:
            return None
        default, others = policy.token.partition(",")[0], policy.token.split(",")[1:]
        told = [_told(name, document(api, ref.id, name)) for name in others]
        return Image.of({**dict(policy.fields), VERSION: told}, token=default)

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """The versions go that are still there, as long as what took their place is in force."""
        require_own(image)
        if not isinstance(action, Delete):
            raise ValueError("of versions that are not in force nothing else is made")  # noqa: TRY004  # the port's word for it
        policy = Image.of({name: values for name, values in image.fields if name != VERSION})
        if policy.fingerprint != action.left:
            raise ValueError("it is not as it was left: something else is in force, or its tags are others")
        gone = tuple(told for told in image.values(VERSION) if told in action.parts)
        if not gone:
            raise ValueError("nothing of it is left to delete")
        return (Edit(field=VERSION, removes=gone),)

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One version by one call; IAM itself refuses to delete the one that is in force."""
        gone = [told.partition(" ")[0] for told in now.values(VERSION) if told not in after.values(VERSION)]
        if len(gone) != 1 or set(after.values(VERSION)) - set(now.values(VERSION)):
            raise ConnectorError(f"{ref}: one version is deleted at a time, and none is made again", remedy="plan again")
        if next(str(one["VersionId"]) for one in versions(api, ref.id) if one["IsDefaultVersion"]) != now.token:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        made(api, "iam", "delete_policy_version", PolicyArn=ref.id, VersionId=gone[0])

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this policy alone."""
        reads = ["iam:GetPolicy", "iam:ListPolicyVersions", "iam:GetPolicyVersion"]
        writes = ["iam:DeletePolicyVersion"] if tuple(edits) else []
        return ({"Effect": "Allow", "Action": [*reads, *writes], "Resource": [ref.id]},)


def _told(name: str, text: str) -> str:
    return f"{name} sha256:{hashlib.sha256(text.encode()).hexdigest()}"
