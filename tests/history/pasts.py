"""Runs to remember."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from guardrails.history.runs import Run, Sighting
from guardrails.model.words import Severity, Verdict

START = datetime(2026, 11, 1, 3, tzinfo=UTC)
DEADLINES = {Severity.CRITICAL: timedelta(hours=1), Severity.HIGH: timedelta(hours=3)}


def at(hour):
    return START + timedelta(hours=hour)


def sighting(number=1, *, severity=Severity.HIGH, verdict=Verdict.VIOLATION, system="aws", rests_on=None, **more):
    return Sighting(
        id=f"{number:016x}",
        control="GR101",
        severity=severity,
        verdict=verdict,
        system=system,
        subject=f"role/{number}",
        rests_on=((system, "1"),) if rests_on is None else rests_on,
        **more,
    )


def ran(hour, *found, holes=(), systems=("aws",), read=()):
    verdict = Verdict.UNKNOWN if holes else Verdict.VIOLATION if found else Verdict.OK
    code = {Verdict.UNKNOWN: 3, Verdict.VIOLATION: 1, Verdict.OK: 0}[verdict]
    when = at(hour)
    return Run(
        at=when,
        evidence=when,
        exit_code=code,
        verdict=verdict,
        systems=systems,
        read=read,
        holes=holes,
        gaps=len(holes),
        whole=not holes,
        sightings=found,
    )


@st.composite
def pasts(draw):
    """Up to eight runs, one an hour, of few findings, so that they come and go."""
    told = st.builds(
        sighting,
        st.integers(1, 4),
        severity=st.sampled_from(Severity),
        verdict=st.sampled_from((Verdict.VIOLATION, Verdict.UNDECIDED)),
        system=st.sampled_from(("aws", "vault", "")),
        known=st.booleans(),
    )
    findings = st.lists(told, max_size=4, unique_by=lambda one: one.id).map(lambda found: sorted(found, key=lambda one: one.id))
    systems = st.sampled_from((("aws",), ("aws", "directory"), ("aws", "vault")))
    holes = st.sampled_from(((), (), (("aws", "1"),), (("aws", "2"),), (("vault", ""),)))
    return [ran(hour, *draw(findings), holes=draw(holes), systems=draw(systems)) for hour in range(draw(st.integers(1, 8)))]
