"""Applies a plan, goes on with one, or takes one back. Everything is verified anew: a plan that was good yesterday may not be today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from guardrails.apply.engine import Engine, Note
from guardrails.apply.journal import opened_journal
from guardrails.apply.lease import leased
from guardrails.apply.lines import Seal
from guardrails.connectors.discovery import find
from guardrails.errors import OperatorError, Refused
from guardrails.model.changes import Change, Plan
from guardrails.model.declaration import Declaration
from guardrails.plan.document import parse_plan, plan_digest
from guardrails.plan.hazards import of_changes
from guardrails.plan.stage import involved
from guardrails.ports import Remediator, Writer
from guardrails.trust.approval import Approvers, approvers
from guardrails.trust.canonical import JSON
from guardrails.trust.roster import Roster
from guardrails.trust.sealed.keys import Keys
from guardrails.trust.tally import Signatures

__all__ = ["Ground", "apply_plan", "resume_plan", "roll_back_plan", "verified"]

_TOLERANCE = timedelta(seconds=60)
"""By how much two clocks may differ."""
JOURNALS = "journal"
"""The folder of journals, below the state folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a run stands on.

    Attributes:
        declaration: As it is now.
        roster: The trusted one.
        state: The folder in which this host keeps what it must remember.
        now: The moment.
        who: Who runs it, for the journal, the audit log and whoever waits for the lease.
        note: Writes to the audit log.
        keys: Those under which the journal is sealed; `None` where it is kept in clear.
    """

    declaration: Declaration
    roster: Roster
    state: Path
    now: datetime
    who: str
    note: Note
    keys: Keys | None = None


def verified(content: bytes, signatures: Signatures, ground: Ground) -> tuple[Plan, Approvers]:
    """The plan in some bytes, when it may be applied now.

    Raises:
        SnapshotError: It is no plan of this version, or was changed.
        Refused: It may not, and why.
    """
    plan = parse_plan(content)
    _bound(plan, ground)
    _timely(plan, ground)
    for hazard in (*plan.hazards, *of_changes(plan.changes, ground.declaration.applying)):
        raise Refused(f"{hazard.rule}: {hazard.message}", remedy=hazard.allow)
    if not plan.changes:
        raise Refused("the plan changes nothing", remedy="read what it holds back, and why")
    return plan, _approved(plan, content, signatures, ground)


def _bound(plan: Plan, ground: Ground) -> None:
    """The plan is for what is declared here and now, and for those who sign now."""
    for what, planned, now in (
        ("the environment", plan.environment, ground.declaration.applying.environment),
        ("the declaration", plan.declaration, ground.declaration.digest),
        ("the roster", plan.roster, ground.roster.digest),
    ):
        if planned != now:
            raise Refused(f"the plan was made for {what} {planned[:12] or 'of nobody'}, and this is {now[:12]}", remedy="plan again")


def _timely(plan: Plan, ground: Ground) -> None:
    applying, now = ground.declaration.applying, ground.now
    if now > plan.expires_at or plan.expires_at - plan.observed_at > timedelta(hours=2 * applying.expires_hours):
        raise Refused(f"the plan expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC", remedy="plan again")
    if plan.observed_at > now + _TOLERANCE:
        raise Refused(f"the plan is of {plan.observed_at:%Y-%m-%d %H:%M} UTC, which is yet to come", remedy="correct the clock")
    local = now.astimezone(ZoneInfo(ground.declaration.clock.timezone))
    if applying.windows and not any(window.holds(local) for window in applying.windows):
        raise Refused(f"{local:%a %H:%M} is in none of the windows of apply.windows", remedy="apply it when one is open")


def apply_plan(content: bytes, signatures: Signatures, ground: Ground) -> Plan:
    """Verify a plan and make its changes.

    Raises:
        Refused: It may not be applied, and nothing was changed.
        RolledBack: A change failed, and those before it were taken back.
        Unfinished: A person has to look.
        Leased: Another run changes systems now.
    """
    plan, signers = verified(content, signatures, ground)
    about: dict[str, JSON] = {"digest": plan_digest(content), "by": ground.who, "signers": list(signers.signers)}
    with _engine(plan, content, ground) as engine:
        engine.apply(about)
    return plan


def resume_plan(content: bytes, signatures: Signatures, ground: Ground) -> Plan:
    """Go on with a plan that was interrupted. Its time and the windows count no longer, so that it does not stay half done.

    Raises:
        Refused: There is nothing to go on with, or the plan is not the one that was approved.
        RolledBack: As for `apply_plan`.
        Unfinished: Likewise.
        Leased: Likewise.
    """
    plan = _signed(content, signatures, ground)
    with _engine(plan, content, ground) as engine:
        engine.resume()
    return plan


def roll_back_plan(content: bytes, signatures: Signatures, ground: Ground) -> Plan:
    """Take a plan back, whether it ended or was interrupted.

    Raises:
        Refused: There is nothing to take back, or the plan is not the one that was approved.
        Unfinished: A person has to look.
        Leased: Another run changes systems now.
    """
    plan = _signed(content, signatures, ground)
    with _engine(plan, content, ground) as engine:
        engine.rollback()
    return plan


def _signed(content: bytes, signatures: Signatures, ground: Ground) -> Plan:
    """The plan, when enough members stand behind its bytes; it may be over by now, and the declaration may have changed."""
    plan = parse_plan(content)
    _approved(plan, content, signatures, ground)
    return plan


def _approved(plan: Plan, content: bytes, signatures: Signatures, ground: Ground) -> Approvers:
    at, quorum = ground.declaration.clock.day(ground.now), ground.declaration.applying.quorum
    return approvers(content, signatures, ground.roster, at, environment=plan.environment, author=plan.author, quorum=quorum)


@contextmanager
def _engine(plan: Plan, content: bytes, ground: Ground) -> Iterator[Engine]:
    journals = ground.state / JOURNALS
    try:
        journals.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{journals}: {error.strerror}", remedy="let guardrails write the state folder") from error
    digest = plan_digest(content)
    seal = Seal(ground.keys, digest) if ground.keys else None
    with leased(ground.state / "lease", ground.who), opened_journal(journals / f"{digest}.jsonl", seal) as journal:
        yield Engine(plan=plan, journal=journal, remediators=_remediators(plan, ground.declaration), note=ground.note)


def _remediators(plan: Plan, declaration: Declaration) -> Mapping[str, Remediator]:
    """Those who write, one for each system that the plan touches; none of them is what the plan takes something from."""
    systems = {system.name: system for system in declaration.systems}
    found: dict[str, Remediator] = {}
    for name in sorted({change.ref.system for change in plan.changes}):
        connector = find(systems[name].connector) if name in systems else None
        if not isinstance(connector, Writer):
            raise Refused(f"guardrails cannot change {name}", remedy="plan again")
        mine = [change for change in plan.changes if change.ref.system == name]
        _check_objects(mine, connector)
        found[name] = connector.remediator(systems[name])
        refs = {ref for change in mine for ref in (change.ref, *involved(change.action))}
        for ref in found[name].itself():
            if ref in refs:
                raise Refused(f"{ref} is guardrails itself, which would lock itself out", remedy="nothing allows it; plan again")
    return found


def _check_objects(changes: Iterable[Change], connector: Writer) -> None:
    """Each change writes the object that its action is about: else what was read and what is written could be two things."""
    for change in changes:
        try:
            touched = connector.touched(change.action)
        except ValueError as error:
            raise Refused(f"{change.ref}: {error}", remedy="plan again") from None
        if touched != change.ref:
            raise Refused(f"the plan writes {change.ref}, and its action is about {touched}", remedy="plan again, and find out who made it")
