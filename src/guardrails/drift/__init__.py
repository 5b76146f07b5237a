"""The verbs, pure: what differs between a declaration and what was seen, judged at one moment that is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.drift.access import access
from guardrails.drift.assets import assets
from guardrails.drift.assignments import assignments
from guardrails.drift.changes import changes
from guardrails.drift.evidence import evidence
from guardrails.drift.exposure import exposure
from guardrails.drift.identity import identity
from guardrails.drift.next_login import next_login
from guardrails.drift.policies import policies
from guardrails.drift.sharing import sharing
from guardrails.drift.trust import trust
from guardrails.drift.world import World
from guardrails.model.findings import Difference

__all__ = ["NOBODYS", "World", "differences"]

NOBODYS = "isg"
"""Who answers for what nobody owns: the information security group."""


def differences(world: World) -> Iterator[Difference]:
    """Every difference there is, each with an owner; order carries no meaning."""
    owners = {system.name: system.owner for system in world.declaration.systems}
    for found in _found(world):
        yield found if found.owner else replace(found, owner=owners.get(found.system) or NOBODYS)


def _found(world: World) -> Iterator[Difference]:
    yield from evidence(world)
    yield from changes(world)
    yield from assets(world)
    yield from identity(world)
    yield from access(world)
    yield from next_login(world)
    yield from policies(world)
    yield from trust(world)
    yield from assignments(world)
    yield from sharing(world)
    yield from exposure(world)
