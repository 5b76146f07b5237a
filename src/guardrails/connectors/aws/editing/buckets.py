"""Buckets: what their own policy says, and how what is new in them is encrypted. S3 compares neither when it writes.

What is in a bucket already stays as it was encrypted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from guardrails.connectors.aws.editing.kind import Statement, canonical, made, marked, require_own, require_seen, swapped
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.single import SingleApi
from guardrails.model.changes import Action, Edit, Image, RewritePolicy, SetEncryption
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest

__all__ = ["Buckets"]

POLICY, ENCRYPTION, _REGION = "policy", "encryption", "region"
_MOST_BYTES = 20 * 1024
_HOME = "us-east-1"
"""Where a bucket is that has no location (S3 API Reference, GetBucketLocation)."""


class Buckets:
    """By their names, which are unique everywhere."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """The policy as it was written; the encryption as sorted JSON."""
        located = api.found("s3", "get_bucket_location", Bucket=ref.name)
        if located is None:
            return None
        tags = tags_of(api.found("s3", "get_bucket_tagging", Bucket=ref.name) or {}, "TagSet")
        policy = api.found("s3", "get_bucket_policy", Bucket=ref.name)
        encryption = api.found("s3", "get_bucket_encryption", Bucket=ref.name)
        fields: dict[str, Iterable[str]] = {
            _REGION: (str(located.get("LocationConstraint") or _HOME),),
            POLICY: [str(policy["Policy"])] if policy else [],
            ENCRYPTION: [_plain(encryption["ServerSideEncryptionConfiguration"])] if encryption else [],
            **marked(tags),
        }
        return Image.of(fields)

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """One of both becomes another."""
        require_own(image)
        match action:
            case RewritePolicy():
                require_seen("".join(image.values(POLICY)), action)
                if len(action.text.encode()) > _MOST_BYTES:
                    raise ValueError(f"a bucket policy may have {_MOST_BYTES} bytes, and this one would have {len(action.text.encode())}")
                return swapped(image, POLICY, action.text) if action.text else (Edit(field=POLICY, removes=image.values(POLICY)),)
            case SetEncryption():
                return _encrypted(action, image)
            case _:
                raise ValueError("a bucket has nothing of the kind")

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call for each of both."""
        name = {"Bucket": ref.name}
        if now.values(POLICY) != after.values(POLICY):
            if after.values(POLICY):
                made(api, "s3", "put_bucket_policy", **name, Policy=after.values(POLICY)[0])
            else:
                made(api, "s3", "delete_bucket_policy", **name)
        if now.values(ENCRYPTION) != after.values(ENCRYPTION):
            if after.values(ENCRYPTION):
                settings = json.loads(after.values(ENCRYPTION)[0])
                made(api, "s3", "put_bucket_encryption", **name, ServerSideEncryptionConfiguration=settings)
            else:
                made(api, "s3", "delete_bucket_encryption", **name)

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this bucket alone, and never of what is in it."""
        reads = ["GetBucketLocation", "GetBucketTagging", "GetBucketPolicy", "GetEncryptionConfiguration"]
        fields = {edit.field for edit in edits}
        writes = ["PutBucketPolicy", "DeleteBucketPolicy"] if POLICY in fields else []
        writes += ["PutEncryptionConfiguration"] if ENCRYPTION in fields else []
        return ({"Effect": "Allow", "Action": [f"s3:{name}" for name in (*reads, *writes)], "Resource": [ref.id]},)


def _plain(found: Mapping[str, Any]) -> str:
    """Without what S3 adds to a rule that does not say it."""
    rules = [{key: value for key, value in rule.items() if (key, value) != ("BucketKeyEnabled", False)} for rule in found["Rules"]]
    return canonical({**found, "Rules": rules})


def _encrypted(action: SetEncryption, image: Image) -> tuple[Edit, ...]:
    if action.at_rest >= AtRest.CUSTOMER_KEY:
        if not action.key:
            raise ValueError("which key of ours should encrypt it is for its owner to say")
        place = action.key.split(":")[3:4]
        if place != list(image.values(_REGION)):
            raise ValueError(f"the key {action.key} is not in {' '.join(image.values(_REGION))}, where the bucket is")
        rule: dict[str, Any] = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": action.key}
    else:
        rule = {"SSEAlgorithm": "aws:kms" if action.at_rest is AtRest.SERVICE_KEY else "AES256"}
    held: Mapping[str, Any] = json.loads(next(iter(image.values(ENCRYPTION)), "{}"))
    first = {**next(iter(held.get("Rules", [])), {}), "ApplyServerSideEncryptionByDefault": rule}
    return swapped(image, ENCRYPTION, canonical({**held, "Rules": [first]}))
