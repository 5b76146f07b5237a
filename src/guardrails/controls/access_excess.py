"""GR101: access beyond the ceiling."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, account_of, gap, group, member, person, role
from guardrails.model.words import Kind, Severity, Verdict

_READ = """\
entitlements:
  read-cdr: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}
"""
_JOB = (
    _READ
    + """\
workloads:
  etl: {is: ["aws@prod:role/etl"], may: [read-cdr], owner: "team:data"}
"""
)
_PEOPLE = (
    _READ
    + """\
people: {sources: {directory: {key: entryUUID, name: uid}}, join: {aws: {iam-user: tag/uid}}}
roles:
  analyst: {members: ["directory:group/analysts"], may: [read-cdr], owner: "team:data"}
"""
)
_OBJECTS = "arn:aws:s3:::cdr/*"
_ETL = role("etl")
_BOB = account_of("bob")
_STAFF = (person("bob"), _BOB, group("analysts"), member(person("bob"), group("analysts")))

CONTROL = Control(
    code="GR101",
    kind=Kind.ACCESS_EXCESS,
    severity=Severity.HIGH,
    title="Access beyond the ceiling",
    why="Somebody may do more than every role, workload and exception that stands for them declares together. Whoever takes over that "
    "principal may do it too, and nobody has looked at it. The witness is one request that would be let through now.",
    clause="Access control",
    iso="5.15, 5.18, 8.3",
    remedy="Remove the grant, or declare it and have it reviewed",
    allows=(
        Example(title="The job may read, as declared", declared=_JOB, seen=(_ETL,), held=((_ETL.ref, "s3:GetObject", _OBJECTS),)),
        Example(
            title="Bob may read through his role",
            declared=_PEOPLE,
            seen=_STAFF,
            held=((_BOB.ref, "s3:GetObject", _OBJECTS),),
        ),
        Example(
            title="An approved debt covers what is beyond",
            declared=_JOB
            + """\
exceptions:
  D-7: {debt: {of: "aws@prod:role/etl", actions: ["s3:DeleteObject"], resources: ["arn:aws:s3:::cdr/*"]}, risk-owner: "team:data",
        approved: ISG-2026-021, until: 2027-03-31}
""",
            seen=(_ETL,),
            held=((_ETL.ref, "s3:DeleteObject", _OBJECTS),),
        ),
    ),
    forbids=(
        Forbidden(
            title="The job may delete as well",
            declared=_JOB,
            seen=(_ETL,),
            held=((_ETL.ref, "s3:GetObject", _OBJECTS), (_ETL.ref, "s3:DeleteObject", _OBJECTS)),
            says="aws@111122223333:role/etl may do more than workload etl declares",
        ),
        Forbidden(
            title="A part of the directory was not read, so Bob may have more roles than were seen",
            declared=_PEOPLE,
            seen=(*_STAFF, gap("groups", "size limit", system="directory")),
            held=((_BOB.ref, "s3:PutObject", _OBJECTS),),
            says="aws@111122223333:user/bob may do more than role analyst and person bob declares; the directory was not read whole, so a "
            "role may be missing here",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
