"""GR504: an exception without a valid approval."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, role
from guardrails.model.words import Kind, Severity

_DEBT = """\
workloads:
  etl: {is: ["aws@prod:role/etl"], owner: "team:data"}
exceptions:
  D-7: {debt: {of: "aws@prod:role/etl", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}, risk-owner: "team:data",
        approved: ISG-2026-021, until: 2027-03-31}
"""

CONTROL = Control(
    code="GR504",
    kind=Kind.EXCEPTION_NOT_APPROVED,
    severity=Severity.HIGH,
    title="An exception without a valid approval",
    why="Somebody wrote an exception for themselves or for others, and the security group has not signed it, or has signed other words. It "
    "counts as absent: nothing is allowed by it.",
    clause="Risk assessment",
    iso="6.1.2",
    remedy="Have a record signed by the security group",
    allows=(Example(title="A signed record stands behind it", declared=_DEBT, seen=(role("etl"),)),),
    forbids=(
        Forbidden(
            title="Nobody signed",
            declared=_DEBT,
            seen=(role("etl"),),
            refused="there is no record ISG-2026-021",
            says="exception D-7 counts as absent: there is no record ISG-2026-021",
        ),
    ),
)
