"""One AWS role below the levels of an organisation, as the tests of their meaning write them."""

from __future__ import annotations

import json
from dataclasses import replace

from connectors.aws_policies import ACCOUNT, AT, ROLE
from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.model.facts import Account, Asset, Edge, Gap, Policy, Principal, Unit
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm

MANAGEMENT, OTHER = "999900001111", "444455556666"
KINDS = {"scp": EdgeKind.SERVICE_CONTROL, "rcp": EdgeKind.RESOURCE_CONTROL}
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def ref(kind: str, identifier: str, realm: str = MANAGEMENT) -> Ref:
    return Ref(system="aws", realm=realm, kind=kind, id=identifier, name=identifier)


HOME, NEIGHBOUR = ref("account", ACCOUNT, ACCOUNT), ref("account", OTHER, OTHER)
ROOT, UNIT = ref("root", "r-1"), ref("organizational-unit", "ou-1")
PATH = (ROOT, UNIT, HOME)


def attached(what: str, level: Ref, name: str, statements: list | None) -> list:
    """A policy at a level; `None` for one that was not seen."""
    policy = ref(f"{what}-policy", name)
    said: list = [Edge(kind=KINDS[what], source=level, target=policy, provenance=name)]
    if statements is None:
        return [*said, Gap(system="aws", realm=MANAGEMENT, what=what, reason=GapReason.DENIED, message="denied", subject=policy)]
    return [*said, Policy(ref=policy, text=json.dumps({"Version": "2012-10-17", "Statement": statements}))]


def below(own, scps=(), rcps=(), *, more=(), form=PrincipalForm.ROLE, buckets=(), bound=True) -> AwsMeaning:
    """A role with a policy; each level is a list of documents, root first, each document a list of statements. `more` is said as well."""
    inline = ref("inline-policy", "own", ACCOUNT)
    said: list = [
        Account(ref=HOME, within=UNIT if bound else None),
        Account(ref=NEIGHBOUR, within=UNIT),
        Unit(ref=UNIT, within=ROOT),
        Unit(ref=ROOT),
        Principal(ref=ROLE, form=form, resource=f"arn:aws:iam::{ACCOUNT}:role/r"),
        Policy(ref=inline, text=json.dumps({"Version": "2012-10-17", "Statement": own})),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=ROLE, target=inline),
        *(
            Asset(ref=replace(ref("bucket", f"arn:aws:s3:::{name}"), realm=realm), resource=f"arn:aws:s3:::{name}")
            for name, realm in buckets
        ),
        *more,
    ]
    for what, levels in (("scp", scps), ("rcp", rcps)):
        for level, documents in zip(PATH, levels, strict=False):
            for number, statements in enumerate(documents):
                said += attached(what, level, f"{what}-{level.id}-{number}", statements)
    return AwsMeaning(fold(said, system="aws", connector="aws", taken_at=AT))
