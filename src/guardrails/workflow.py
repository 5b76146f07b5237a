"""Observe and assess: the only place where the rooms meet and connectors are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from guardrails import adoption
from guardrails.adoption import Adoption
from guardrails.adoption.access import wider
from guardrails.adoption.people import sources
from guardrails.connectors.discovery import copying_of, find
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.drift.world import Approval
from guardrails.errors import AuthorError, ConnectorError, DeclarationError, Mistake, OperatorError, SecretError, SnapshotError
from guardrails.model.change_control import Changes
from guardrails.model.declaration import Declaration, System
from guardrails.model.facts import Gap
from guardrails.model.findings import Assessment, Seen, Selection
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason
from guardrails.plan.copying import copies
from guardrails.ports import Observer
from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import NotCovered, read_decisions
from guardrails.trust.registered import joined
from guardrails.trust.succession import Anchor

__all__ = [
    "EVERYTHING",
    "Progress",
    "adopt",
    "adopted_wider",
    "aged",
    "approval",
    "assess",
    "changes",
    "checked",
    "observe",
    "observe_some",
    "read",
    "silent",
    "unsigned",
    "with_observation",
]

EVERYTHING = Selection()
Progress = Callable[[str], None]
"""Told one short line when something long begins or ends."""


def silent(_line: str) -> None:
    """Progress for nobody."""


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


def observe(declaration: Declaration, at: datetime, progress: Progress = silent) -> tuple[Observation, ...]:
    """Read every declared system with its read credential. One that cannot be used at all is a gap, and the others are read.

    Raises:
        ConnectorError: None of the systems could be used.
        SecretError: Likewise, for want of a secret.
    """
    checked(declaration)
    seen: list[Observation] = []
    failed: list[OperatorError] = []
    for system in declaration.systems:
        try:
            seen += observe_some(declaration, (system.name,), at, progress)
        except (ConnectorError, SecretError) as error:
            progress(f"{system.name} could not be read: {error}")
            failed.append(error)
            seen.append(_unused(system, at, error))
    if len(failed) == len(seen):
        raise failed[0]
    return tuple(seen)


def _unused(system: System, at: datetime, error: OperatorError) -> Observation:
    gap = Gap(
        system=system.name,
        realm="",
        what="system",
        reason=GapReason.UNREACHABLE,
        message=f"{system.name}: {error.message}",
        remedy=error.remedy,
    )
    return fold([gap], system=system.name, connector=system.connector, taken_at=at, source="nothing")


def observe_some(declaration: Declaration, names: tuple[str, ...], at: datetime, progress: Progress = silent) -> tuple[Observation, ...]:
    """Read the systems of some names; the settings have been `checked`.

    Raises:
        ConnectorError: A system could not be used at all.
    """
    seen = []
    for system in declaration.systems:
        if system.name not in names:
            continue
        progress(f"reading {system.name} ({system.connector})")
        _, observation = read(system, at)
        progress(f"read {system.name}: {len(observation.facts)} facts, {len(observation.gaps)} gaps, {observation.calls} calls")
        seen.append(observation)
    return tuple(seen)


def read(system: System, at: datetime) -> tuple[Observer, Observation]:
    """Read one system; the settings have been `checked`. The observer can still tell what its credential may do beyond reading.

    Raises:
        ConnectorError: It could not be used at all.
    """
    observer = find(system.connector).observer(system, at)
    said = list(observer.observe())
    return observer, fold(
        said,
        system=system.name,
        connector=system.connector,
        taken_at=at,
        identity=observer.identity,
        source=observer.source,
        calls=observer.calls,
        rights=observer.rights,
    )


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
    decisions = read_decisions(path.parent / "decisions", read_roster(path, anchor, at), at)

    def refusal(claim: str, subject: str, digest: str) -> str:
        found = decisions.covers(claim, subject, digest)
        return found.reason if isinstance(found, NotCovered) else ""

    return refusal


def changes(declaration: Declaration, anchor: Anchor | None, at: date, log: Path | None) -> Changes | None:
    """The register of changes that is declared, beside the audit log of this host; nothing where none is declared.

    Raises:
        AuditError: The log does not verify.
        ReviewerError: The roster is malformed, or does not follow from the pinned one.
        OperatorError: It cannot be read.
    """
    if declaration.changes is None:
        return None
    if anchor is None or not declaration.roster:
        return Changes(unread="this host pins no roster, so no record counts")
    if log is None or not log.exists():
        return Changes(unread="this host keeps no audit log, so nothing tells what was judged and made")
    folder = Path(declaration.folder)
    return joined(folder / declaration.changes.path, read_roster(folder / declaration.roster, anchor, at), at, log)


def aged(declaration: Declaration, observations: Iterable[Observation], now: datetime) -> tuple[Observation, ...]:
    """The observations, each that is too old to judge by with a gap that says so."""
    longest = timedelta(hours=declaration.clock.evidence_max_age_hours)
    return tuple(o if now - o.taken_at <= longest else replace(o, gaps=(*o.gaps, _stale(o, longest))) for o in observations)


def _stale(observation: Observation, longest: timedelta) -> Gap:
    return Gap(
        system=observation.system,
        realm="",
        what="observation",
        reason=GapReason.STALE,
        message=f"{observation.system} was observed {observation.taken_at:%Y-%m-%d %H:%M} UTC, longer ago than {longest}",
        remedy="observe again, or raise state.evidence-max-age",
    )


def side_by_side(
    declaration: Declaration,
    observations: Iterable[Observation],
    at: datetime,
    approval: Approval = unsigned,
    changes: Changes | None = None,
) -> World:
    """What is declared and what was seen, with what it means.

    Raises:
        SnapshotError: A declared system was not observed, or was read by another connector: it would read as empty.
    """
    seen = {observation.system: observation for observation in observations}
    for system in declaration.systems:
        found = seen.get(system.name)
        if found is None or found.connector != system.connector:
            raise SnapshotError(f"there is no observation of {system.name} by {system.connector}", remedy="observe every declared system")
    kept = {system.name: seen[system.name] for system in declaration.systems}
    meanings = {name: find(observation.connector).meaning(observation) for name, observation in kept.items()}
    return World(declaration, kept, meanings, at, approval, changes=changes)


def with_observation(world: World, observation: Observation) -> World:
    """The same world, in which one system would say something else."""
    meaning = find(observation.connector).meaning(observation)
    return world.seeing({**world.observations, observation.system: observation}, {**world.meanings, observation.system: meaning})


def assess(
    declaration: Declaration,
    observations: Iterable[Observation],
    at: datetime,
    approval: Approval = unsigned,
    selection: Selection = EVERYTHING,
    *,
    changes: Changes | None = None,
) -> Assessment:
    """Judge what was seen against what is declared, at the moment `at` (aware); `changes` are needed where their register is declared.

    Raises:
        SnapshotError: A declared system was not observed, or was read by another connector: it would read as empty.
        AuthorError: A target is no declared system or set, so nothing would be judged, and that must not pass as clean.
    """
    declared = {system.name: system.sets for system in declaration.systems}
    for target in selection.targets:
        if target.system not in declared or (target.set and target.set not in declared[target.system]):
            raise AuthorError(
                f"the target {target} is not declared", remedy=f"name one of {', '.join(sorted(declared))}, or a set of theirs"
            )
    world = side_by_side(declaration, observations, at, approval, changes)
    found = judged(differences(world))
    return Assessment(
        at=at,
        findings=tuple(finding for finding in found if selection.keeps(finding, world.sets)),
        gaps=tuple(world.gaps()),
        seen=tuple(_seen(observation) for _, observation in sorted(world.observations.items())),
        fail_on=selection.fail_on,
        adopted=declaration.adopted,
        copies=copies(world, found, copying_of(declaration), selection),
    )


def adopt(declaration: Declaration, observations: Iterable[Observation], at: datetime, review_by: date, owner: str = "") -> Adoption:
    """Write down what is and what nothing of the declaration speaks of, at the moment `at`; nothing is contacted, no file is touched.

    Raises:
        SnapshotError: A declared system was not observed.
        AuthorError: Nobody is named who answers for an asset.
    """
    seen = tuple(observations)
    found = sources(declaration, {observation.system: observation for observation in seen})
    known = replace(declaration, sources=(*declaration.sources, *found))
    return adoption.adopt(side_by_side(known, seen, at), review_by, owner, found)


def adopted_wider(declaration: Declaration, observations: Iterable[Observation], at: datetime) -> tuple[Ref, ...]:
    """Whom adopted entries surely or perhaps give more than they hold."""
    return tuple(sorted(wider(side_by_side(declaration, observations, at))))


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
        basis=find(observation.connector).basis(),
    )
