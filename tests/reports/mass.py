"""As many findings as a large company has, with names as long as real ones and a policy that would do for each of the first kind."""

from __future__ import annotations

import json
from functools import cache

from guardrails.model.findings import Assessment, Details, Difference, Excess, Finding, Narrowed, Witness
from guardrails.model.reference import Place, Ref
from guardrails.model.words import Kind, Severity, Verdict
from reports.assessments import GAP, assessed

_KINDS = (
    (Kind.ACCESS_EXCESS, "GR101", Severity.HIGH, "may do more than workload {} declares"),
    (Kind.ACCESS_MISSING, "GR102", Severity.MEDIUM, "cannot do all of read-records, which workload {} must: no statement allows it"),
    (Kind.PRINCIPAL_UNDECLARED, "GR103", Severity.HIGH, "is covered by no role, workload or person of the declaration, though {} is"),
    (Kind.TRUST_EXCESS, "GR104", Severity.CRITICAL, "may be assumed by lambda.amazonaws.com, which is not declared for {}"),
)


@cache
def mass(count: int) -> Assessment:
    """The most severe first, each about a role of its own."""
    return assessed(*sorted(map(_finding, range(count)), key=lambda one: (-one.severity, one.control, one.id)), gaps=(GAP,))


def _finding(number: int) -> Finding:
    kind, control, severity, words = _KINDS[number % len(_KINDS)]
    account, name = f"{111122223333 + number % 40}", f"billing-export-worker-{number:05d}"
    ref = Ref(system="aws", realm=account, kind="role", id=f"AROA{number:017d}", name=name)
    policy = f"aws@{account}:inline-policy/{name}/own"
    document, before = (
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": what, "Resource": f"arn:aws:s3:::{name}/*"}]})
        for what in ("s3:Get*", "s3:*")
    )
    found = Difference(
        kind=kind,
        system="aws",
        realm=account,
        cause=ref.id,
        subject=str(ref),
        message=f"{ref} {words.format(name)}",
        verdict=Verdict.VIOLATION if number % 50 else Verdict.UNKNOWN,
        places=(ref,),
        owner=f"team:{number % 30}",
        declared_at=Place(f"access/{number % 30}.yaml", number % 900 + 1),
        actual=f"{policy} statement 0",
        facet="lambda.amazonaws.com" if kind is Kind.TRUST_EXCESS else "",
        witness=None
        if kind is Kind.TRUST_EXCESS
        else Witness(
            principal=f"arn:aws:iam::{account}:role/{name}",
            action=("s3:PutObject", "kms:Decrypt", "s3:GetObject")[number % 3],
            resource=f"arn:aws:s3:::records-{number % 700}/x",
            context=(("aws:requestedregion", "eu-north-1"),),
        ),
        details=Details(
            excess=(Excess(actions=("s3:PutObject", "s3:DeleteObject"), resources=(f"arn:aws:s3:::records-{number % 700}/*",)),),
            narrowed=(Narrowed(policy=policy, document=document, before=before),),
            used="no use of the role is on record; AWS remembers 400 days of it",
        )
        if kind is Kind.ACCESS_EXCESS
        else Details(),
    )
    return Finding(id=f"{number:016x}", control=control, severity=severity, difference=found)
