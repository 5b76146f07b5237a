"""What lets somebody in to a bucket beside its policy, its access control list, and what keeps them out all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.connectors.aws.acl import ACL, LIMITS, blocked, listing
from guardrails.connectors.aws.api import Absent, Answer, AwsApi, Failed, Found
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import canonical
from guardrails.model.facts import Edge, Gap, Policy, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason

__all__ = ["limits_of_account", "of_bucket"]

Said = Edge | Gap | Policy | Setting


def of_bucket(api: AwsApi, bucket: Ref) -> Iterator[Said]:
    """The list, and one setting for all that limits it: what it does not tell was not seen."""
    yield from _list(bucket, api.ask("s3", "get_bucket_acl", Bucket=bucket.name))
    ownership = _ownership(api.ask("s3", "get_bucket_ownership_controls", Bucket=bucket.name))
    block = _block(api.ask("s3", "get_public_access_block", Bucket=bucket.name))
    own = replace(bucket, kind=LIMITS, id=f"{bucket.id}/limits", name=f"{bucket.name}/limits")
    yield from _setting(own, bucket, (("s3:ownership", "ownership", ownership), ("s3:public-access-block", "block", block)))


def limits_of_account(api: AwsApi, account: Ref) -> Iterator[Said]:
    """The public access block that stands over all buckets of an account."""
    block = _block(api.ask("s3control", "get_public_access_block", AccountId=account.realm))
    own = replace(account, kind=LIMITS, id=f"{account.realm}/limits", name=f"{account.realm}/limits")
    yield from _setting(own, account, (("s3:account-public-access-block", "block", block),))


def _list(bucket: Ref, answer: Answer) -> Iterator[Said]:
    text = _text(answer)
    if isinstance(text, Failed):
        yield unseen(bucket.system, bucket.realm, "s3:acl", text, bucket)
        return
    own = replace(bucket, kind=ACL, id=f"{bucket.id}/acl", name=f"{bucket.name}/acl")
    yield Policy(ref=own, text=text)
    yield Edge(kind=EdgeKind.GRANT, source=bucket, target=own, provenance=bucket.id)


def _text(answer: Answer) -> str | Failed:
    try:
        why = "no answer"
        if isinstance(answer, Found):
            return listing(answer.answer)
    except ValueError as error:
        why = str(error)
    return answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, f"GetBucketAcl: {why}", "s3:GetBucketAcl")


def _setting(own: Ref, of: Ref, parts: tuple[tuple[str, str, object], ...]) -> Iterator[Said]:
    """What was seen of it, and a gap for each part that was not."""
    for what, _, value in parts:
        if isinstance(value, Failed):
            yield unseen(of.system, of.realm, what, value, of)
    seen = {name: value for _, name, value in parts if not isinstance(value, Failed)}
    yield Setting(ref=own, form=LIMITS, text=canonical(seen), pointer=of.id)


def _ownership(answer: Answer) -> str | Failed:
    """The word of S3; empty where none was ever chosen, so that lists count."""
    match answer:
        case Absent():
            return ""
        case Failed() as failed:
            return failed
        case Found(found):
            rules = found["OwnershipControls"].get("Rules") or [{}]
            said = rules[0].get("ObjectOwnership")
            return str(said) if said else Failed(GapReason.INCOMPLETE, "GetBucketOwnershipControls: there is no rule")


def _block(answer: Answer) -> list[str] | Failed:
    match answer:
        case Absent():
            return []
        case Failed() as failed:
            return failed
        case Found(found):
            return blocked(found["PublicAccessBlockConfiguration"])
