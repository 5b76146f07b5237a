"""GR305: addresses that the inventory does not know."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, key, prefix
from guardrails.model.words import Kind, Severity

_OFFICE = """\
networks:
  office: {cidrs: ["198.51.100.0/28"], owner: "team:data"}
"""
_CARRIER = """\
networks:
  carrier-a: {cidrs: ["203.0.113.0/28"], vendor: carrier-a}
vendors:
  carrier-a: {valid-until: 2027-05-02, owner: "team:data"}
"""

CONTROL = Control(
    code="GR305",
    kind=Kind.ADDRESS_UNKNOWN_TO_INVENTORY,
    severity=Severity.MEDIUM,
    title="Addresses that the inventory does not know",
    why="A network of ours holds addresses that the inventory does not list as active prefixes. Either the inventory is behind, or the "
    "addresses are no longer ours and somebody else comes in with them.",
    clause="Network",
    iso="5.9, 8.20",
    remedy="Record the prefix in the inventory, name the vendor whose it is, or correct the network",
    allows=(
        Example(title="A prefix holds the network", declared=_OFFICE, seen=(key("any"), prefix("198.51.100.0/24"))),
        Example(title="Addresses of a vendor are the vendor's", declared=_CARRIER, seen=(key("any"), prefix("198.51.100.0/24"))),
    ),
    forbids=(
        Forbidden(
            title="The prefix was given back",
            declared=_OFFICE,
            seen=(key("any"), prefix("198.51.100.0/24", status="deprecated")),
            says="network office: 1 prefixes are in no active prefix of the inventory: 198.51.100.0/28",
        ),
    ),
)
