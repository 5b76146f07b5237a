"""What is kept of an assessment: the run, and of each finding where one has to look to say that it is not so any more."""

from __future__ import annotations

from datetime import UTC

from guardrails.history.runs import EVERYWHERE, Run, Scope, Sighting
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Assessment, Finding

__all__ = ["run_of"]

_SAID_BY_THE_DECLARATION = frozenset({"GR304", "GR502", "GR503", "GR504", "GR505", "GR508", "GR902"})
"""Controls that look at nothing but the declaration, its records and the time."""
_NOT_READ = frozenset({"GR901", "GR904"})
"""Controls about what was not read; GR902 is about what nobody evaluates."""
_ACROSS = frozenset({"GR107"})
"""Controls about what leads from one realm of a system to another."""


def run_of(assessment: Assessment, declaration: Declaration) -> Run:
    """The run behind an assessment of everything declared; one about a selection would make the rest look gone."""
    empty = [(finding.difference.system, "") for finding in assessment.findings if finding.control == "GR904"]
    told = {finding.id: _sighting(finding, declaration) for finding in assessment.findings}
    missed = any(finding.control in _NOT_READ and not finding.difference.known for finding in assessment.findings)
    return Run(
        at=assessment.at.astimezone(UTC),
        evidence=min((seen.taken_at for seen in assessment.seen), default=assessment.at).astimezone(UTC),
        exit_code=int(assessment.exit_code),
        verdict=assessment.verdict,
        systems=tuple(sorted({seen.system for seen in assessment.seen})),
        read=tuple(sorted({(seen.system, reading.realm) for seen in assessment.seen for reading in seen.readings})),
        holes=tuple(sorted({*((gap.system, gap.realm) for gap in assessment.gaps), *empty})),
        gaps=len(assessment.gaps),
        whole=bool(assessment.seen) and not missed,
        sightings=tuple(sighting for _, sighting in sorted(told.items())),
    )


def _sighting(finding: Finding, declaration: Declaration) -> Sighting:
    found = finding.difference
    return Sighting(
        id=finding.id,
        control=finding.control,
        severity=finding.severity,
        verdict=found.verdict,
        system=found.system,
        subject=_storable(found.subject),
        owner=_storable(found.owner),
        known=found.known,
        rests_on=tuple(sorted(set(_rests_on(finding, declaration)))),
    )


def _rests_on(finding: Finding, declaration: Declaration) -> list[Scope]:
    """Its own realm and those of its places; and who exists, and whose an address is, where it could be about that."""
    found = finding.difference
    if finding.control in _SAID_BY_THE_DECLARATION:
        return []
    if not found.system:
        return [EVERYWHERE]
    scopes = [(found.system, "" if finding.control in _ACROSS else found.realm), *((place.system, place.realm) for place in found.places)]
    if finding.control.startswith(("GR1", "GR2")):
        scopes += [(source.system, "") for source in declaration.sources]
        scopes += [(member.scope.system, "") for role in declaration.roles for member in role.members if member.scope]
    if finding.control.startswith("GR3"):
        scopes += [(name, "") for name in declaration.inventories]
    return scopes


def _storable(text: str) -> str:
    """Half a character of UTF-16, and a NUL for PostgreSQL, are nothing that can be kept."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
