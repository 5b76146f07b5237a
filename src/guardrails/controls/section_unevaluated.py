"""GR902: a declared section that nothing evaluates yet."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, key
from guardrails.model.words import Kind, Severity, Verdict

CONTROL = Control(
    code="GR902",
    kind=Kind.SECTION_UNEVALUATED,
    severity=Severity.LOW,
    title="A declared section that nothing evaluates yet",
    why="The words are right, and this version does not check them. Whoever reads the declaration would think that it does, so the answer "
    "is that it cannot be told.",
    clause="System monitoring",
    iso="5.36",
    remedy="Leave the section out, or accept that it is not checked",
    allows=(Example(title="Everything declared is evaluated", declared="classes:\n  public: {}\n", seen=(key("any"),)),),
    forbids=(
        Forbidden(
            title="A field of a class is not",
            declared="classes:\n  internal: {logs: 90d}\n",
            seen=(key("any"),),
            says="classes.internal.logs is declared, and nothing evaluates it yet",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
