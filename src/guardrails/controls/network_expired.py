"""GR304: a network past its date."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, key
from guardrails.model.words import Kind, Severity

_CARRIER = """\
networks:
  carrier-a: {cidrs: ["203.0.113.0/28"], vendor: carrier-a, owner: "team:data", until: 2026-11-25}
vendors:
  carrier-a: {valid-until: 2027-05-02, owner: "team:data"}
"""

CONTROL = Control(
    code="GR304",
    kind=Kind.NETWORK_EXPIRED,
    severity=Severity.MEDIUM,
    title="A network past its date",
    why="The addresses were declared until a day that is over, so they count for nothing now. They may belong to somebody else by today, "
    "and every rule that still lets them in is an excess of its own.",
    clause="Network",
    iso="8.20",
    remedy="Renew it, or remove it and its rules",
    allows=(Example(title="Today is its last day", declared=_CARRIER, seen=(key("any"),)),),
    forbids=(
        Forbidden(
            title="Yesterday was its last day",
            declared=_CARRIER.replace("11-25", "11-24"),
            seen=(key("any"),),
            says="network carrier-a was declared until 2026-11-24; it counts no longer",
        ),
    ),
)
