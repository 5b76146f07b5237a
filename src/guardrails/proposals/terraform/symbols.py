"""What attributes of planned resources will be, as far as that follows from what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from guardrails.proposals.terraform.plan import Plan, Resource
from guardrails.proposals.values import Target, Unknown

__all__ = ["Symbols", "addressed"]

_DEPTH = 16


def addressed(plan: Plan) -> dict[str, Resource]:
    """The resources of a plan and of the state before it, by their addresses."""
    return {one.address: one for one in (*plan.prior, *plan.resources) if not one.is_deposed}


class Symbols:
    """The planned resources by address; `assume` hears what was taken for granted. What their system gives them, a connector derives."""

    def __init__(self, resources: Mapping[str, Resource], assume: Callable[[str], object]) -> None:
        self._resources = resources
        self._assume = assume

    def resource(self, address: str) -> Resource | None:
        """A resource of the plan."""
        return self._resources.get(address)

    def alone(self, value: Unknown, meant: str) -> str | None:
        """What hangs on one attribute, taken as that: plans do not tell what is written around it, so it is said."""
        found = self.of(value.target, meant) if value.target else None
        if value.target and found is not None:
            self._assume(
                f"what is built of {value.target.address}.{value.target.attribute or meant} is that, with nothing written around it"
            )
        return found

    def of(self, target: Target, meant: str, depth: int = _DEPTH) -> str | None:
        """The text of an attribute; of the one that is `meant` where only the resource was told."""
        found = self._resources.get(target.address)
        if found is None or depth == 0:
            return None
        attribute = target.attribute or meant
        value = found.now.get(attribute)
        if isinstance(value, Unknown) and value.target:
            return self.of(value.target, attribute, depth - 1)
        return value if isinstance(value, str) and value else self.derived(found, attribute)

    def derived(self, resource: Resource, attribute: str) -> str | None:  # noqa: ARG002  # nothing follows by itself
        """What an attribute that the system gives will be, where that is told by others."""
        return None
