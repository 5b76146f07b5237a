"""What a run stands on, and the engine that it drives: under the lease, with the journal open and the write credentials loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from guardrails.apply.engine import Clock, Engine, Note, nothing
from guardrails.apply.journal import opened_journal
from guardrails.apply.lease import leased
from guardrails.apply.opened import journal_of, mark, seal_of
from guardrails.connectors.discovery import find
from guardrails.errors import Refused
from guardrails.model.actions import involved
from guardrails.model.changes import Change, Plan
from guardrails.model.declaration import Declaration, System
from guardrails.plan.document import plan_digest
from guardrails.ports import Confining, Lease, Remediator, Warrant, Writer
from guardrails.trust.roster import Roster
from guardrails.trust.sealed.keys import Keys

__all__ = ["TOLERANCE", "Ground", "engine_of", "require_clock"]

TOLERANCE = timedelta(seconds=60)
"""By how much two clocks may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a run stands on.

    Attributes:
        declaration: As it is now.
        roster: The trusted one.
        state: The folder in which this host keeps what it must remember.
        now: The moment.
        latest: The latest moment that the audit log tells, by the clock that the host had then; `None` where there is no log.
        clock: What tells the time later on.
        who: Who runs it, for the journal, the audit log and whoever waits for the lease.
        note: Writes to the audit log.
        keys: Those under which the journal is sealed; `None` where it is kept in clear.
        shared: Makes the lease that other hosts see too, for one run; `None` where there is none.
    """

    declaration: Declaration
    roster: Roster
    state: Path
    now: datetime
    clock: Clock
    who: str
    note: Note
    latest: datetime | None = None
    keys: Keys | None = None
    shared: Callable[[], Lease] | None = None


def require_clock(ground: Ground) -> None:
    """The clock was not set back: else a plan, a signature and the time to confirm would live longer than they should.

    Raises:
        Refused: It was.
    """
    if ground.latest is not None and ground.now < ground.latest - TOLERANCE:
        message = f"it is {ground.now:%Y-%m-%d %H:%M} UTC, and the audit log was written to at {ground.latest:%Y-%m-%d %H:%M} UTC"
        raise Refused(message, remedy="correct the clock; if it was wrong then, put the audit log away and let a new one begin")


def _nothing(_: Lease | None) -> None:
    """Where nothing has to be done first."""


@contextmanager
def engine_of(plan: Plan, content: bytes, ground: Ground, *, first: Callable[[Lease | None], None] = _nothing) -> Iterator[Engine]:
    """The engine for a plan, for as long as nobody else may change anything.

    `first` is called when that is so, with the lease that other hosts see too.

    Raises:
        Leased: Another run changes systems now.
        Refused: A system cannot be changed, or is changed as somebody whom the plan takes from.
        OperatorError: The state folder cannot be written, or there is no write credential.
    """
    digest = plan_digest(content)
    path, seal = journal_of(ground.state, digest), seal_of(ground.keys, digest)
    lease = ground.shared() if ground.shared is not None else None
    held = lease.held() if lease is not None else nullcontext()
    with leased(ground.state / "lease", ground.who), held, opened_journal(path, seal) as journal:
        if lease is not None:
            ground.note("lease.take", {"plan": plan.id, "number": lease.number})
        hold = lease.require if lease is not None else nothing
        remediators = _remediators(plan, digest, ground.declaration)
        first(lease)
        mark(path, ended=False)
        try:
            yield Engine(plan=plan, journal=journal, remediators=remediators, note=ground.note, clock=ground.clock, hold=hold)
        finally:
            if journal.ended:
                mark(path, ended=True)


def _remediators(plan: Plan, digest: str, declaration: Declaration) -> Mapping[str, Remediator]:
    """Those who write, one for each system that the plan touches; none of them is what the plan takes something from."""
    systems = {system.name: system for system in declaration.systems}
    found: dict[str, Remediator] = {}
    for name in sorted({change.ref.system for change in plan.changes}):
        connector = find(systems[name].connector) if name in systems else None
        if not isinstance(connector, Writer):
            raise Refused(f"guardrails cannot change {name}", remedy="plan again")
        mine = [change for change in plan.changes if change.ref.system == name]
        _check_objects(mine, connector)
        found[name] = _remediator(connector, systems[name], Warrant(digest=digest, changes=tuple(mine)))
        refs = {ref for change in mine for ref in (change.ref, *involved(change.action))}
        for ref in found[name].itself():
            if ref in refs:
                raise Refused(f"{ref} is guardrails itself, which would lock itself out", remedy="nothing allows it; plan again")
    return found


def _remediator(connector: Writer, system: System, warrant: Warrant) -> Remediator:
    """The one who writes, confined to the plan where the system can do that."""
    return connector.confined(system, warrant) if isinstance(connector, Confining) else connector.remediator(system)


def _check_objects(changes: Iterable[Change], connector: Writer) -> None:
    """Each change writes the object that its action is about: else what was read and what is written could be two things."""
    for change in changes:
        try:
            touched = connector.touched(change.action)
        except ValueError as error:
            raise Refused(f"{change.ref}: {error}", remedy="plan again") from None
        if touched != change.ref:
            raise Refused(f"the plan writes {change.ref}, and its action is about {touched}", remedy="plan again, and find out who made it")
