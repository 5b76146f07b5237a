"""Access keys: switched off, never deleted, so that they can be switched on again."""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.connectors.aws.editing.kind import Statement, made, swapped
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import ConnectorError
from guardrails.model.changes import Action, Disable, Edit, Image
from guardrails.model.reference import Ref

__all__ = ["AccessKeys"]

STATUS, USER = "status", "user"


class AccessKeys:
    """By their ids; whose one is, IAM tells."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """Its status and its user."""
        told = api.found("iam", "get_access_key_last_used", AccessKeyId=ref.id)
        if told is None or not (user := str(told.get("UserName", ""))):
            return None
        keys = api.whole("iam", "list_access_keys", UserName=user)["AccessKeyMetadata"]
        status = next((str(key["Status"]) for key in keys if key["AccessKeyId"] == ref.id), "")
        return Image.of({STATUS: (status,), USER: (user,)}) if status else None

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """Active becomes Inactive."""
        if not isinstance(action, Disable) or action.holder is None or image.values(USER) != (action.holder.name,):
            raise ValueError("it is of another user by now")
        if image.values(STATUS) != ("Active",):
            raise ValueError("it cannot be used already")
        return swapped(image, STATUS, "Inactive")

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call, for the user whose it is."""
        if now.values(USER) != after.values(USER):
            raise ConnectorError(f"{ref} is of another user", remedy="plan again")
        (status,), (user,) = after.values(STATUS), after.values(USER)
        made(api, "iam", "update_access_key", AccessKeyId=ref.id, UserName=user, Status=status)

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Keys have no names in policies: those of all users, and nothing else of them."""
        users = f"arn:aws:iam::{ref.realm}:user/*"
        reads = {"Effect": "Allow", "Action": ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"], "Resource": ["*"]}
        writes = {"Effect": "Allow", "Action": ["iam:UpdateAccessKey"], "Resource": [users]}
        return (reads, writes) if tuple(edits) else (reads,)
