"""Makes the plan of what may be deleted: what guardrails put out of use by its own journals, once its quarantine is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from guardrails import workflow
from guardrails.drift import World
from guardrails.drift.world import Approval
from guardrails.errors import AuthorError
from guardrails.model.changes import Held, Plan
from guardrails.model.declaration import Declaration
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.plan.finalising import Due, Left, deletion, deletions, disabled_by, is_gone, quarantined, undated
from guardrails.plan.planning import Planning
from guardrails.plan.proposal import Proposal
from guardrails.plan.stage import Stage
from guardrails.remediation.making import Order, drawn_up, meaning_of, planning_of, writers_of
from guardrails.remediation.quarantine import left_behind
from guardrails.trust.sealed.keys import Keys

__all__ = ["make_final_plan"]


def make_final_plan(
    declaration: Declaration, observations: Iterable[Observation], approval: Approval, order: Order, kept: tuple[Path, Keys | None]
) -> Plan:
    """The plan that deletes, of what the journals in a state folder say, what is due; nothing of it can be taken back.

    `kept` is that folder, with the keys of its journals.

    Raises:
        AuthorError: No quarantine is declared.
        SnapshotError: A declared system was not observed.
        OperatorError: A journal cannot be read.
    """
    if declaration.applying.quarantine_days is None:
        raise AuthorError("nothing is deleted, for no quarantine is declared", remedy="declare apply: {quarantine: 30d}")
    seen = tuple(workflow.aged(declaration, observations, order.now))
    world, writers = workflow.side_by_side(declaration, seen, order.now, approval), writers_of(declaration)
    lefts, untold = left_behind(*kept)
    mine = tuple(left for left in lefts if _is_chosen(left, world, order))
    dues = tuple((writers[due.action.ref.system].touched(due.action), due) for due in deletions(mine, writers))
    planning = planning_of(world, sorted({ref for ref, _ in dues}), writers, order)
    planning.held += [*untold, *undated(mine, writers)]
    there = (due for ref, due in dues if not is_gone(due, planning.read(ref)))
    planning.delete(_proposals(there, planning, Stage.of(world, meaning_of), disabled_by(lefts), order))
    return drawn_up(planning, seen, world, order)


def _is_chosen(left: Left, world: World, order: Order) -> bool:
    ref = left.change.ref
    return order.selection.names(left.change.control, ref.system, world.sets.get((ref.system, ref.realm), ()))


def _proposals(dues: Iterable[Due], planning: Planning, stage: Stage, ours: frozenset[Ref], order: Order) -> Iterator[Proposal]:
    applying = stage.world.declaration.applying
    for due in dues:
        found: Proposal | Held = quarantined(due, applying.quarantine_days or 0, order.now) or deletion(due, stage, ours)
        if isinstance(found, Held):
            planning.held.append(found)
        else:
            yield found
