"""GR103: a principal that nothing declares."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, account_of, gap, person, ref, role
from guardrails.model.facts import Principal
from guardrails.model.words import Kind, PrincipalForm, Severity, Verdict

_JOB = """\
workloads:
  etl: {is: ["aws@prod:role/etl"], owner: "team:data"}
"""
_PEOPLE = """\
people: {sources: {directory: {key: entryUUID, name: uid}}, join: {aws: {iam-user: tag/uid}}}
"""

CONTROL = Control(
    code="GR103",
    kind=Kind.PRINCIPAL_UNDECLARED,
    severity=Severity.HIGH,
    title="A principal that nothing declares",
    why="There is an account, a role or a machine that no role, workload, vendor or person of the declaration stands for. Nobody answers "
    "for what it may do, and nobody will take it away. It is also what somebody leaves behind who wants to come back.",
    clause="Access control",
    iso="5.16, 5.18",
    remedy="Declare it as a workload or through a role, or remove it",
    allows=(
        Example(
            title="The job's role is declared, and the provider's own role is the provider's",
            declared=_JOB,
            seen=(role("etl"), Principal(ref=ref("role", "AWSServiceRoleForSupport"), form=PrincipalForm.PROVIDER)),
        ),
    ),
    forbids=(
        Forbidden(
            title="There is a role beside it",
            declared=_JOB,
            seen=(role("etl"), role("etl-old")),
            says="aws@111122223333:role/etl-old is covered by no role, workload or person of the declaration",
        ),
        Forbidden(
            title="A part of the directory was not read, so the account may be somebody's",
            declared=_PEOPLE,
            seen=(person("bob"), account_of("", "eve"), gap("people", "size limit", system="directory")),
            says="aws@111122223333:user/eve is covered by no role, workload or person of the declaration",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
