"""Access keys: switched off, so that they can be switched on again; and deleted when nobody has used them for long enough after that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guardrails.connectors.aws.editing.kind import Statement, made, swapped
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import ConnectorError
from guardrails.model.changes import GONE, Action, Delete, Disable, Edit, Image, difference
from guardrails.model.reference import Ref

__all__ = ["AccessKeys", "QuarantinedKeys"]

STATUS, USER, USED = "status", "user", "used"


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


class QuarantinedKeys:
    """The same keys as they are deleted: with their last use, and by `USER/KEY`, for of a key that is gone nobody tells whose it was."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """Its status, its user, and when it was used last, if ever."""
        user, _, key = ref.id.rpartition("/")
        if api.found("iam", "get_user", UserName=user) is None:
            return None  # its keys went with it
        keys = api.whole("iam", "list_access_keys", UserName=user)["AccessKeyMetadata"]
        found = next((one for one in keys if one["AccessKeyId"] == key), None)
        if found is None:
            return None
        told = api.whole("iam", "get_access_key_last_used", AccessKeyId=key)
        used = told["AccessKeyLastUsed"].get("LastUsedDate")
        if used is not None and not isinstance(used, datetime):
            raise ConnectorError(f"{ref}: when it was used last is of no known form", remedy="look at it yourself")
        return Image.of({STATUS: (str(found["Status"]),), USER: (user,), USED: (used.isoformat(),) if used else ()})

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """It goes, as long as it is off and was not used since."""
        if not isinstance(action, Delete):
            raise ValueError("it is only deleted")  # noqa: TRY004  # the port's word for it
        if _lasting(image, USED).fingerprint != action.left:
            raise ValueError("it is not as it was left: somebody switched it on, or it is of another user")
        for used in image.values(USED):
            if datetime.fromisoformat(used) > action.since:
                raise ValueError(f"it was used since, at {used}: find out who switched it on")
        return difference(image, GONE)

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call. It cannot be made again."""
        if after != GONE:
            raise ConnectorError(f"{ref} cannot be made again", remedy="plan again")
        user, _, key = ref.id.rpartition("/")
        if now.values(USER) != (user,):
            raise ConnectorError(f"{ref} is of another user", remedy="plan again")
        made(api, "iam", "delete_access_key", AccessKeyId=key, UserName=user)

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of the user whose key it is, wherever in the account it is kept."""
        user = ref.id.rpartition("/")[0]
        users = [f"arn:aws:iam::{ref.realm}:user/{user}", f"arn:aws:iam::{ref.realm}:user/*/{user}"]
        reads = {"Effect": "Allow", "Action": ["iam:GetUser", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"], "Resource": ["*"]}
        writes = {"Effect": "Allow", "Action": ["iam:DeleteAccessKey"], "Resource": users}
        return (reads, writes) if tuple(edits) else (reads,)


def _lasting(image: Image, passing: str) -> Image:
    return Image.of({name: values for name, values in image.fields if name != passing})
