"""Which addresses the allowlists of a target surely let reach it."""

from __future__ import annotations

from guardrails.drift.exposure import is_target
from guardrails.drift.inventory import known_networks
from guardrails.drift.world import World
from guardrails.model.reference import Ref
from guardrails.sets import Addresses, Ports

__all__ = ["allowed_addresses", "allowed_in_part"]


def allowed_addresses(world: World, target: Ref, ports: tuple[str, ...] = ("all",)) -> tuple[Addresses, str]:
    """Those that may reach all of the ports, and why there may be more; an empty text when there is no doubt."""
    known = known_networks(world)
    found, doubts = Addresses.nothing(), set()
    for allowlist in world.declaration.allowlists:
        if not is_target(world, allowlist, target) or not Ports.parse(allowlist.ports).covers(Ports.parse(ports)):
            continue
        for name in allowlist.may_from:
            found |= known[name].addresses
            doubts |= {f"network {name}: {known[name].doubt}"} if known[name].doubt else set()
    return found, "; ".join(sorted(doubts))


def allowed_in_part(world: World, target: Ref, ports: tuple[str, ...]) -> Addresses:
    """Those that may reach some of the ports, or might."""
    known, found = known_networks(world), Addresses.nothing()
    for allowlist in world.declaration.allowlists:
        if is_target(world, allowlist, target) and not (Ports.parse(allowlist.ports) & Ports.parse(ports)).is_empty():
            for name in allowlist.may_from:
                found |= Addresses.everything() if known[name].doubt else known[name].addresses
    return found
