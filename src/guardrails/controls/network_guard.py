"""GR306: an inventory network outside its guards."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, gap, key, prefix
from guardrails.model.words import Kind, Severity, Verdict

_OFFICE = """\
networks:
  office-vpn: {inventory: {prefixes: {role: vpn-egress}}, at-most: {v4: 16}, owner: "team:data"}
"""

CONTROL = Control(
    code="GR306",
    kind=Kind.NETWORK_GUARD,
    severity=Severity.HIGH,
    title="An inventory network outside its guards",
    why="The network is what the inventory says, within limits that only a reviewed change can move. Those limits do not hold, or what the "
    "network is cannot be told. Somebody who may edit the inventory could otherwise open every allowlist that names the network.",
    clause="Network",
    iso="8.20, 8.22",
    remedy="Correct the records in the inventory, or move the guard by a reviewed change",
    allows=(Example(title="Sixteen addresses", declared=_OFFICE, seen=(key("any"), prefix("198.51.100.0/28", role="vpn-egress"))),),
    forbids=(
        Forbidden(
            title="A record for everybody has the role as well",
            declared=_OFFICE,
            seen=(key("any"), prefix("0.0.0.0/0", role="vpn-egress")),
            says="network office-vpn has 4294967296 addresses, and 16 may be (at-most v4)",
        ),
        Forbidden(
            title="No record has the role, which may also be a slip of the pen",
            declared=_OFFICE,
            seen=(key("any"), prefix("198.51.100.0/28", role="vpn-egres")),
            says="network office-vpn: its addresses cannot be told: no record matches, and an empty answer is not an empty network",
            verdict=Verdict.UNKNOWN,
        ),
        Forbidden(
            title="The reader may not list prefixes",
            declared=_OFFICE,
            seen=(key("any"), prefix("198.51.100.0/28", role="vpn-egress"), gap("prefixes", "status 403", system="inventory")),
            says="network office-vpn: its addresses cannot be told: prefixes of inventory not seen: status 403",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
