"""Applies a plan, goes on with one, or takes one back. Everything is verified anew: a plan that was good yesterday may not be today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guardrails.apply.engine import Engine
from guardrails.apply.opened import journal_of, keep
from guardrails.errors import Refused
from guardrails.model.changes import Plan
from guardrails.plan.document import parse_plan, plan_digest
from guardrails.plan.hazards import of_changes
from guardrails.ports import Lease
from guardrails.remediation.carrying import TOLERANCE, Ground, engine_of, require_clock
from guardrails.remediation.overdue import require_no_waiting, take_back_overdue
from guardrails.remediation.quarantine import require_proof
from guardrails.trust.approval import Approvers, approvers
from guardrails.trust.canonical import JSON
from guardrails.trust.tally import Signatures

__all__ = ["Carried", "apply_plan", "begun", "confirm_plan", "require_begun", "resume_plan", "roll_back_plan", "sound", "verified"]


def verified(content: bytes, signatures: Signatures, ground: Ground) -> tuple[Plan, Approvers]:
    """The plan in some bytes, when it may be applied now.

    Raises:
        SnapshotError: It is no plan of this version, or was changed.
        Refused: It may not, and why.
    """
    plan = parse_plan(content)
    sound(plan, ground)
    return plan, _approved(plan, content, signatures, ground)


def sound(plan: Plan, ground: Ground) -> None:
    """A plan may be applied here and now, whoever stands behind it.

    Raises:
        Refused: It may not, and why.
    """
    _bound(plan, ground)
    _timely(plan, ground)
    for hazard in (*plan.hazards, *of_changes(plan.changes, ground.declaration.applying)):
        raise Refused(f"{hazard.rule}: {hazard.message}", remedy=hazard.allow)
    if not plan.changes:
        raise Refused("the plan changes nothing", remedy="read what it holds back, and why")
    require_proof(plan, ground)


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
    require_clock(ground)
    applying, now = ground.declaration.applying, ground.now
    if now > plan.expires_at or plan.expires_at - plan.observed_at > timedelta(hours=2 * applying.expires_hours):
        raise Refused(f"the plan expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC", remedy="plan again")
    require_begun(plan, now)
    local = now.astimezone(ZoneInfo(ground.declaration.clock.timezone))
    if applying.windows and not any(window.holds(local) for window in applying.windows):
        raise Refused(f"{local:%a %H:%M} is in none of the windows of apply.windows", remedy="apply it when one is open")


def require_begun(plan: Plan, now: datetime) -> None:
    """A plan is not of a time to come: else what waits for a time, such as a quarantine, would have waited less than it should.

    Whoever signs asks this of a clock of their own, so that the one of the host that planned is not believed alone.

    Raises:
        Refused: It is.
    """
    if plan.observed_at > now + TOLERANCE:
        message = f"the plan is of {plan.observed_at:%Y-%m-%d %H:%M} UTC, which is yet to come: here it is {now:%Y-%m-%d %H:%M} UTC"
        raise Refused(message, remedy="correct the clock that is wrong; if it is the one of the host that planned, plan again")


@dataclass(frozen=True, slots=True)
class Carried:
    """A plan that was carried out; `waits_until` says when it is taken back unless somebody confirms it."""

    plan: Plan
    waits_until: datetime | None = None


def apply_plan(content: bytes, signatures: Signatures, ground: Ground, confirm_within: timedelta | None = None) -> Carried:
    """Verify a plan and make its changes. What waits to be confirmed on this host and is overdue is taken back first.

    Raises:
        Refused: It may not be applied, and nothing was changed.
        RolledBack: A change failed, and those before it were taken back.
        Unfinished: A person has to look.
        Leased: Another run changes systems now, or another plan waits to be confirmed.
    """
    plan, signers = verified(content, signatures, ground)
    take_back_overdue(ground)
    about: dict[str, JSON] = {"digest": plan_digest(content), "by": ground.who, "signers": list(signers.signers)}
    return begun(plan, content, ground, about, confirm_within)


def begun(
    plan: Plan,
    content: bytes,
    ground: Ground,
    about: dict[str, JSON],
    confirm_within: timedelta | None = None,
    *,
    first: Callable[[Lease | None], None] | None = None,
) -> Carried:
    """Make the changes of a plan that was verified; `apply_plan` says what comes of it. `first` is called before, under the lease."""

    def before(lease: Lease | None) -> None:
        require_no_waiting(ground, plan_digest(content))
        if first is not None:
            first(lease)

    with engine_of(plan, content, ground, first=before) as engine:
        keep(journal_of(ground.state, plan_digest(content)), content)
        engine.apply(about, confirm_within)
        return Carried(plan, engine.journal.confirm_by)


def confirm_plan(content: bytes, signatures: Signatures, ground: Ground) -> Carried:
    """Let the changes of a plan stay that was applied to be confirmed.

    Raises:
        Refused: There is nothing to confirm, the plan is not the one that was approved, or the clock was set back.
        RolledBack: It is too late, and everything was taken back.
        Unfinished: A person has to look.
        Leased: Another run changes systems now.
    """
    require_clock(ground)
    return _carried(content, signatures, ground, lambda engine: engine.confirm({"by": ground.who}))


def resume_plan(content: bytes, signatures: Signatures, ground: Ground) -> Carried:
    """Go on with a plan that was interrupted. Its time and the windows count no longer, so that it does not stay half done.

    Raises:
        Refused: There is nothing to go on with, or the plan is not the one that was approved.
        RolledBack: As for `apply_plan`; or it should have been confirmed by now.
        Unfinished: Likewise.
        Leased: Likewise.
    """
    take_back_overdue(ground, but=plan_digest(content))
    return _carried(content, signatures, ground, Engine.resume)


def roll_back_plan(content: bytes, signatures: Signatures, ground: Ground) -> Carried:
    """Take a plan back, whether it ended or was interrupted.

    Raises:
        Refused: There is nothing to take back, or the plan is not the one that was approved.
        Unfinished: A person has to look.
        Leased: Another run changes systems now.
    """
    return _carried(content, signatures, ground, Engine.rollback)


def _carried(content: bytes, signatures: Signatures, ground: Ground, step: Callable[[Engine], None]) -> Carried:
    plan = _signed(content, signatures, ground)
    with engine_of(plan, content, ground) as engine:
        step(engine)
        return Carried(plan, engine.journal.confirm_by if engine.journal.is_waiting else None)


def _signed(content: bytes, signatures: Signatures, ground: Ground) -> Plan:
    """The plan, when enough members stand behind its bytes; it may be over by now, and the declaration may have changed."""
    plan = parse_plan(content)
    _approved(plan, content, signatures, ground)
    return plan


def _approved(plan: Plan, content: bytes, signatures: Signatures, ground: Ground) -> Approvers:
    at, quorum = ground.declaration.clock.day(ground.now), ground.declaration.applying.quorum
    return approvers(content, signatures, ground.roster, at, environment=plan.environment, author=plan.author, quorum=quorum)
