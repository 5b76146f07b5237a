"""Rotation of keys, and what is encrypted when nobody says so. Both are switches that go back to where they were."""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.connectors.aws.editing.kind import Statement, made, marked, require_own, swapped
from guardrails.connectors.aws.single import SingleApi
from guardrails.model.changes import Action, Edit, Image, SetEncryption, SetRotation
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest

__all__ = ["EbsDefaults", "Keys"]

_ROTATED, _NEVER, _USUAL = "rotation", "never", "365"
_FEWEST, _MOST = 90, 2560
"""Days (KMS API Reference, EnableKeyRotation)."""
_DAYS = " days"


class Keys:
    """Keys of KMS, by their ARNs, which name their region."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """How often it is rotated."""
        region = ref.id.split(":")[3]
        told = api.found("kms", "describe_key", region, KeyId=ref.id)
        if told is None:
            return None
        meta = told["KeyMetadata"]
        status = api.whole("kms", "get_key_rotation_status", region, KeyId=ref.id)
        days = _days(status.get("RotationPeriodInDays") or _USUAL) if status.get("KeyRotationEnabled") else _NEVER
        tags = api.whole("kms", "list_resource_tags", region, KeyId=ref.id)["Tags"]
        pairs = tuple(sorted((str(tag["TagKey"]), str(tag["TagValue"])) for tag in tags))
        fields: dict[str, Iterable[str]] = {
            _ROTATED: (days,),
            "manager": (str(meta.get("KeyManager")),),
            "origin": (str(meta.get("Origin")),),
            "spec": (str(meta.get("KeySpec") or meta.get("CustomerMasterKeySpec")),),
            "state": (str(meta.get("KeyState")),),
            **marked(pairs),
        }
        return Image.of(fields)

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """The period becomes another."""
        require_own(image)
        if not isinstance(action, SetRotation):
            raise ValueError("only how often a key is rotated is changed")  # noqa: TRY004  # the port's word for it
        if (
            image.values("manager") != ("CUSTOMER",)
            or image.values("origin") != ("AWS_KMS",)
            or image.values("spec") != ("SYMMETRIC_DEFAULT",)
        ):
            raise ValueError("KMS rotates only symmetric keys whose material it made: make a new key, and point its alias there")
        if not _FEWEST <= action.days <= _MOST:
            raise ValueError(f"KMS rotates keys every {_FEWEST} to {_MOST} days: rotate it by hand")
        return swapped(image, _ROTATED, _days(action.days))

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:  # noqa: ARG002  # as for every kind
        """One call."""
        region, (days,) = ref.id.split(":")[3], after.values(_ROTATED)
        if days == _NEVER:
            made(api, "kms", "disable_key_rotation", region, KeyId=ref.id)
        else:
            made(api, "kms", "enable_key_rotation", region, KeyId=ref.id, RotationPeriodInDays=int(days.removesuffix(_DAYS)))

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this key alone."""
        reads = ["DescribeKey", "GetKeyRotationStatus", "ListResourceTags"]
        writes = ["EnableKeyRotation", "DisableKeyRotation"] if tuple(edits) else []
        return ({"Effect": "Allow", "Action": [f"kms:{name}" for name in (*reads, *writes)], "Resource": [ref.id]},)


def _days(number: object) -> str:
    return f"{number}{_DAYS}"


class EbsDefaults:
    """Whether new volumes of a region are encrypted; the id names the account and the region."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """On or off."""
        told = api.whole("ec2", "get_ebs_encryption_by_default", ref.name)
        return Image.of({"encrypted": ("true" if told["EbsEncryptionByDefault"] is True else "false",)})

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """Off becomes on."""
        if not isinstance(action, SetEncryption):
            raise ValueError("it is only switched on")  # noqa: TRY004  # the port's word for it
        if action.at_rest > AtRest.SERVICE_KEY:
            raise ValueError("which key it should be is for its owner to say: aws ec2 modify-ebs-default-kms-key-id")
        if image.values("encrypted") != ("false",):
            raise ValueError("it is on already")
        return swapped(image, "encrypted", "true")

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:  # noqa: ARG002  # as for every kind
        """One call."""
        on = after.values("encrypted") == ("true",)
        made(api, "ec2", f"{'enable' if on else 'disable'}_ebs_encryption_by_default", ref.name)

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:  # noqa: ARG002  # as for every kind
        """EC2 knows no resource for it."""
        writes = ["EnableEbsEncryptionByDefault", "DisableEbsEncryptionByDefault"] if tuple(edits) else []
        return ({"Effect": "Allow", "Action": [f"ec2:{name}" for name in ("GetEbsEncryptionByDefault", *writes)], "Resource": ["*"]},)
