"""Keys: how often they are rotated, and what their own policy says; and what is encrypted when nobody says so.

The policy is compared and written in one spelling. KMS keeps the lock-out check of its own: it refuses a policy after which the one who
wrote it could not write it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from guardrails.connectors.aws.editing.kind import Statement, made, marked, require_own, require_seen, swapped
from guardrails.connectors.aws.editing.spelling import spelled
from guardrails.connectors.aws.single import SingleApi
from guardrails.model.changes import Action, Edit, Image, RewritePolicy, SetEncryption, SetRotation
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest

__all__ = ["POLICY", "EbsDefaults", "Keys"]

POLICY = "policy"
_ROTATED, _NEVER, _USUAL = "rotation", "never", "365"
_NAMED = "default"
"""The one name that a policy of a key can have (KMS API Reference, PutKeyPolicy)."""
_MOST_BYTES = 32 * 1024
_FEWEST, _MOST = 90, 2560
"""Days (KMS API Reference, EnableKeyRotation)."""
_DAYS = " days"


class Keys:
    """Keys of KMS, by their ARNs, which name their region."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """How often it is rotated, and its policy in the one spelling."""
        region = ref.id.split(":")[3]
        told = api.found("kms", "describe_key", region, KeyId=ref.id)
        if told is None:
            return None
        meta = told["KeyMetadata"]
        status = api.whole("kms", "get_key_rotation_status", region, KeyId=ref.id)
        days = _days(status.get("RotationPeriodInDays") or _USUAL) if status.get("KeyRotationEnabled") else _NEVER
        tags = api.whole("kms", "list_resource_tags", region, KeyId=ref.id)["Tags"]
        pairs = tuple(sorted((str(tag["TagKey"]), str(tag["TagValue"])) for tag in tags))
        policy = api.whole("kms", "get_key_policy", region, KeyId=ref.id, PolicyName=_NAMED)
        fields: dict[str, Iterable[str]] = {
            _ROTATED: (days,),
            POLICY: (spelled(str(policy["Policy"])),),
            "manager": (str(meta.get("KeyManager")),),
            "origin": (str(meta.get("Origin")),),
            "spec": (str(meta.get("KeySpec") or meta.get("CustomerMasterKeySpec")),),
            "state": (str(meta.get("KeyState")),),
            **marked(pairs),
        }
        return Image.of(fields)

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """The period or the policy becomes another."""
        require_own(image)
        match action:
            case SetRotation():
                return self._rotated(action, image)
            case RewritePolicy():
                return self._policied(action, image)
            case _:
                raise ValueError("only the policy of a key, and how often it is rotated, are changed")

    def _rotated(self, action: SetRotation, image: Image) -> tuple[Edit, ...]:
        if (
            image.values("manager") != ("CUSTOMER",)
            or image.values("origin") != ("AWS_KMS",)
            or image.values("spec") != ("SYMMETRIC_DEFAULT",)
        ):
            raise ValueError("KMS rotates only symmetric keys whose material it made: make a new key, and point its alias there")
        if not _FEWEST <= action.days <= _MOST:
            raise ValueError(f"KMS rotates keys every {_FEWEST} to {_MOST} days: rotate it by hand")
        return swapped(image, _ROTATED, _days(action.days))

    def _policied(self, action: RewritePolicy, image: Image) -> tuple[Edit, ...]:
        """Another policy, of a key that is ours to write and is not on its way out."""
        if image.values("manager") != ("CUSTOMER",):
            raise ValueError("AWS writes the policy of its own keys")
        if image.values("state") not in {("Enabled",), ("Disabled",)}:
            raise ValueError(f"the key is {' '.join(image.values('state'))}: look at it first")
        require_seen("".join(image.values(POLICY)), replace(action, seen=spelled(action.seen)))
        text = spelled(action.text)
        if len(text.encode()) > _MOST_BYTES:
            raise ValueError(f"the policy of a key may have {_MOST_BYTES} bytes, and this one would have {len(text.encode())}")
        return swapped(image, POLICY, text)

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call for each of both."""
        region = ref.id.split(":")[3]
        if now.values(POLICY) != after.values(POLICY):
            # never past the check of KMS: nobody but AWS can open a key again whose policy lets nobody change it
            (text,) = after.values(POLICY)
            told = {"KeyId": ref.id, "PolicyName": _NAMED, "Policy": text, "BypassPolicyLockoutSafetyCheck": False}
            made(api, "kms", "put_key_policy", region, **told)
        if now.values(_ROTATED) != after.values(_ROTATED):
            (days,) = after.values(_ROTATED)
            if days == _NEVER:
                made(api, "kms", "disable_key_rotation", region, KeyId=ref.id)
            else:
                made(api, "kms", "enable_key_rotation", region, KeyId=ref.id, RotationPeriodInDays=int(days.removesuffix(_DAYS)))

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this key alone."""
        reads = ["DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy", "ListResourceTags"]
        fields = {edit.field for edit in edits}
        writes = ["EnableKeyRotation", "DisableKeyRotation"] if _ROTATED in fields else []
        writes += ["PutKeyPolicy"] if POLICY in fields else []
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
