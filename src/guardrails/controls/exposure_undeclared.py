"""GR303: exposure without an allowlist."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, rule
from guardrails.model.words import Kind, Severity

_API = """\
allowlists:
  sms-api: {to: {aws@prod: {security-group: {name: sms-api}}}, ports: ["443/tcp"], may-from: [internet], owner: "team:data"}
networks:
  internet: {cidrs: ["0.0.0.0/0", "::/0"]}
"""

CONTROL = Control(
    code="GR303",
    kind=Kind.EXPOSURE_UNDECLARED,
    severity=Severity.HIGH,
    title="Exposure without an allowlist",
    why="Something can be reached over the network, and nobody has said who should. It may be a forgotten test, or the door of somebody "
    "who is already inside.",
    clause="Network",
    iso="8.20, 8.22",
    remedy="Declare an allowlist, or remove the rules",
    allows=(Example(title="Everybody may reach what is declared for everybody", declared=_API, seen=(rule("sms-api", "0.0.0.0/0"),)),),
    forbids=(
        Forbidden(
            title="One address may reach something else",
            declared=_API,
            seen=(rule("sms-api", "0.0.0.0/0"), rule("debug", "203.0.113.7", ports="22/tcp")),
            says="aws@111122223333:security-group/debug lets 203.0.113.7 reach 22/tcp, and no allowlist is declared for it",
        ),
    ),
)
