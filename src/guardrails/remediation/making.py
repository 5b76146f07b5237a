"""Makes a plan: findings, the objects that they touch, and who must not be touched. Reads with the read credentials; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from guardrails import workflow
from guardrails.connectors.discovery import find
from guardrails.drift import World
from guardrails.drift.world import Approval
from guardrails.errors import ConnectorError, SecretError
from guardrails.model.changes import Image, Plan, Read
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Finding, Selection
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.plan.hazards import hazards
from guardrails.plan.planning import Planning, objects
from guardrails.plan.protection import Protected
from guardrails.plan.standing import Consent, anything
from guardrails.plan.used import NOTHING, Used
from guardrails.ports import Meaning, Objects, Writer
from guardrails.trust.roster import Roster
from guardrails.version import __version__

__all__ = ["Order", "make_plan"]


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
    """

    id: str
    now: datetime
    author: str = ""
    selection: Selection = workflow.EVERYTHING
    roster: Roster | None = None
    last: tuple[Observation, ...] = ()
    consent: Consent = anything
    used: Used = NOTHING


def make_plan(declaration: Declaration, observations: Iterable[Observation], approval: Approval, order: Order) -> Plan:
    """The plan for what was seen. Objects that may have to be written are read one by one, with the read credentials.

    Raises:
        SnapshotError: A declared system was not observed.
    """
    seen = tuple(workflow.aged(declaration, observations, order.now))
    world = workflow.side_by_side(declaration, seen, order.now, approval)
    findings = workflow.assess(declaration, seen, order.now, approval, order.selection).findings
    writers = _writers(declaration)
    images, own = _read(declaration, world, findings, writers)
    approvers = frozenset(member.id for member in order.roster.members if not member.absence(world.at)) if order.roster else frozenset()
    planning = Planning(world, images, writers, _meaning, Protected(own=own, approvers=approvers), consent=order.consent, used=order.used)
    planning.plan(findings)
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
    )


def _meaning(observation: Observation) -> Meaning:
    return find(observation.connector).meaning(observation)


def _writers(declaration: Declaration) -> Mapping[str, Writer]:
    found = {system.name: find(system.connector) for system in declaration.systems}
    return {name: connector for name, connector in found.items() if isinstance(connector, Writer)}


def _read(
    declaration: Declaration, world: World, findings: tuple[Finding, ...], writers: Mapping[str, Writer]
) -> tuple[dict[Ref, Image | str], frozenset[Ref]]:
    """The objects that may have to be written, and as whom guardrails reads them."""
    images: dict[Ref, Image | str] = {}
    own: set[Ref] = set()
    asked: dict[str, list[Ref]] = {}
    for ref in objects(world, findings, writers):
        asked.setdefault(ref.system, []).append(ref)
    for system in declaration.systems:
        if refs := asked.get(system.name):
            try:
                reader = writers[system.name].objects(system)
                own |= set(reader.itself())
            except (ConnectorError, SecretError) as error:
                images |= dict.fromkeys(refs, f"{system.name} cannot be asked for single objects: {error.message}")
                continue
            images |= {ref: _image(reader, ref) for ref in refs}
    return images, frozenset(own)


def _image(reader: Objects, ref: Ref) -> Image | str:
    try:
        return reader.current(ref) or f"{ref} is not there any more"
    except ConnectorError as error:
        return f"{ref} could not be read: {error.message}"


def _rests_on(observation: Observation) -> Read:
    return Read(
        system=observation.system,
        taken_at=observation.taken_at,
        source=observation.source,
        identity=observation.identity,
        facts=len(observation.facts),
        gaps=len(observation.gaps),
    )
