"""Buckets: what their own policy and access control list say, and how what is new is encrypted. S3 compares nothing when it writes.

What is in a bucket already stays as it was encrypted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from guardrails.connectors.aws.acl import ACL, listing
from guardrails.connectors.aws.editing.kind import Statement, canonical, made, marked, require_own, require_seen, swapped
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import ConnectorError
from guardrails.model.changes import Action, Edit, Image, RewritePolicy, SetEncryption
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest

__all__ = ["Buckets"]

POLICY, LIST, ENCRYPTION, _REGION = "policy", "acl", "encryption", "region"
_MOST_BYTES = 20 * 1024
_HOME = "us-east-1"
"""Where a bucket is that has no location (S3 API Reference, GetBucketLocation)."""


class Buckets:
    """By their names, which are unique everywhere."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """The policy as it was written; the list and the encryption as sorted JSON."""
        located = api.found("s3", "get_bucket_location", Bucket=ref.name)
        if located is None:
            return None
        tags = tags_of(api.found("s3", "get_bucket_tagging", Bucket=ref.name) or {}, "TagSet")
        policy = api.found("s3", "get_bucket_policy", Bucket=ref.name)
        encryption = api.found("s3", "get_bucket_encryption", Bucket=ref.name)
        fields: dict[str, Iterable[str]] = {
            _REGION: (str(located.get("LocationConstraint") or _HOME),),
            POLICY: [str(policy["Policy"])] if policy else [],
            LIST: [_list(api.found("s3", "get_bucket_acl", Bucket=ref.name))],
            ENCRYPTION: [_plain(encryption["ServerSideEncryptionConfiguration"])] if encryption else [],
            **marked(tags),
        }
        return Image.of(fields)

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """One of them becomes another."""
        require_own(image)
        match action:
            case RewritePolicy() if action.policy.kind == ACL:
                require_seen("".join(image.values(LIST)), replace(action, seen=listing(json.loads(action.seen))))
                return swapped(image, LIST, listing(json.loads(action.text)))
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
        """One call for each of them."""
        name = {"Bucket": ref.name}
        if now.values(POLICY) != after.values(POLICY):
            if after.values(POLICY):
                made(api, "s3", "put_bucket_policy", **name, Policy=after.values(POLICY)[0])
            else:
                made(api, "s3", "delete_bucket_policy", **name)
        if now.values(LIST) != after.values(LIST):
            made(api, "s3", "put_bucket_acl", **name, AccessControlPolicy=json.loads(after.values(LIST)[0]))
        if now.values(ENCRYPTION) != after.values(ENCRYPTION):
            if after.values(ENCRYPTION):
                settings = json.loads(after.values(ENCRYPTION)[0])
                made(api, "s3", "put_bucket_encryption", **name, ServerSideEncryptionConfiguration=settings)
            else:
                made(api, "s3", "delete_bucket_encryption", **name)

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this bucket alone, and never of what is in it."""
        reads = ["GetBucketLocation", "GetBucketTagging", "GetBucketPolicy", "GetBucketAcl", "GetEncryptionConfiguration"]
        fields = {edit.field for edit in edits}
        writes = ["PutBucketPolicy", "DeleteBucketPolicy"] if POLICY in fields else []
        writes += ["PutBucketAcl"] if LIST in fields else []
        writes += ["PutEncryptionConfiguration"] if ENCRYPTION in fields else []
        return ({"Effect": "Allow", "Action": [f"s3:{name}" for name in (*reads, *writes)], "Resource": [ref.id]},)


def _list(found: Mapping[str, Any] | None) -> str:
    try:
        return listing(found or {})
    except ValueError as error:
        raise ConnectorError(f"aws: GetBucketAcl: {error}", remedy="read again, and look at the list by hand when it stays so") from error


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
