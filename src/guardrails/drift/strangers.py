"""Groups into which somebody may come whom nothing that was read tells: no declared directory names their members."""

from __future__ import annotations

from dataclasses import replace

from guardrails.drift.world import World
from guardrails.model.findings import Difference
from guardrails.model.reference import Ref
from guardrails.ports import Providing

__all__ = ["Strangers"]


class Strangers:
    """Who may be in which group, in words. What a declared directory says is judged person by person."""

    def __init__(self, world: World) -> None:
        self._how: dict[Ref, tuple[str, ...]] = {}
        for meaning in world.meanings.values():
            for one in meaning.provided() if isinstance(meaning, Providing) else ():
                if not one.by_directory or not world.declaration.sources:
                    self._how[one.group] = (*self._how.get(one.group, ()), one.how)

    def may_enter(self, group: Ref) -> bool:
        """Whether some may."""
        return group in self._how

    def told(self, difference: Difference) -> Difference:
        """A difference about such a group, with who is in it; any other one as it is."""
        found = [how for place in difference.places for how in self._how.get(place, ())]
        return replace(difference, message=f"{difference.message}; it is held by {' and by '.join(found)}") if found else difference
