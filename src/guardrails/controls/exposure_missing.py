"""GR302: addresses that must reach a target do not."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, role, rule
from guardrails.model.words import Kind, Severity

_API = """\
allowlists:
  sms-api: {to: {aws@prod: {security-group: {name: sms-api}}}, ports: ["443/tcp"], may-from: [carrier-a], must-from: [carrier-a],
            owner: "team:data"}
networks:
  carrier-a: {cidrs: ["203.0.113.0/28"], vendor: carrier-a}
vendors:
  carrier-a: {valid-until: 2027-05-02, owner: "team:data"}
workloads:
  gateway: {is: ["aws@prod:role/gateway"]}
"""
_GATEWAY = role("gateway")

CONTROL = Control(
    code="GR302",
    kind=Kind.EXPOSURE_MISSING,
    severity=Severity.MEDIUM,
    title="Addresses that must reach a target do not",
    why="Somebody was promised that they can reach the target, and no rule lets them. A partner, a carrier or our own people are cut off, "
    "or will be when they move to their second address.",
    clause="Network",
    iso="8.20, 8.22",
    remedy="Add the rule, or take the network out of must-from",
    allows=(Example(title="All of the carrier may reach 443", declared=_API, seen=(_GATEWAY, rule("sms-api", "203.0.113.0/28"))),),
    forbids=(
        Forbidden(
            title="Half of the carrier may",
            declared=_API,
            seen=(_GATEWAY, rule("sms-api", "203.0.113.0/29")),
            says="aws@111122223333:security-group/sms-api does not let 203.0.113.8 reach 443/tcp, which its allowlist must",
        ),
        Forbidden(
            title="There is no rule at all",
            declared=_API,
            seen=(_GATEWAY,),
            says="allowlist sms-api: no rule of security-group/sms-api was seen",
        ),
    ),
)
