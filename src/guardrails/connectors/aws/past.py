"""Requests of the past, from records of CloudTrail.

CloudTrail User Guide, "CloudTrail record contents" and "userIdentity element". A record names the call, which is not always the action that
policies name; what is called otherwise is in a table. Most services do not tell the resource: what they log is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from typing import Any

from guardrails.iam.catalogue import catalogue, firsts, forms, named
from guardrails.model.facts import Pairs, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import Observation
from guardrails.model.past import Past
from guardrails.model.reference import Ref

__all__ = ["past"]

_PREFIXES = {"monitoring": "cloudwatch"}
"""Services whose address is not their name in policies."""
_CALLED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListParts": "s3:ListMultipartUploadParts",
    "s3:UploadPart": "s3:PutObject",
}
"""Calls whose action has another name. S3 User Guide, "Required permissions for Amazon S3 API operations"."""
_REFUSED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "AuthFailure", "Forbidden")


def past(observation: Observation, entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[datetime, Past | None]]:
    """Each request that was let through, with its moment; nothing in its place where it is not known by whom, or to do what.

    Raises:
        ValueError: An entry is no record of CloudTrail.
    """
    known = {fact.resource: fact.ref for fact in observation.facts if isinstance(fact, Principal)}
    for entry in entries:
        try:
            if entry.get("eventType", "AwsApiCall") != "AwsApiCall" or _is_refused(entry):
                continue
            at = datetime.fromisoformat(entry["eventTime"])
            yield at, _past(entry, at, known)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no record of CloudTrail: {error}") from None


def _is_refused(entry: Mapping[str, Any]) -> bool:
    return any(word in (entry.get("errorCode") or "") for word in _REFUSED)


def _past(entry: Mapping[str, Any], at: datetime, known: Mapping[str, Ref]) -> Past | None:
    arn = _arn(entry["userIdentity"])
    action = _action(entry)
    resource = _resource(action, entry) if action else None
    if arn not in known or action is None or resource is None:
        return None
    asked = Witness(principal=arn, action=named(action), resource=resource, context=_context(entry))
    return Past(holders=(known[arn],), request=asked, last=at)


def _arn(identity: Mapping[str, Any]) -> str:
    """Of a session its role."""
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    return str(issuer.get("arn") or identity.get("arn") or "")


def _action(entry: Mapping[str, Any]) -> str | None:
    """In lower case; `None` when no such action is published."""
    host = entry["eventSource"].partition(".")[0]
    name = f"{_PREFIXES.get(host, host)}:{entry['eventName']}"
    action = _CALLED.get(name, name).lower()
    return action if action in catalogue().position else None


def _resource(action: str, entry: Mapping[str, Any]) -> str | None:
    """The one of the told resources that the action is asked for; `None` when none is, or several are."""
    shape = _shape(action)
    if not shape:
        return "*"
    language = forms(shape, "*")
    told = {str(one["ARN"]) for one in entry.get("resources") or () if one.get("ARN")}
    found = [arn for arn in told if arn in language]
    return found[0] if len(found) == 1 else None


@cache
def _shape(action: str) -> tuple[str, ...]:
    return next(firsts(catalogue().of([action]).bits))[1]


def _context(entry: Mapping[str, Any]) -> Pairs:
    """What the record tells of how it was asked."""
    found = {"aws:RequestedRegion": str(entry.get("awsRegion") or "")}
    address = str(entry.get("sourceIPAddress") or "")
    if _is_address(address):
        found["aws:SourceIp"] = address
    if entry.get("tlsDetails"):
        found["aws:SecureTransport"] = "true"
    attributes = ((entry["userIdentity"].get("sessionContext") or {}).get("attributes")) or {}
    if attributes.get("mfaAuthenticated"):
        found["aws:MultiFactorAuthPresent"] = str(attributes["mfaAuthenticated"])
    return tuple(sorted((key, value) for key, value in found.items() if value))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
