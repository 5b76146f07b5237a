"""GR508: what was adopted and never reviewed."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, role
from guardrails.model.words import Kind, Severity

_FOUND = """\
workloads:
  etl: {is: ["aws@prod:role/etl"], owner: "team:data", origin: adopted, review-by: 2026-11-25}
"""

CONTROL = Control(
    code="GR508",
    kind=Kind.REVIEW_OVERDUE,
    severity=Severity.MEDIUM,
    title="What was adopted and never reviewed",
    why="The entry was written from what was found, right or wrong, so that a newcomer could begin without drift. Until somebody "
    "has looked at it, everything that was too much on that day counts as wanted.",
    clause="Access control",
    iso="5.18",
    remedy="Narrow the entry to what is wanted and remove origin and review-by, or set a later day and say why in the change",
    allows=(Example(title="Today is the last day for it", declared=_FOUND, seen=(role("etl"),)),),
    forbids=(
        Forbidden(
            title="Yesterday was the last day",
            declared=_FOUND.replace("11-25", "11-24"),
            seen=(role("etl"),),
            says="workloads.etl was adopted as it was found, and was to be reviewed by 2026-11-24",
        ),
    ),
)
