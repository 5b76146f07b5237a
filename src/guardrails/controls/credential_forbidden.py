"""GR203: a static credential where none may be."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, access_key, disabled, machine
from guardrails.model.words import Kind, Severity

_JOB = """\
workloads:
  etl: {is: ["aws@prod:user/etl"], credentials: {static: none}, owner: "team:data"}
"""
_ETL = machine("etl")

CONTROL = Control(
    code="GR203",
    kind=Kind.CREDENTIAL_FORBIDDEN,
    severity=Severity.HIGH,
    title="A static credential where none may be",
    why="A key or password that does not end by itself can be copied once and used for years, from anywhere. The workload was declared to "
    "do without one.",
    clause="Access control",
    iso="5.17, 8.5",
    remedy="Let the workload authenticate without one, then delete the credential",
    allows=(
        Example(title="No key", declared=_JOB, seen=(_ETL,)),
        Example(title="A key that is disabled", declared=_JOB, seen=(_ETL, disabled(access_key(_ETL, days=3)))),
    ),
    forbids=(
        Forbidden(
            title="A key that is active",
            declared=_JOB,
            seen=(_ETL, access_key(_ETL, days=3)),
            says="aws@111122223333:user/etl has aws@111122223333:access-key/AKIAETL, and workload etl may have no static credential",
        ),
    ),
)
