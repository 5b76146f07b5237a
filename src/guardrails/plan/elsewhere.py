"""What something else has to change: in the system's words, as patches of its sources, and as changes of a permission set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from guardrails.drift.world import World
from guardrails.model.actions import involved
from guardrails.model.applying import Manager
from guardrails.model.changes import Action, Edit, Image, Patch
from guardrails.model.reference import Ref
from guardrails.model.written import Wanted, Written
from guardrails.plan.managed import Managed, managed_by, manager_of_image
from guardrails.plan.proposal import Proposal
from guardrails.plan.provisioned import PERMISSION_SET, of_the_set
from guardrails.plan.soundness import Unsound, outcome
from guardrails.plan.stage import Stage
from guardrails.ports import Writer

__all__ = ["Elsewhere", "Others"]

Edits = Callable[[Action, Ref], tuple[Image, tuple[Edit, ...]]]
"""An object as it is, whoever writes it, and what an action means for it; raises `Unsound`."""


class Elsewhere(Unsound):
    """An action that something else has to make."""

    def __init__(self, managed: Managed, proposal: str, patches: tuple[Patch, ...] = ()) -> None:
        super().__init__(f"it is managed by {managed.by.name}")
        self.managed, self.proposal, self.patches = managed, proposal, patches


class Others:
    """Who else writes the objects of a world."""

    def __init__(self, world: World, writers: Mapping[str, Writer], written: Written, edits: Edits) -> None:
        self._world, self._writers, self._written, self._edits = world, writers, written, edits
        self._managed = managed_by(world)

    def require_none(self, proposal: Proposal, stage: Stage, touched: Ref | None, image: Image | None, said: str) -> None:
        """Nothing else writes the object, or whom the action takes from; else the change is for that one, if it is one to make.

        Args:
            proposal: With its action.
            stage: What would be seen by now.
            touched: The object that would be written; `None` where none can be from here, which has a manager all the same.
            image: As it is, where that is known.
            said: The action in a few words, where the system has none for it.

        Raises:
            Elsewhere: Something else does, with what it should change.
            Unsound: It is not one to make at all.
        """
        refs = [*([touched] if touched else []), involved(proposal.action)[0]]
        managed = next(self._managers(proposal, refs, image), None)
        if managed is None:
            return
        outcome(stage, proposal)
        told, patches = said, tuple[Patch, ...]()
        if refs[0].kind == PERMISSION_SET:
            told = of_the_set(self._world, stage, proposal, self._writers[refs[0].system]) or said
        else:
            with suppress(Unsound):
                told, patches = self._proposed(proposal.action, refs[0], managed)
        raise Elsewhere(managed, f"{managed.where}: {told}" if managed.where else told, patches)

    def _managers(self, proposal: Proposal, refs: list[Ref], image: Image | None) -> Iterator[Managed]:
        yield from filter(None, map(self._managed, refs))
        if image is not None and (found := manager_of_image(self._world, image)):
            yield found
        if told := proposal.finding.difference.managed_by:
            yield Managed(Manager(name=told))

    def _proposed(self, action: Action, ref: Ref, managed: Managed) -> tuple[str, tuple[Patch, ...]]:
        image, edits = self._edits(action, ref)
        wanted = Wanted(manager=managed.by.name, told=managed.told, action=action, ref=ref, image=image, edits=edits, tags=managed.tags)
        return "; ".join(edit.reads for edit in edits), self._written(wanted)
