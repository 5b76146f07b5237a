"""Makes a plan: findings, the objects that they touch, and who must not be touched. Reads with the read credentials; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from guardrails import workflow
from guardrails.connectors.discovery import copying_of, find
from guardrails.drift import World
from guardrails.drift.world import Approval
from guardrails.errors import ConnectorError, SecretError
from guardrails.model.changes import GONE, Image, Patch, Plan, Read
from guardrails.model.copies import CopyPlan
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Selection
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.written import Wanted, WorkingCopy, Written
from guardrails.plan.copying import copies
from guardrails.plan.hazards import hazards
from guardrails.plan.planning import Planning, objects
from guardrails.plan.protection import Protected
from guardrails.plan.standing import Consent, anything
from guardrails.plan.used import NOTHING, Used
from guardrails.ports import Authoring, Foretelling, Meaning, Objects, Writer
from guardrails.trust.roster import Roster
from guardrails.version import __version__

__all__ = ["Order", "drawn_up", "make_plan", "meaning_of", "planning_of", "writers_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a plan is to be.

    Attributes:
        id: 128 bits of chance, as hexadecimal digits.
        now: When it is made.
        author: The member who makes it; empty when it is none.
        selection: Which findings it is for.
        roster: Whose signatures will count; `None` when no roster is trusted, and then nobody can apply it.
        last: The observations of the run before.
        consent: What may be in it at all.
        used: What the logs of systems tell that was used.
        sources: Working copies of what other tools make objects of.
    """

    id: str
    now: datetime
    author: str = ""
    selection: Selection = workflow.EVERYTHING
    roster: Roster | None = None
    last: tuple[Observation, ...] = ()
    consent: Consent = anything
    used: Used = NOTHING
    sources: tuple[WorkingCopy, ...] = ()


def make_plan(declaration: Declaration, observations: Iterable[Observation], approval: Approval, order: Order) -> Plan:
    """The plan for what was seen. Objects that may have to be written are read one by one, with the read credentials.

    Raises:
        SnapshotError: A declared system was not observed.
    """
    seen = tuple(workflow.aged(declaration, observations, order.now))
    world = workflow.side_by_side(declaration, seen, order.now, approval)
    findings = workflow.assess(declaration, seen, order.now, approval, order.selection).findings
    writers = writers_of(declaration)
    planning = planning_of(world, objects(world, findings, writers), writers, order)
    planning.plan(findings)
    return drawn_up(planning, seen, world, order, copies(world, findings, copying_of(declaration), order.selection))


def planning_of(world: World, refs: Iterable[Ref], writers: Mapping[str, Writer], order: Order) -> Planning:
    """What plans with some objects, which are read now."""
    images, own, writing = _read(world.declaration, refs, writers)
    approvers = frozenset(member.id for member in order.roster.members if not member.absence(world.at)) if order.roster else frozenset()
    protected = Protected(own=own, writers=writing, approvers=approvers)
    return Planning(world, images, writers, meaning_of, protected, consent=order.consent, used=order.used, written=_written(writers, order))


def _written(writers: Mapping[str, Writer], order: Order) -> Written:
    """Each connector knows how its own objects are written down."""

    def patches(wanted: Wanted) -> tuple[Patch, ...]:
        writer = writers[wanted.ref.system]
        return writer.patches(wanted, order.sources) if order.sources and isinstance(writer, Authoring) else ()

    return patches


def drawn_up(planning: Planning, seen: tuple[Observation, ...], world: World, order: Order, copied: tuple[CopyPlan, ...] = ()) -> Plan:
    """The plan of what was planned, with what has to be copied by hand."""
    declaration = world.declaration
    return Plan(
        id=order.id,
        environment=declaration.applying.environment,
        version=__version__,
        author=order.author,
        declaration=declaration.digest,
        roster=order.roster.digest if order.roster else "",
        observed_at=min(observation.taken_at for observation in seen),
        expires_at=order.now + timedelta(hours=declaration.applying.expires_hours),
        reads=tuple(_rests_on(observation) for observation in seen),
        limits=declaration.applying.limits,
        changes=tuple(planning.changes),
        held=tuple(planning.held),
        hazards=hazards(planning.changes, world, {observation.system: observation for observation in order.last}),
        copies=copied,
    )


def meaning_of(observation: Observation) -> Meaning:
    """What an observation means, by its connector."""
    return find(observation.connector).meaning(observation)


def writers_of(declaration: Declaration) -> Mapping[str, Writer]:
    """The connectors of those systems that can be changed."""
    found = {system.name: find(system.connector) for system in declaration.systems}
    return {name: connector for name, connector in found.items() if isinstance(connector, Writer)}


def _read(
    declaration: Declaration, refs: Iterable[Ref], writers: Mapping[str, Writer]
) -> tuple[dict[Ref, Image | str], frozenset[Ref], frozenset[Ref]]:
    """The objects as they are, as whom guardrails acts, and as whom it writes."""
    images: dict[Ref, Image | str] = {}
    own: set[Ref] = set()
    writing: set[Ref] = set()
    asked: dict[str, list[Ref]] = {}
    for ref in refs:
        asked.setdefault(ref.system, []).append(ref)
    for system in declaration.systems:
        if mine := asked.get(system.name):
            try:
                reader = writers[system.name].objects(system)
                own |= set(reader.itself())
                writing |= set(reader.writers()) if isinstance(reader, Foretelling) else set()
            except (ConnectorError, SecretError) as error:
                images |= dict.fromkeys(mine, f"{system.name} cannot be asked for single objects: {error.message}")
                continue
            images |= {ref: _image(reader, ref) for ref in mine}
    return images, frozenset(own), frozenset(writing)


def _image(reader: Objects, ref: Ref) -> Image | str:
    try:
        found = reader.current(ref)
    except ConnectorError as error:
        return f"{ref} could not be read: {error.message}"
    return GONE if found is None else found


def _rests_on(observation: Observation) -> Read:
    return Read(
        system=observation.system,
        taken_at=observation.taken_at,
        source=observation.source,
        identity=observation.identity,
        facts=len(observation.facts),
        gaps=len(observation.gaps),
    )
