"""GR510: a change without its approval, or against its verdict."""

from __future__ import annotations

from datetime import UTC, datetime

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, key
from guardrails.model.change_control import Changes, Judged, Made, Registered
from guardrails.model.words import Kind, Severity, Verdict

_DECLARED = "registers:\n  changes: {path: registers/changes}\n"
_CHANGE = "5a" * 32
_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
_RECORD = Registered("ISG-2026-031", frozenset({_CHANGE}))
_PASSED = Judged(_CHANGE, "passed", _AT)
_MADE = Made(_CHANGE, "", _AT)

CONTROL = Control(
    code="GR510",
    kind=Kind.CHANGE_UNCONTROLLED,
    severity=Severity.HIGH,
    title="A change without its approval, or against its verdict",
    why="The security group approves changes before they are made, and the gate judges them. For a change that was let through without "
    "a record, or that has one although the gate did not let it pass, nobody answers.",
    clause="Change control",
    iso="8.32",
    remedy="Have a record signed for exactly this change, or take the change back; have the gate judge what a record approves",
    allows=(
        Example(
            title="It passed, a record stands behind it, and it was made",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(registered=(_RECORD,), judged=(_PASSED,), made=(_MADE,)),
        ),
        Example(
            title="The record was verified when it was made, and is over by now",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(
                registered=(Registered("ISG-2026-031", frozenset({_CHANGE}), "ISG-2026-031 counted until 2026-11-24", is_over=True),),
                judged=(_PASSED,),
                made=(Made(_CHANGE, "ISG-2026-031", _AT),),
            ),
        ),
    ),
    forbids=(
        Forbidden(
            title="It was let through, and nobody approved it",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(judged=(_PASSED,), made=(_MADE,)),
            says="change 5a5a5a5a5a5a was let through on 2026-11-24, and no record approves it",
        ),
        Forbidden(
            title="A record approves what the gate blocked",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(registered=(_RECORD,), judged=(_PASSED, Judged(_CHANGE, "blocked", _AT))),
            says="ISG-2026-031 approves change 5a5a5a5a5a5a, which the gate blocked on 2026-11-24",
        ),
        Forbidden(
            title="A record approves what the gate could not judge",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(registered=(_RECORD,), judged=(Judged(_CHANGE, "untold", _AT),)),
            says="ISG-2026-031 approves change 5a5a5a5a5a5a, which the gate could not judge on 2026-11-24",
        ),
        Forbidden(
            title="Too few signed",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(registered=(Registered("ISG-2026-031", frozenset({_CHANGE}), "ISG-2026-031 needs 2 members, has 1 (dana)"),)),
            says="ISG-2026-031 approves nothing: ISG-2026-031 needs 2 members, has 1 (dana)",
        ),
        Forbidden(
            title="Nothing tells of a verdict",
            declared=_DECLARED,
            seen=(key("any"),),
            changes=Changes(registered=(_RECORD,)),
            says="ISG-2026-031 approves change 5a5a5a5a5a5a, and the log of this host holds no verdict about it",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
