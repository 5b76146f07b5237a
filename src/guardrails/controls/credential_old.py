"""GR204: a credential older than declared."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, access_key, machine
from guardrails.model.words import Kind, Severity, Verdict

_JOB = """\
workloads:
  etl: {is: ["aws@prod:user/etl"], credentials: {max-age: 90d}, owner: "team:data"}
"""
_ETL = machine("etl")

CONTROL = Control(
    code="GR204",
    kind=Kind.CREDENTIAL_OLD,
    severity=Severity.MEDIUM,
    title="A credential older than declared",
    why="The older a key is, the more places, backups and laptops it has been in. Rotation is what ends the use of a copy that nobody "
    "knows about.",
    clause="Access control",
    iso="5.17",
    remedy="Rotate it: make a new one, use it, delete the old one",
    allows=(Example(title="A key of 90 days", declared=_JOB, seen=(_ETL, access_key(_ETL, days=90))),),
    forbids=(
        Forbidden(
            title="A key of 91 days",
            declared=_JOB,
            seen=(_ETL, access_key(_ETL, days=91)),
            says="aws@111122223333:access-key/AKIAETL of aws@111122223333:user/etl is 91 days old; at most 90 days",
        ),
        Forbidden(
            title="A key whose age was not seen",
            declared=_JOB,
            seen=(_ETL, access_key(_ETL, days=None)),
            says="aws@111122223333:access-key/AKIAETL of aws@111122223333:user/etl: its age was not seen",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
