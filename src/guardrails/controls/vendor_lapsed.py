"""GR505: a vendor whose assessment lapsed."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, key
from guardrails.model.words import Kind, Severity

_VENDOR = """\
vendors:
  metrics: {valid-until: 2026-11-25, owner: "team:data"}
"""

CONTROL = Control(
    code="GR505",
    kind=Kind.VENDOR_LAPSED,
    severity=Severity.HIGH,
    title="A vendor whose assessment lapsed",
    why="Nobody has looked at the vendor for longer than was agreed, and it still has what it was given. Whatever happened to it since, "
    "such as a sale, a breach or a new country, has not been weighed.",
    clause="Vendors",
    iso="5.19, 5.22",
    remedy="Assess the vendor again, or end its access",
    allows=(Example(title="Today is the last day of its assessment", declared=_VENDOR, seen=(key("any"),)),),
    forbids=(
        Forbidden(
            title="Yesterday was the last day",
            declared=_VENDOR.replace("11-25", "11-24"),
            seen=(key("any"),),
            says="vendor metrics: its assessment was valid until 2026-11-24",
        ),
    ),
)
