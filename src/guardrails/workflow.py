"""Observe and assess: the only place where the rooms meet and connectors are made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from guardrails.connectors.discovery import find
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.drift.world import Approval
from guardrails.errors import AuthorError, DeclarationError, Mistake
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Assessment, Seen
from guardrails.model.observation import Observation, fold
from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import NotCovered, read_decisions
from guardrails.trust.succession import Anchor

__all__ = ["approval", "assess", "checked", "observe", "unsigned"]


def checked(declaration: Declaration) -> None:
    """Let each connector read its settings; nothing is contacted.

    Raises:
        DeclarationError: With the mistakes of every system.
        AuthorError: No system is declared.
    """
    if not declaration.systems:
        raise AuthorError("no system is declared, so nothing can be seen", remedy="declare one under systems:")
    mistakes: list[Mistake] = []
    for system in declaration.systems:
        try:
            find(system.connector).settings(system)
        except DeclarationError as error:
            mistakes += error.mistakes
    if mistakes:
        raise DeclarationError(tuple(mistakes))


def observe(declaration: Declaration, at: datetime) -> tuple[Observation, ...]:
    """Read every declared system with its read credential.

    Raises:
        ConnectorError: A system could not be used at all.
    """
    checked(declaration)
    seen = []
    for system in declaration.systems:
        observer = find(system.connector).observer(system, at)
        said = list(observer.observe())
        seen.append(fold(said, system=system.name, connector=system.connector, taken_at=at, identity=observer.identity))
    return tuple(seen)


def unsigned(claim: str, _subject: str, _digest: str) -> str:
    """The approval of a run that has no trusted roster: no claim stands."""
    return f"{claim} is a claim, and there is no trusted roster to verify its record"


def approval(declaration: Declaration, anchor: Anchor | None, at: date) -> Approval:
    """How claims are verified: by signed records under the roster that the host pins.

    Raises:
        ReviewerError: The roster is malformed, or does not follow from the pinned one.
        OperatorError: It cannot be read.
    """
    if anchor is None or not declaration.roster:
        return unsigned
    path = Path(declaration.folder) / declaration.roster
    decisions = read_decisions(path.parent / "decisions", read_roster(path, anchor), at)

    def refusal(claim: str, subject: str, digest: str) -> str:
        found = decisions.covers(claim, subject, digest)
        return found.reason if isinstance(found, NotCovered) else ""

    return refusal


def assess(declaration: Declaration, observations: Iterable[Observation], at: datetime, approval: Approval = unsigned) -> Assessment:
    """Judge what was seen against what is declared, at the moment `at` (aware).

    A declared system without an observation is an error of the caller: it would read as empty.
    """
    seen = {observation.system: observation for observation in observations}
    unread = sorted({system.name for system in declaration.systems} - set(seen))
    if unread:
        raise AuthorError(f"no observation of {', '.join(unread)}", remedy="observe every declared system")
    meanings = {name: find(observation.connector).meaning(observation) for name, observation in seen.items()}
    world = World(declaration, seen, meanings, at, approval)
    return Assessment(
        at=at,
        findings=judged(differences(world)),
        gaps=tuple(gap for observation in seen.values() for gap in observation.gaps),
        seen=tuple(_seen(observation) for _, observation in sorted(seen.items())),
    )


def _seen(observation: Observation) -> Seen:
    return Seen(
        system=observation.system,
        connector=observation.connector,
        taken_at=observation.taken_at,
        source=observation.source,
        identity=observation.identity,
        calls=observation.calls,
        facts=len(observation.facts),
        readings=observation.readings,
    )
