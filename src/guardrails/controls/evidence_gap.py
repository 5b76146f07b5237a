"""GR901: something could not be seen."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, gap, key
from guardrails.model.words import Kind, Severity, Verdict

_KNOWN = """\
exceptions:
  G-2: {gap: {of: "aws:111122223333", what: s3}, risk-owner: "team:data", approved: ISG-2026-022, until: 2027-01-31}
"""
_UNSEEN = gap("s3", "AccessDenied")
_SAYS = "s3 not seen (denied): AccessDenied"

CONTROL = Control(
    code="GR901",
    kind=Kind.EVIDENCE_GAP,
    severity=Severity.HIGH,
    title="Something could not be seen",
    why="A right, an answer or a page is missing, so nothing can be said about what lies behind it: not that it is wrong, and above all "
    "not that it is right. The run cannot end as clean, and nothing below the gap is ever removed.",
    clause="System monitoring",
    iso="8.15",
    remedy="Give the reader the right that is missing, or declare a known gap",
    allows=(Example(title="Everything was read to its end", seen=(key("any"),)),),
    forbids=(
        Forbidden(title="The reader may not list buckets", seen=(key("any"), _UNSEEN), says=_SAYS, verdict=Verdict.UNKNOWN),
        Forbidden(
            title="A gap that the security group accepted is still told; it only leaves the exit code alone",
            declared=_KNOWN,
            seen=(key("any"), _UNSEEN),
            says=_SAYS,
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
