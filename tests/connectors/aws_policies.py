"""One AWS role and its policies, as the tests of their meaning write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Edge, Policy, Principal, Protection
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.ports import BoundClause

AT = datetime(2026, 11, 25, tzinfo=UTC)
ACCOUNT = "123456789012"
ROLE = Ref(system="aws", realm=ACCOUNT, kind="role", id="AROA1", name="r")
KEY = f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k"
GROUP = Ref(system="aws", realm=ACCOUNT, kind="group", id="AGPA1", name="g")
BUCKET = Ref(system="aws", realm=ACCOUNT, kind="bucket", id="arn:aws:s3:::b", name="b")


def meaning(
    *statements, group=None, boundary=None, gaps=(), trust=None, resource=None, key="", version="2012-10-17", tags=()
) -> AwsMeaning:
    said = [Principal(ref=ROLE, form=PrincipalForm.ROLE, resource=f"arn:aws:iam::{ACCOUNT}:role/r", tags=tags), *gaps]
    said.append(Edge(kind=EdgeKind.MEMBER, source=ROLE, target=GROUP))
    said.append(Asset(ref=BUCKET, resource=BUCKET.id))
    said.append(Protection(asset=BUCKET, at_rest=None, key=key))
    documents = [
        (EdgeKind.IDENTITY_POLICY, ROLE, list(statements)),
        (EdgeKind.IDENTITY_POLICY, GROUP, group),
        (EdgeKind.BOUNDARY, ROLE, boundary),
        (EdgeKind.TRUST_POLICY, ROLE, trust),
        (EdgeKind.RESOURCE_POLICY, BUCKET, resource),
    ]
    for number, (kind, holder, document) in enumerate(documents):
        if document is not None:
            ref = Ref(system="aws", realm=ACCOUNT, kind="policy", id=str(number), name=kind.value)
            said += [
                Policy(ref=ref, text=json.dumps({"Version": version, "Statement": document})),
                Edge(kind=kind, source=holder, target=ref),
            ]
    return AwsMeaning(fold(said, system="aws", connector="aws", taken_at=AT))


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def ceiling(actions, *resources):
    listed = (actions,) if isinstance(actions, str) else tuple(actions)
    return (BoundClause(clause=Clause(scope=Scope("aws"), actions=listed, resources=resources), entitlement="e"),)
