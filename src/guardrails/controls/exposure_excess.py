"""GR301: addresses beyond the allowlist."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, gap, prefix, rule
from guardrails.model.words import Kind, Severity, Verdict

_API = """\
allowlists:
  sms-api: {to: {aws@prod: {security-group: {name: sms-api}}}, ports: ["443/tcp"], may-from: [office-vpn], owner: "team:data"}
networks:
"""
_WRITTEN = (
    _API
    + """\
  office-vpn: {cidrs: ["198.51.100.0/28"], owner: "team:data"}
"""
)
_TOLD = (
    _API
    + """\
  office-vpn: {inventory: {prefixes: {role: vpn-egress}}, owner: "team:data"}
"""
)

CONTROL = Control(
    code="GR301",
    kind=Kind.EXPOSURE_EXCESS,
    severity=Severity.HIGH,
    title="Addresses beyond the allowlist",
    why="Addresses that no network of the allowlist holds can reach the target. Sets of addresses are compared exactly, so a rule for half "
    "of the internet is as plain here as one for all of it. The witness is one address and port that gets through.",
    clause="Network",
    iso="8.20, 8.22",
    remedy="Remove the rule, or declare the network",
    allows=(Example(title="A part of the office may reach 443", declared=_WRITTEN, seen=(rule("sms-api", "198.51.100.0/29"),)),),
    forbids=(
        Forbidden(
            title="Half of the internet may",
            declared=_WRITTEN,
            seen=(rule("sms-api", "0.0.0.0/1"),),
            says="aws@111122223333:security-group/sms-api lets 0.0.0.0 reach 443/tcp, beyond its allowlist (2147483648 IPv4 and 0 IPv6 "
            "addresses: 0.0.0.0/1)",
        ),
        Forbidden(
            title="The office may reach SSH as well",
            declared=_WRITTEN,
            seen=(rule("sms-api", "198.51.100.0/28", ports="22/tcp"),),
            says="aws@111122223333:security-group/sms-api lets 198.51.100.0 reach 22/tcp, beyond its allowlist (other ports)",
        ),
        Forbidden(
            title="The inventory was not read, so it is not known where the office is",
            declared=_TOLD,
            seen=(rule("sms-api", "203.0.113.0/24"), prefix("10.0.0.0/8"), gap("prefixes", "status 403", system="inventory")),
            says="aws@111122223333:security-group/sms-api lets 203.0.113.0 reach 443/tcp, which may be beyond its allowlist: network "
            "office-vpn is not known: prefixes of inventory not seen: status 403",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
