"""The access control list of the bucket of `aws_policies`, and what limits it, as tests write them."""

from __future__ import annotations

import json
from dataclasses import replace

from connectors.aws_policies import ACCOUNT, BUCKET
from guardrails.connectors.aws.acl import ACL, LIMITS, listing
from guardrails.model.facts import Edge, Policy, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind

OWNER, STRANGER = "0" * 63 + "1", "f" * 64
EVERYBODY, SIGNED = (
    {"Type": "Group", "URI": f"http://acs.amazonaws.com/groups/global/{name}"} for name in ("AllUsers", "AuthenticatedUsers")
)
LOGS = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
LIST = replace(BUCKET, kind=ACL, id=f"{BUCKET.id}/acl", name="b/acl")
UNSEEN = object()


def by_id(canonical):
    return {"Type": "CanonicalUser", "ID": canonical}


def text(*grants, owner=OWNER):
    given = [{"Grantee": to, "Permission": permission} for to, permission in ((by_id(owner), "FULL_CONTROL"), *grants)]
    return listing({"Owner": {"ID": owner, "DisplayName": "shown"}, "Grants": given})


def listed(*grants, bucket=BUCKET, owner=OWNER, **limits):
    """Facts: `ownership`, `block` of the bucket and `above` it; one that is `UNSEEN` is not told."""
    own = replace(bucket, kind=ACL, id=f"{bucket.id}/acl", name=f"{bucket.name}/acl")
    return (
        Policy(ref=own, text=text(*grants, owner=owner)),
        Edge(kind=EdgeKind.GRANT, source=bucket, target=own),
        *limited(bucket=bucket, **limits),
    )


def limited(*, ownership="", block=(), above=(), bucket=BUCKET):
    return (
        _setting(bucket.id, ownership=ownership, block=block, realm=bucket.realm),
        _setting(bucket.realm, block=above, realm=bucket.realm),
    )


def _setting(of, realm=ACCOUNT, **parts):
    seen = {name: value if isinstance(value, str) else list(value) for name, value in parts.items() if value is not UNSEEN}
    return Setting(
        ref=Ref(system="aws", realm=realm, kind=LIMITS, id=f"{of}/limits", name=f"{of}/limits"), form=LIMITS, text=json.dumps(seen)
    )
