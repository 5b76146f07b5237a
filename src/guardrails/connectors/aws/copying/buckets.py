"""What a bucket holds from before its default was raised: each object stays as it was stored until it is copied onto itself.

Objects are not read. So of no step can be told whether it is done, and each says how to see it.
"""

from __future__ import annotations

import json

from guardrails.connectors.aws.copying.commands import Unwritable, aws, in_account, quoted
from guardrails.connectors.aws.copying.keys import Chosen, chosen
from guardrails.model.copies import CopyPlan, CopyStep
from guardrails.model.facts import Asset
from guardrails.model.findings import Finding
from guardrails.model.words import AtRest
from guardrails.plan.steps import Told, in_order
from guardrails.ports import Demand

__all__ = ["of_bucket"]

_UNREAD = Told(is_done=None, found="objects are not read")
_NOTES = (
    "a copy is a new object: its time of last change is new, which lifecycle rules, replication and notifications see",
    "the copy is of the class STANDARD, unless --storage-class says otherwise; archived objects are left out until they are restored",
    "for very many objects use S3 Inventory (EncryptionStatus) and S3 Batch Operations (copy) in place of these commands",
)


def of_bucket(bucket: Asset, finding: Finding, demand: Demand | None) -> CopyPlan:
    """The copy of a bucket's objects onto themselves, for a bucket whose default is too weak."""
    try:
        steps = _steps(bucket, demand) if demand else ()
        why = "a default is for what is stored from then on" if demand else "its class is not known any more"
    except Unwritable as unsafe:
        steps, why = (), f"make it by hand: {unsafe}"
    return CopyPlan(
        ref=bucket.ref,
        control=finding.control,
        finding=finding.id,
        why=why,
        place=f"account {bucket.ref.realm}",
        first=in_account(bucket.ref.realm),
        notes=_NOTES if steps else (),
        steps=steps,
        owner=finding.difference.owner,
    )


def _steps(bucket: Asset, demand: Demand) -> tuple[CopyStep, ...]:
    name = bucket.ref.name
    key = chosen(demand, "", "s3") if demand.at_rest >= AtRest.CUSTOMER_KEY else None
    default = CopyStep(
        id="default",
        does="raise its default: by the change of this plan where there is one, else by hand",
        command=_default(name, demand, key),
        needs="s3:PutEncryptionConfiguration",
        interrupts=_shut_out(key),
        seen_by=aws("s3api", "get-bucket-encryption", bucket=name),
        undo="set it as it was, as get-bucket-encryption said before",
    )
    told = Told(is_done=False, found="it is too weak, as the finding says")
    rest = (_inventory(name), _copied(name, demand, key), _verified(name), _versions(name))
    return in_order([(default, told), *((step, _UNREAD) for step in rest)])


def _shut_out(key: Chosen | None) -> str:
    return f"whoever uses the bucket and may not use {key.said}" if key else ""


def _default(name: str, demand: Demand, key: Chosen | None) -> str:
    if key is not None and not key.name:
        return ""  # a configuration cannot ask for a key; the step after it does
    chosen_key = {"KMSMasterKeyID": key.name} if key else {}
    algorithm = "aws:kms" if demand.at_rest >= AtRest.SERVICE_KEY else "AES256"
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **chosen_key}}]}
    return aws("s3api", "put-bucket-encryption", bucket=name, server_side_encryption_configuration=json.dumps(rules))


def _inventory(name: str) -> CopyStep:
    return CopyStep(
        id="inventory",
        does="write down what it holds, all versions, so that afterwards nothing is missed",
        command=aws(
            "s3api", "list-object-versions", bucket=name, query="Versions[].[Key,VersionId,IsLatest,StorageClass,Size]", output="text"
        ),
        needs="s3:ListBucketVersions",
        seen_by="no list tells how an object is encrypted: an S3 Inventory with EncryptionStatus does, or head-object for each",
        undo="it changes nothing",
    )


def _copied(name: str, demand: Demand, key: Chosen | None) -> CopyStep:
    place = quoted(f"s3://{name}/", "bucket")
    way = "aws:kms" if demand.at_rest >= AtRest.SERVICE_KEY else "AES256"
    command = aws("s3", f"cp {place} {place}", recursive=True, sse=way, sse_kms_key_id=(key.name or None) if key else None)
    return CopyStep(
        id="copy",
        does="copy each object onto itself",
        command=f"{command} {key.asked.replace('--kms-key-id', '--sse-kms-key-id')}" if key and not key.name else command,
        needs="s3:GetObject, s3:GetObjectTagging, s3:PutObject, s3:PutObjectTagging"
        + (f"; kms:GenerateDataKey, kms:Decrypt on {key.said}" if key else ""),
        interrupts="whoever writes an object meanwhile may have it overwritten by what it was: stop what writes first",
        seen_by="what it prints, and the next step",
        undo="with versions, delete the new version of an object; without, nothing takes it back, and nothing but the encryption differs",
        only_after="the default was raised and nobody was shut out by it",
    )


def _verified(name: str) -> CopyStep:
    return CopyStep(
        id="verify",
        does="see of each object how it is encrypted",
        command=aws("s3api", "head-object", bucket=name, query="[ServerSideEncryption,SSEKMSKeyId]", output="text")
        + ' --key "${OBJECT:?set OBJECT to a key}"',
        needs="s3:GetObject",
        seen_by="every object of the inventory, or a new S3 Inventory, shows the encryption that is demanded",
        undo="it changes nothing",
    )


def _versions(name: str) -> CopyStep:
    return CopyStep(
        id="versions",
        does="where it keeps versions, let those from before end: each stays as it was stored",
        command=aws("s3api", "list-object-versions", bucket=name, query="Versions[?!IsLatest].[Key,VersionId,LastModified]", output="text"),
        needs="s3:ListBucketVersions; to delete them s3:DeleteObjectVersion, or a lifecycle rule (NoncurrentVersionExpiration)",
        seen_by="the command shows none from before",
        undo="a version that was deleted does not come again",
        only_after="the objects were verified, and nobody needs the versions from before any more",
    )
