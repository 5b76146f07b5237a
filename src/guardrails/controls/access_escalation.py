"""GR107: somebody can come to more than is declared."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, account_of, gap, group, member, person, role
from guardrails.model.words import Kind, Severity, Verdict

_JOBS = """\
entitlements:
  read-cdr: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}
workloads:
  ci: {is: ["aws@prod:role/ci"], owner: "team:data"}
  etl: {is: ["aws@prod:role/etl"], may: [read-cdr], owner: "team:data"}
"""
_PEOPLE = (
    _JOBS
    + """\
people: {sources: {directory: {key: entryUUID, name: uid}}, join: {aws: {iam-user: tag/uid}}}
roles:
  analyst: {members: ["directory:group/analysts"], owner: "team:data"}
"""
)
_CI, _ETL, _BOB = role("ci"), role("etl"), account_of("bob")
_HELD = ((_ETL.ref, "s3:GetObject", "arn:aws:s3:::cdr/*"),)
_STAFF = (person("bob"), _BOB, group("analysts"), member(person("bob"), group("analysts")))

CONTROL = Control(
    code="GR107",
    kind=Kind.ACCESS_ESCALATION,
    severity=Severity.HIGH,
    title="More can be come to than is declared",
    why="What somebody may do by their own policies is as declared, and some of it lets them become somebody who may do more: by assuming "
    "a role, by passing one to a service that runs as it, or by changing policies, keys or groups. The steps are told with the statements "
    "that allow them; where one takes what was not read, it is undecided. A role that is meant to be become is named: by `assumed-by`, or "
    "by an entitlement that allows `sts:AssumeRole` or `iam:PassRole` on it, and not on all roles.",
    clause="Access control",
    iso="5.15, 5.18, 8.2",
    remedy="Take away the first step, name the role that is meant to be become, or declare what is come to",
    allows=(
        Example(title="The pipeline becomes nobody", declared=_JOBS, seen=(_CI, _ETL), held=_HELD),
        Example(
            title="The pipeline is declared to become the job, which may read",
            declared=_JOBS.replace("may: [read-cdr]", 'assumed-by: ["aws@prod:role/ci"], may: [read-cdr]'),
            seen=(_CI, _ETL),
            held=_HELD,
            becoming=((_CI.ref, _ETL.ref),),
        ),
        Example(
            title="The pipeline may read as well",
            declared=_JOBS.replace('role/ci"],', 'role/ci"], may: [read-cdr],'),
            seen=(_CI, _ETL),
            held=_HELD,
            becoming=((_CI.ref, _ETL.ref),),
        ),
    ),
    forbids=(
        Forbidden(
            title="The pipeline can become the job, which may read",
            declared=_JOBS,
            seen=(_CI, _ETL),
            held=_HELD,
            becoming=((_CI.ref, _ETL.ref),),
            says="aws@111122223333:role/ci can come to more than workload ci declares; aws@111122223333:role/ci comes to "
            "aws@111122223333:role/etl by becoming: it may s3:GetObject on arn:aws:s3:::cdr/*",
        ),
        Forbidden(
            title="A part of the directory was not read, so Bob may have more roles than were seen",
            declared=_PEOPLE,
            seen=(*_STAFF, _CI, _ETL, gap("groups", "size limit", system="directory")),
            held=_HELD,
            becoming=((_BOB.ref, _CI.ref), (_CI.ref, _ETL.ref)),
            says="aws@111122223333:user/bob can come to more than role analyst and person bob declares; aws@111122223333:user/bob comes to "
            "aws@111122223333:role/ci by becoming; aws@111122223333:role/ci comes to aws@111122223333:role/etl by becoming; the directory "
            "was not read whole, so a role may be missing here: it may s3:GetObject on arn:aws:s3:::cdr/*",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
