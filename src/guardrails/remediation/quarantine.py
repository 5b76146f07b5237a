"""What plans that were applied on this host put out of use, by their journals; and that nothing else is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from guardrails.apply.opened import KeptPlan, applied_plans
from guardrails.errors import Refused, SnapshotError
from guardrails.model.changes import Delete, Held, Plan
from guardrails.plan.document import parse_plan
from guardrails.plan.finalising import Left, deletions
from guardrails.remediation.carrying import Ground
from guardrails.remediation.making import writers_of
from guardrails.trust.errors import UnreadableFile
from guardrails.trust.sealed.keys import Keys

__all__ = ["left_behind", "require_proof"]


def left_behind(state: Path, keys: Keys | None) -> tuple[tuple[Left, ...], tuple[Held, ...]]:
    """Every change that was made here and stands, and the plans of which that cannot be told.

    Raises:
        OperatorError: A journal cannot be read or is damaged, or the plan beside it was changed.
    """
    lefts: list[Left] = []
    held: list[Held] = []
    for kept in applied_plans(state, keys):
        try:
            plan = parse_plan(kept.content())
        except (SnapshotError, UnreadableFile) as error:
            why = f"what it put out of use cannot be told: {error.message}"
            held.append(Held(control="", finding="", subject=f"plan sha256:{kept.digest[:12]}", reason=why, remedy="delete it by hand"))
            continue
        lefts += _lefts(plan, kept)
    return tuple(lefts), tuple(held)


def _lefts(plan: Plan, kept: KeptPlan) -> Iterator[Left]:
    for at, change in enumerate(plan.changes):
        if images := kept.journal.images(at):
            yield Left(change=change, before=images[0], since=kept.journal.done_at(at), plan=kept.digest)


def require_proof(plan: Plan, ground: Ground) -> None:
    """Whatever a plan deletes, a journal of this host says that guardrails put it out of use, and its quarantine is over.

    Raises:
        Refused: It does not, or it is too early.
        OperatorError: A journal cannot be read.
    """
    deleted = [change for change in plan.changes if isinstance(change.action, Delete)]
    if not deleted:
        return
    days = ground.declaration.applying.quarantine_days
    known = {due.action for due in deletions(left_behind(ground.state, ground.keys)[0], writers_of(ground.declaration))}
    for change in deleted:
        if change.action not in known:
            message = f"no journal of this host says that guardrails put {change.ref} out of use as the plan says"
            raise Refused(message, remedy="plan again on the host that did: guardrails plan --finalise")
        assert isinstance(change.action, Delete)  # noqa: S101  # they were chosen by it
        if days is None or ground.now < change.action.since + timedelta(days=days):
            raise Refused(f"{change.ref} is in quarantine", remedy="plan again when it is over: guardrails plan --finalise")
