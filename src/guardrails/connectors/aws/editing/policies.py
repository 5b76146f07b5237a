"""Managed policies of an account: a new version is staged, read back, and only then put in force. The one before stays, to go back to.

What nobody can take back: at five versions the oldest that is not in force is deleted to make room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guardrails.connectors.aws.editing.kind import Statement, made, marked, require_own, require_seen, swapped
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.single import SingleApi, text_of
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Action, Edit, Image, RewritePolicy
from guardrails.model.reference import Ref

__all__ = ["ManagedPolicies", "document", "versions"]

DOCUMENT = "document"
_MOST_CHARACTERS, _MOST_VERSIONS = 6144, 5


class ManagedPolicies:
    """Customer managed policies, by their ARNs. The token of an image is the list of versions, the one in force first."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """In the version that is in force."""
        told = api.found("iam", "get_policy", PolicyArn=ref.id)
        if told is None:
            return None
        entry = told["Policy"]
        default = str(entry["DefaultVersionId"])
        others = sorted(_names(versions(api, ref.id)) - {default}, key=_number, reverse=True)
        fields: dict[str, Iterable[str]] = {
            "id": (str(entry["PolicyId"]),),
            DOCUMENT: (document(api, ref.id, default),),
            **marked(tags_of(entry)),
            "path": (str(entry["Path"]),),
        }
        return Image.of(fields, token=",".join([default, *others]))

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """Its text becomes another."""
        require_own(image)
        if not isinstance(action, RewritePolicy):
            raise ValueError("a managed policy can only be written again")  # noqa: TRY004  # the port's word for it
        require_seen(image.values(DOCUMENT)[0], action)
        size = len("".join(action.text.split()))
        if size > _MOST_CHARACTERS:
            raise ValueError(f"a managed policy may have {_MOST_CHARACTERS} characters, and this one would have {size}")
        return swapped(image, DOCUMENT, action.text)

    def lost(self, image: Image) -> str:
        """Which version makes room for a new one; empty when there is room."""
        default, *others = image.token.split(",")
        return f"its oldest version {others[-1]}, which is not in force" if default and len(others) + 1 >= _MOST_VERSIONS else ""

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """Put a version with the text in force; one that has it already is taken, so that a second try makes no second version."""
        text, held = after.values(DOCUMENT)[0], versions(api, ref.id)
        default = next(str(version["VersionId"]) for version in held if version["IsDefaultVersion"])
        ready = [name for name in _names(held) - {default} if document(api, ref.id, name) == text]
        staged = max(ready, key=_number, default="") or _staged(api, ref, held, default, text)
        if document(api, ref.id, default) != now.values(DOCUMENT)[0] or _default(api, ref.id) != default:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        made(api, "iam", "set_default_policy_version", PolicyArn=ref.id, VersionId=staged)
        if _number(staged) < _number(default):
            # taken back: what was ours is of no use any more
            made(api, "iam", "delete_policy_version", PolicyArn=ref.id, VersionId=default)

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this policy alone."""
        reads = ["iam:GetPolicy", "iam:ListPolicyVersions", "iam:GetPolicyVersion"]
        writes = ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion"]
        return ({"Effect": "Allow", "Action": [*reads, *(writes if tuple(edits) else [])], "Resource": [ref.id]},)


def _staged(api: SingleApi, ref: Ref, held: list[Mapping[str, Any]], default: str, text: str) -> str:
    """A new version that is not in force and holds what was sent."""
    if len(held) >= _MOST_VERSIONS:
        oldest = min(_names(held) - {default}, key=_number)
        made(api, "iam", "delete_policy_version", PolicyArn=ref.id, VersionId=oldest)
    answer = made(api, "iam", "create_policy_version", PolicyArn=ref.id, PolicyDocument=text, SetAsDefault=False)
    name = str(answer.get("PolicyVersion", {}).get("VersionId", ""))
    if not name or document(api, ref.id, name) != text:
        raise ConnectorError(f"{ref}: the new version does not read as it was written", remedy="look at its versions")
    return name


def versions(api: SingleApi, arn: str) -> list[Mapping[str, Any]]:
    """All of a policy's."""
    return list(api.whole("iam", "list_policy_versions", PolicyArn=arn)["Versions"])


def _names(held: Iterable[Mapping[str, Any]]) -> set[str]:
    return {str(version["VersionId"]) for version in held}


def _default(api: SingleApi, arn: str) -> str:
    return str(api.whole("iam", "get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"])


def document(api: SingleApi, arn: str, version: str) -> str:
    """The text of one, as it is kept."""
    return text_of(api.whole("iam", "get_policy_version", PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _number(version: str) -> int:
    return int(version.removeprefix("v"))
