"""Changes what a standing approval names, without asking again: a plan of its own, with its journal, within every limit and window.

The approval is a record of the security group over the section `apply` of the declaration, for this environment. It is verified when the
plan is made and again when it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from guardrails.apply.daily import reserve, used
from guardrails.apply.opened import KeptPlan, open_plans
from guardrails.drift.world import Approval
from guardrails.errors import Refused, RolledBack
from guardrails.model.applying import Standing
from guardrails.model.changes import Plan
from guardrails.model.observation import Observation
from guardrails.plan.document import parse_plan, plan_bytes, plan_digest
from guardrails.plan.standing import beyond
from guardrails.ports import Lease
from guardrails.remediation.carrying import Ground, engine_of
from guardrails.remediation.making import Order, make_plan
from guardrails.remediation.overdue import take_back_overdue
from guardrails.remediation.running import Carried, begun, sound
from guardrails.trust.canonical import JSON

__all__ = ["Standings", "apply_standing", "gone_on_with", "standing_of"]


class Standings:
    """A standing approval that is signed, and what stands behind it."""

    def __init__(self, approved: Standing, approval: Approval, ground: Ground) -> None:
        self.approved, self._approval, self._ground = approved, approval, ground

    def require(self) -> None:
        """It stands today.

        Raises:
            Refused: It does not, and why.
        """
        declaration = self._ground.declaration
        day, subject = declaration.clock.day(self._ground.now), f"standing:{declaration.applying.environment}"
        if day > self.approved.until:
            raise Refused(f"apply.standing ended on {self.approved.until}", remedy="have a new one decided, or leave out --apply")
        if why := self._approval(self.approved.approved, subject, dict(declaration.digests).get(subject, "")):
            remedy = f"guardrails record new --claim {self.approved.approved} --subject {subject}, and have it signed"
            raise Refused(f"nothing is changed without asking: {why}", remedy=remedy)

    def left(self, lease: Lease | None = None) -> int:
        """How many changes are left of this day, on this host and on all that share its lease.

        Raises:
            OperatorError: It cannot be told.
            Refused: The clock was set back.
        """
        ground = self._ground
        day, shared = ground.declaration.clock.day(ground.now), lease or (ground.shared() if ground.shared is not None else None)
        made = max(used(ground.state, day), shared.counted(day) if shared is not None else 0)
        return max(0, self.approved.per_day - made)


def standing_of(approval: Approval, ground: Ground) -> Standings:
    """What may be changed without asking again.

    Raises:
        Refused: Nothing may, and why.
    """
    declared = ground.declaration.applying.standing
    if declared is None:
        raise Refused("nothing is declared that may be changed without asking again", remedy="declare apply.standing, and have it signed")
    found = Standings(declared, approval, ground)
    found.require()
    return found


def gone_on_with(approval: Approval, ground: Ground) -> tuple[str, ...]:
    """Take back what should have been confirmed by now, and go on with what a run before this one began without asking and did not end.

    Nobody looks at it, so it goes forward only where it could be begun now; what was going back goes back.

    Raises:
        Refused: It could not, and was left as it is.
        Unfinished: A person has to look.
        Leased: Another run changes systems now.
    """
    taken = take_back_overdue(ground)
    return (*taken, *(_gone_on(found, approval, ground) for found in open_plans(ground.state, ground.keys) if _is_ours(found)))


def _is_ours(found: KeptPlan) -> bool:
    return "standing" in found.journal.began and not found.journal.is_stopped


def _gone_on(found: KeptPlan, approval: Approval, ground: Ground) -> str:
    content = found.content()
    plan = parse_plan(content)
    if not found.journal.is_going_back:
        try:
            _require(plan, standing_of(approval, ground), ground)
        except Refused as why:
            message = f"plan sha256:{found.digest[:12]} was interrupted, and is left as it is: {why.message}"
            raise Refused(message, remedy=f"have {found.path.name} signed, then: guardrails resume, or guardrails rollback") from None
    with engine_of(plan, content, ground) as engine:
        try:
            engine.resume()
        except (RolledBack, Refused) as why:
            return f"plan {engine.plan.id}: {why.message}"
        return f"plan {engine.plan.id}: gone on with, {engine.journal.ended}"


def apply_standing(standing: Standings, observations: Iterable[Observation], approval: Approval, order: Order, ground: Ground) -> Plan:
    """Plan what the approval names, and apply it. Without changes nothing is applied; what is held back stands in the plan.

    Raises:
        Refused: The plan has hazards, or may not be applied now. Nothing was changed.
        RolledBack: A change failed, and those before it were taken back.
        Unfinished: A person has to look.
        Leased: Another run changes systems now, or another plan is to be confirmed.
    """
    plan = make_plan(ground.declaration, observations, approval, order)
    if plan.changes:
        _carried(plan, standing, ground)
    return plan


def _carried(plan: Plan, standing: Standings, ground: Ground) -> Carried:
    content = plan_bytes(plan)
    _require(plan, standing, ground)
    about: dict[str, JSON] = {"digest": plan_digest(content), "by": ground.who, "standing": standing.approved.approved}
    return begun(plan, content, ground, about, first=partial(_count, plan, plan_digest(content), standing, ground))


def _require(plan: Plan, standing: Standings, ground: Ground) -> None:
    """It may be applied now without asking."""
    sound(plan, ground)
    standing.require()
    for change in plan.changes:
        if why := beyond(standing.approved, change):
            raise Refused(f"{change.ref}: {why}", remedy="guardrails plan, and have it signed")


def _count(plan: Plan, digest: str, standing: Standings, ground: Ground, lease: Lease | None) -> None:
    """Under the lease, so that no two runs count the same changes as left."""
    left, number = standing.left(lease), len(plan.changes)
    if number > left:
        limit = standing.approved.per_day
        raise Refused(f"{number} changes, and of {limit} in a day {left} are left", remedy="wait for tomorrow, or have a plan signed")
    ground.note("standing.count", {"plan": plan.id, "standing": standing.approved.approved, "changes": number, "left": left - number})
    day = ground.declaration.clock.day(ground.now)
    if lease is not None:
        lease.count(day, number)
    reserve(ground.state, day, digest, number)
