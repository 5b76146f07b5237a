"""What attributes of planned resources will be, as far as that follows from what is known."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.proposals.terraform.plan import Plan, Resource
from guardrails.proposals.values import Target, Unknown

__all__ = ["Symbols", "addressed"]

_DEPTH = 16


def addressed(plan: Plan) -> dict[str, Resource]:
    """The resources of a plan and of the state before it, by their addresses."""
    return {one.address: one for one in (*plan.prior, *plan.resources) if not one.is_deposed}


class Symbols:
    """The planned resources by address. What their system gives them, a connector derives."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources

    def resource(self, address: str) -> Resource | None:
        """A resource of the plan."""
        return self._resources.get(address)

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
