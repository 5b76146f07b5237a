"""GR506: something declared was not found."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import WEBSITE, Example, Forbidden, gap, key, role
from guardrails.model.words import Kind, Severity, Verdict

_JOB = """\
workloads:
  etl: {is: ["aws@prod:role/etl"], owner: "team:data"}
"""

CONTROL = Control(
    code="GR506",
    kind=Kind.DECLARED_ABSENT,
    severity=Severity.LOW,
    title="Something declared was not found",
    why="The declaration speaks of something that is not there, often by a slip of the pen. What it was meant to protect or to limit is "
    "then judged by nothing, and whoever makes something of that name gets what was declared for it.",
    clause="Access control",
    iso="5.9, 5.16",
    remedy="Correct the name, or remove the entry",
    allows=(Example(title="The role is there", declared=_JOB, seen=(role("etl"),)),),
    forbids=(
        Forbidden(
            title="There is no such role",
            declared=_JOB,
            seen=(key("any"),),
            says="aws@prod:role/etl of workload etl does not exist",
        ),
        Forbidden(
            title="There is no such bucket",
            declared=WEBSITE,
            seen=(key("any"),),
            says="asset website matches nothing that was seen",
        ),
        Forbidden(
            title="The reader may not list roles",
            declared=_JOB,
            seen=(key("any"), gap("iam", "AccessDenied")),
            says="aws@prod:role/etl of workload etl was not seen",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
