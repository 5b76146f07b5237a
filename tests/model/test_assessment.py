"""From findings to an exit code, and what a run can leave out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from guardrails.model.findings import Assessment, Difference, ExitCode, Finding, Seen, Selection
from guardrails.model.reference import Scope
from guardrails.model.words import Kind, Severity, Verdict

AT = datetime(2026, 11, 25, tzinfo=UTC)
SEEN = Seen(system="aws", connector="aws", taken_at=AT, source="live", identity="", calls=1, facts=1, readings=())


def finding(verdict=Verdict.VIOLATION, *, code="GR101", severity=Severity.HIGH, system="aws", realm="1", known=False):
    found = Difference(
        kind=Kind.ACCESS_EXCESS, system=system, realm=realm, cause="c", subject="s", message="m", verdict=verdict, known=known
    )
    return Finding(id="0", control=code, severity=severity, difference=found)


def assessed(*findings, seen=(SEEN,), fail_on=Severity.LOW):
    return Assessment(at=AT, findings=findings, gaps=(), seen=seen, fail_on=fail_on)


@pytest.mark.parametrize(
    ("findings", "code", "verdict"),
    [
        ((), ExitCode.CLEAN, Verdict.OK),
        ((finding(),), ExitCode.FINDINGS, Verdict.VIOLATION),
        ((finding(), finding(Verdict.UNKNOWN)), ExitCode.CANNOT_TELL, Verdict.UNKNOWN),
        ((finding(Verdict.UNDECIDED),), ExitCode.CANNOT_TELL, Verdict.UNKNOWN),
        ((finding(Verdict.UNKNOWN, known=True),), ExitCode.CLEAN, Verdict.OK),
        ((finding(Verdict.UNKNOWN, known=True), finding()), ExitCode.FINDINGS, Verdict.VIOLATION),
    ],
)
def test_the_exit_code_is_the_highest_that_applies(findings, code, verdict):
    assert (assessed(*findings).exit_code, assessed(*findings).verdict) == (code, verdict)


def test_nothing_evaluated_never_passes():
    assert assessed(seen=()).exit_code is ExitCode.CANNOT_TELL


def test_what_is_below_the_threshold_is_told_and_does_not_fail():
    low = finding(severity=Severity.LOW)

    assert assessed(low, fail_on=Severity.MEDIUM).exit_code is ExitCode.CLEAN
    assert assessed(low, fail_on=Severity.LOW).exit_code is ExitCode.FINDINGS
    # what cannot be told is never below it
    assert assessed(replace(low, difference=replace(low.difference, verdict=Verdict.UNKNOWN)), fail_on=Severity.CRITICAL).exit_code == 3


SETS = {("aws", "1"): ("prod",)}


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        (Selection(), True),
        (Selection(select=("GR1",)), True),
        (Selection(select=("GR2", "GR101")), True),
        (Selection(select=("GR2",)), False),
        (Selection(ignore=("GR1",)), False),
        (Selection(select=("GR1",), ignore=("GR101",)), False),
        (Selection(ignore=("GR2",)), True),
        (Selection(targets=(Scope("aws"),)), True),
        (Selection(targets=(Scope("aws", "prod"),)), True),
        (Selection(targets=(Scope("aws", "dev"),)), False),
        (Selection(targets=(Scope("vault"), Scope("aws", "prod"))), True),
    ],
)
def test_a_selection_keeps_what_it_names(selection, kept):
    assert selection.keeps(finding(), SETS) is kept


@pytest.mark.parametrize("selection", [Selection(select=("GR1",)), Selection(ignore=("GR9",)), Selection(targets=(Scope("vault"),))])
def test_what_was_not_seen_cannot_be_left_out(selection):
    assert selection.keeps(finding(code="GR901"), SETS)
