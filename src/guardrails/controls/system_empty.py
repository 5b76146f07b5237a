"""GR904: a declared system answered with nothing."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, key
from guardrails.model.words import Kind, Severity, Verdict

CONTROL = Control(
    code="GR904",
    kind=Kind.SYSTEM_EMPTY,
    severity=Severity.CRITICAL,
    title="A declared system answered with nothing",
    why="A system that is declared holds something. When nothing at all comes back, the reader is blind, or talks to the wrong place, and "
    "every other control would find nothing there and be silent.",
    clause="System monitoring",
    iso="8.15",
    remedy="Check the address, the credentials and the rights of the reader",
    allows=(Example(title="The account holds a key", seen=(key("any"),)),),
    forbids=(
        Forbidden(
            title="The account holds nothing",
            says="aws: nothing at all was seen, and an empty answer is not an empty system",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
