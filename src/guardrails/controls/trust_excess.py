"""GR104: somebody undeclared may become a principal."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import (
    Example,
    Forbidden,
    anybody,
    assigned,
    center_user,
    foreign,
    permission_set,
    person,
    role,
    service,
)
from guardrails.model.words import Kind, Severity, Verdict

_JOB = """\
workloads:
  etl: {is: ["aws@prod:role/etl"], assumed-by: ["aws:service/glue.amazonaws.com"], owner: "team:data"}
"""
_ADMINS = """\
roles:
  admins: {through: {aws@prod: {role: admins}}, owner: "team:data"}
"""
_ONCALL = """\
people: {sources: {directory: {key: entryUUID, name: uid}}, join: {aws: {identity-center: uid}}}
roles:
  oncall: {members: ["person:bob"], through: {aws@prod: {permission-set: Oncall}}, owner: "team:data"}
"""
_ETL = role("etl")
_ADMIN = role("admins")

CONTROL = Control(
    code="GR104",
    kind=Kind.TRUST_EXCESS,
    severity=Severity.CRITICAL,
    title="Somebody undeclared may become a principal",
    why="Whoever is named here may become the role and do all that the role may, without any password or key of ours. When it is an "
    "account of somebody else, everybody to whom they give the right may come in. What an identity centre assigns is judged as well.",
    clause="Access control",
    iso="5.15, 5.19",
    remedy="Take the principal out of the trust policy, or declare it",
    allows=(
        Example(
            title="Only the declared service may become the job",
            declared=_JOB,
            seen=(_ETL,),
            trusted=((_ETL.ref, service("glue.amazonaws.com")),),
        ),
        Example(
            title="Bob has the role that goes through the permission set assigned to him",
            declared=_ONCALL,
            seen=(person("bob"), center_user("bob"), permission_set("Oncall"), assigned(center_user("bob"), permission_set("Oncall"))),
        ),
    ),
    forbids=(
        Forbidden(
            title="Another service may become the job",
            declared=_JOB,
            seen=(_ETL,),
            trusted=((_ETL.ref, service("lambda.amazonaws.com")),),
            says="aws@111122223333:role/etl may be assumed by lambda.amazonaws.com, which is not declared",
        ),
        Forbidden(
            title="An account that is not ours may become a role that nothing declares",
            seen=(_ETL,),
            trusted=((_ETL.ref, foreign("999988887777")),),
            says="aws@111122223333:role/etl may be assumed from outside by arn:aws:iam::999988887777:root, and no vendor is declared "
            "for it",
        ),
        Forbidden(
            title="Any service may become a role that nothing declares",
            seen=(_ETL,),
            trusted=((_ETL.ref, service("*", is_deputy=True)),),
            says="aws@111122223333:role/etl may be assumed from outside by any service of the provider, whomever it acts for, and no "
            "vendor is declared for it",
        ),
        Forbidden(
            title="An account that is not ours may become what people become through their role",
            declared=_ADMINS,
            seen=(_ADMIN,),
            trusted=((_ADMIN.ref, foreign("999988887777")),),
            says="aws@111122223333:role/admins may be assumed from outside by arn:aws:iam::999988887777:root, and no vendor is declared "
            "for it",
        ),
        Forbidden(
            title="Eve is assigned the permission set, and has no role that goes through it",
            declared=_ONCALL,
            seen=(
                person("bob"),
                person("eve"),
                center_user("eve"),
                permission_set("Oncall"),
                assigned(center_user("eve"), permission_set("Oncall")),
            ),
            says="permission-set/Oncall may be assumed by aws@111122223333:identity-center-user/eve in 111122223333, which is not declared",
        ),
        Forbidden(
            title="Everybody may become the job under conditions that nobody evaluates",
            declared=_JOB,
            seen=(_ETL,),
            trusted=((_ETL.ref, anybody(conditional=True)),),
            says="aws@111122223333:role/etl may be assumed by *, which is not declared, under conditions that are not evaluated",
            verdict=Verdict.UNDECIDED,
        ),
    ),
)
