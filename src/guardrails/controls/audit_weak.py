"""GR509: nobody writes down what is asked."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, setting
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_SEEN = setting("server", "audit")

CONTROL = Control(
    code="GR509",
    kind=Kind.AUDIT_WEAK,
    severity=Severity.CRITICAL,
    title="Nobody writes down what is asked, or secrets are written down",
    why="Without a log nobody can tell who read a secret, and an attack leaves no trace. A log with secrets in it gives them to "
    "everybody who may read logs.",
    clause="Logging and monitoring",
    iso="8.15, 8.16",
    remedy="Enable an audit device that other hosts keep, without log_raw",
    allows=(Example(title="An audit device without a remark", seen=(_SEEN,)),),
    forbids=(
        Forbidden(
            title="There is no audit device",
            seen=(_SEEN,),
            remarked=(
                Remark(
                    ref=_SEEN.ref,
                    kind=Kind.AUDIT_WEAK,
                    facet="none",
                    message=f"{_SEEN.ref} has no audit device, so nobody can tell afterwards who asked for what",
                ),
            ),
            says="aws@111122223333:server/audit has no audit device, so nobody can tell afterwards who asked for what",
        ),
    ),
)
