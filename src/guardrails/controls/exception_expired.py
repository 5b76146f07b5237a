"""GR503: an exception past its date."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, role
from guardrails.model.words import Kind, Severity

_DEBT = """\
workloads:
  etl: {is: ["aws@prod:role/etl"], owner: "team:data"}
exceptions:
  D-7: {debt: {of: "aws@prod:role/etl", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}, risk-owner: "team:data",
        approved: ISG-2026-021, until: 2026-11-25}
"""

CONTROL = Control(
    code="GR503",
    kind=Kind.EXCEPTION_EXPIRED,
    severity=Severity.MEDIUM,
    title="An exception past its date",
    why="What was allowed for a time is over. The exception counts as absent, so whatever it covered and is still there is a finding of "
    "its own again.",
    clause="Risk assessment",
    iso="6.1.2",
    remedy="Remove the exception and what it covered, or have it renewed",
    allows=(Example(title="Today is its last day", declared=_DEBT, seen=(role("etl"),)),),
    forbids=(
        Forbidden(
            title="Yesterday was its last day",
            declared=_DEBT.replace("11-25", "11-24"),
            seen=(role("etl"),),
            says="exception D-7 was granted until 2026-11-24; it counts no longer",
        ),
    ),
)
