"""GR409: certificates for whatever is asked."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, setting
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_SEEN = setting("pki-role", "web")

CONTROL = Control(
    code="GR409",
    kind=Kind.ISSUING_OPEN,
    severity=Severity.HIGH,
    title="Certificates for whatever is asked",
    why="Whoever may use such a role gets a certificate in the name of anybody, and every service that trusts the authority believes it. "
    "A key that is too short can be found by others.",
    clause="Cryptography",
    iso="8.24, 5.17",
    remedy="Name the domains that the role is for, enforce names of hosts, and ask for longer keys",
    allows=(Example(title="A role without a remark", seen=(_SEEN,)),),
    forbids=(
        Forbidden(
            title="A role that takes any name",
            seen=(_SEEN,),
            remarked=(
                Remark(
                    ref=_SEEN.ref,
                    kind=Kind.ISSUING_OPEN,
                    facet="allow_any_name",
                    message=f"{_SEEN.ref} issues certificates for any name: allow_any_name",
                ),
            ),
            says="aws@111122223333:pki-role/web issues certificates for any name: allow_any_name",
        ),
    ),
)
