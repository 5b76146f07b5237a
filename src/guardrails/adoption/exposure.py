"""Who can reach what, as it is: one allowlist for each target and set of sources, and a network for each set of addresses."""

from __future__ import annotations

import json

from guardrails.adoption.sections import Entry, Sections, listed
from guardrails.drift.exposure import is_target
from guardrails.drift.inventory import known_networks
from guardrails.drift.world import World
from guardrails.model.facts import AddressList, Exposure
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import Direction
from guardrails.sets import Addresses, Ports

__all__ = ["exposure"]

_Target = tuple[Scope, str]


def exposure(world: World, sections: Sections) -> None:
    """Add an allowlist for every target that has rules and none yet."""
    networks = _Networks(world, sections)
    reached: dict[_Target, dict[Addresses, Ports]] = {}
    names: dict[_Target, str] = {}
    lists = {fact.ref: fact for fact in world.facts(AddressList)}
    for rule in world.facts(Exposure):
        addresses = Addresses.parse(_addresses(rule, lists))
        if rule.direction is Direction.IN and not addresses.is_empty() and not _has_allowlist(world, rule.target):
            target = (world.scope_of(rule.target), world.meanings[rule.target.system].target(rule.target))
            names.setdefault(target, rule.target.name)
            by_sources = reached.setdefault(target, {})
            by_sources[addresses] = by_sources.get(addresses, Ports.nothing()) | Ports.parse(rule.ports)
    for (scope, words), by_sources in sorted(reached.items()):
        name = names[scope, words]
        for ports, addresses in sorted(_by_ports(by_sources).items(), key=lambda item: item[0].texts()):
            entry: Entry = {"to": {str(scope): json.loads(words)}, "ports": list(ports.texts())}
            entry["may-from"] = [networks.named(addresses, name)]
            sections.add("allowlists", f"{scope}-{name}".replace("@", "-"), entry)


def _has_allowlist(world: World, target: Ref) -> bool:
    return any(is_target(world, allowlist, target) for allowlist in world.declaration.allowlists)


def _by_ports(by_sources: dict[Addresses, Ports]) -> dict[Ports, Addresses]:
    """The same the other way round: an allowlist for each set of ports, with all that reaches just these."""
    found: dict[Ports, Addresses] = {}
    for addresses, ports in by_sources.items():
        found[ports] = found.get(ports, Addresses.nothing()) | addresses
    return found


def _addresses(rule: Exposure, lists: dict[Ref, AddressList]) -> tuple[str, ...]:
    """What it lets in; a list that was not seen, and the members of another group, are no addresses."""
    if rule.through is None:
        return rule.addresses
    return lists[rule.through].addresses if rule.through in lists else ()


class _Networks:
    """Names for sets of addresses: those of the declaration where they are the same, else new ones."""

    def __init__(self, world: World, sections: Sections) -> None:
        self._sections = sections
        self._names = {known.addresses: name for name, known in known_networks(world).items() if not known.doubt}

    def named(self, addresses: Addresses, target: str) -> str:
        if addresses not in self._names:
            cidrs = listed(addresses.cidrs())
            self._names[addresses] = self._sections.add("networks", _wanted(cidrs, target), {"cidrs": cidrs})
        return self._names[addresses]


def _wanted(cidrs: list[str], target: str) -> str:
    match cidrs:
        case ["0.0.0.0/0", "::/0"]:
            return "anywhere"
        case ["0.0.0.0/0"]:
            return "anywhere-v4"
        case ["::/0"]:
            return "anywhere-v6"
        case [one]:
            return f"net-{one}"
        case _:
            return f"sources-of-{target}"
