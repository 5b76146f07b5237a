"""GR102: access that must be there is not."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, account_of, person, role
from guardrails.model.words import Kind, Severity

_READ = """\
entitlements:
  read-cdr: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}
"""
_JOB = (
    _READ
    + """\
workloads:
  etl: {is: ["aws@prod:role/etl"], may: [read-cdr], must: [read-cdr], owner: "team:data"}
"""
)
_PEOPLE = (
    _READ
    + """\
people: {sources: {directory: {key: entryUUID, name: uid}}, join: {aws: {iam-user: tag/uid}}}
roles:
  on-call: {members: ["person:bob"], may: [read-cdr], must: [read-cdr], owner: "team:data"}
"""
)
_HELD = ("s3:GetObject", "arn:aws:s3:::cdr/*")
_ETL = role("etl")
_BOB = account_of("bob")

CONTROL = Control(
    code="GR102",
    kind=Kind.ACCESS_MISSING,
    severity=Severity.MEDIUM,
    title="Access that must be there is not",
    why="Somebody must be able to do something and is not able to. It shows when it is needed: a job stops, or the person on call is "
    "locked out in the middle of an incident.",
    clause="Access control",
    iso="5.15, 5.18",
    remedy="Grant what is missing, or lower the floor",
    allows=(
        Example(title="The job may read, as it must", declared=_JOB, seen=(_ETL,), held=((_ETL.ref, *_HELD),)),
        Example(title="Bob may read, as his role must", declared=_PEOPLE, seen=(person("bob"), _BOB), held=((_BOB.ref, *_HELD),)),
    ),
    forbids=(
        Forbidden(
            title="The job may do nothing",
            declared=_JOB,
            seen=(_ETL,),
            says="aws@111122223333:role/etl cannot do all of read-cdr, which workload etl must",
        ),
        Forbidden(
            title="There is a role in the account, and nothing that is Bob's",
            declared=_PEOPLE,
            seen=(person("bob"), role("backup")),
            says="person bob has no account in aws, where role on-call must read-cdr",
        ),
    ),
)
