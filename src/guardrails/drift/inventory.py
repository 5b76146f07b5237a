"""Networks: which addresses they mean, when that cannot be told, and what the inventory says against them.

A network that is not known for certain keeps only what is: it never makes more allowed, and what lies beyond it is unknown, not excess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from guardrails.drift.world import World
from guardrails.model.facts import NetworkRecord
from guardrails.model.findings import Difference
from guardrails.model.networks import AddressGuard, FamilyGuard, InventorySelector, Network
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, RecordForm, Verdict
from guardrails.sets import Addresses

__all__ = ["Known", "Problem", "Selected", "addresses_of", "known_networks", "networks", "problems"]

_WHAT = {RecordForm.PREFIX: "prefixes", RecordForm.RANGE: "ip-ranges", RecordForm.ADDRESS: "ip-addresses"}
"""What the gap is called that could hide records of a form."""

_NOTHING = Addresses.nothing()


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selector means now: the addresses, and the records they stand in."""

    addresses: Addresses
    records: tuple[NetworkRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A guard that does not hold. `is_too_much` is certain whatever was not seen."""

    guard: str
    message: str
    is_too_much: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is certain of a network's addresses, and in `doubt` why there may be more; empty when there is no doubt."""

    addresses: Addresses = _NOTHING
    doubt: str = ""
    problems: tuple[Problem, ...] = ()
    records: tuple[Ref, ...] = ()


def addresses_of(selector: InventorySelector, records: Iterable[NetworkRecord]) -> Selected:
    """The union of the records of the selector's form that have every attribute it names."""
    wanted = set(selector.attributes)
    used = tuple(record for record in records if record.form is selector.form and wanted <= set(record.attributes))
    return Selected(Addresses.parse(text for record in used for text in record.addresses), used)


def problems(network: Network, selected: Selected) -> Iterator[Problem]:
    """The guards of a network that its addresses do not keep."""
    sizes = dict(zip(("v4", "v6"), selected.addresses.size(), strict=True))
    for family, limit in _families(network.at_least):
        if limit.addresses is not None and sizes[family] < limit.addresses:
            yield Problem(f"at-least {family}", f"{sizes[family]} addresses, and {limit.addresses} must be", is_too_much=False)
    for family, limit in _families(network.at_most):
        guard = f"at-most {family}"
        if limit.addresses is not None and sizes[family] > limit.addresses:
            yield Problem(guard, f"{sizes[family]} addresses, and {limit.addresses} may be", is_too_much=True)
        if limit.prefixes is not None and (count := len(_lengths(selected.addresses, family))) > limit.prefixes:
            yield Problem(f"{guard} prefixes", f"{count} prefixes, and {limit.prefixes} may be", is_too_much=True)
        if limit.widest is not None and (widest := _widest(selected, family)) < limit.widest:
            yield Problem(f"{guard} widest", f"a record as wide as /{widest}, and /{limit.widest} may be", is_too_much=True)


def _families(guard: AddressGuard | None) -> tuple[tuple[str, FamilyGuard], ...]:
    return (("v4", guard.v4), ("v6", guard.v6)) if guard else ()


def _lengths(addresses: Addresses, family: str) -> list[int]:
    return [int(cidr.rpartition("/")[2]) for cidr in addresses.cidrs() if (":" in cidr) == (family == "v6")]


def _widest(selected: Selected, family: str) -> int:
    # record by record: neighbours that join to something wider were each looked at by somebody
    texts = (text for record in selected.records for text in record.addresses)
    return min((length for text in texts for length in _lengths(Addresses.parse([text]), family)), default=128)


def known_networks(world: World) -> Mapping[str, Known]:
    """Every declared network by its name; one past its date means nothing."""
    return {network.name: Known() if _is_over(world, network) else _known(world, network) for network in world.declaration.networks}


def _is_over(world: World, network: Network) -> bool:
    return network.until is not None and world.at > network.until


def _known(world: World, network: Network) -> Known:
    selector = network.inventory
    if selector is None:
        unread = network.published is not None and not network.cidrs
        return Known(addresses=Addresses.parse(network.cidrs), doubt="the published addresses were not read" if unread else "")
    selected = addresses_of(selector, world.facts(NetworkRecord, selector.system))
    records = tuple(record.ref for record in selected.records)
    hole = _hole(world, selector.system, {_WHAT[selector.form], "vrfs", "system"})
    # too few is told only when all were seen
    broken = tuple(problem for problem in problems(network, selected) if problem.is_too_much or not hole)
    if broken:
        return Known(doubt="it is outside its guards", problems=broken, records=records)
    if hole:
        return Known(addresses=selected.addresses, doubt=hole, records=records)
    if doubt := _ambiguous(selected) or _empty(network, selected):
        return Known(doubt=doubt, records=records)
    return Known(addresses=selected.addresses, records=records)


def _hole(world: World, system: str, what: set[str]) -> str:
    """Why records could be missing; empty when every one was seen."""
    observation = world.observations.get(system)
    if observation is None:
        return f"the inventory {system or 'of the network'} was not seen"
    return next((f"{gap.what} of {system} not seen: {gap.message}" for gap in observation.gaps if gap.what in what), "")


def _ambiguous(selected: Selected) -> str:
    # the same address in two VRFs is two hosts
    vrfs = sorted({value for record in selected.records for name, value in record.attributes if name == "vrf"})
    return f"its records are in the VRFs {', '.join(vrfs)}, and the network names none" if len(vrfs) > 1 else ""


def _empty(network: Network, selected: Selected) -> str:
    allowed = [limit.addresses for _, limit in _families(network.at_least) if limit.addresses is not None]
    if selected.records or (allowed and not any(allowed)):
        return ""
    return "no record matches, and an empty answer is not an empty network"


def networks(world: World, known: Mapping[str, Known]) -> Iterator[Difference]:
    """Judge every network by its guards, and by the inventory."""
    for network in world.declaration.networks:
        found = known[network.name]
        for problem in found.problems:
            message = f"network {network.name} has {problem.message} ({problem.guard})"
            yield _difference(Kind.NETWORK_GUARD, network, message, found.records, facet=problem.guard)
        if found.doubt and not found.problems:
            message = f"network {network.name}: its addresses cannot be told: {found.doubt}"
            yield _difference(Kind.NETWORK_GUARD, network, message, found.records, verdict=Verdict.UNKNOWN)
        # whose addresses an adopted network names, nobody has said yet
        if network.cidrs and not network.published and not network.vendor and ("networks", network.name) not in world.adopted:
            yield from _unlisted(world, network, found.addresses)


def _unlisted(world: World, network: Network, addresses: Addresses) -> Iterator[Difference]:
    """Own addresses that no active prefix holds; told only when every inventory was seen whole."""
    inventories = world.declaration.inventories
    if not inventories or any(_hole(world, system, {"prefixes"}) for system in inventories):
        return
    active = InventorySelector(system="", form=RecordForm.PREFIX, attributes=(("status", "active"),))
    listed = addresses_of(active, (record for system in inventories for record in world.facts(NetworkRecord, system)))
    beyond = (_own(addresses) - listed.addresses).cidrs()
    if beyond:
        message = f"network {network.name}: {len(beyond)} prefixes are in no active prefix of the inventory: {', '.join(beyond[:3])}"
        yield _difference(Kind.ADDRESS_UNKNOWN_TO_INVENTORY, network, message)


def _own(addresses: Addresses) -> Addresses:
    # the whole of a family is everybody, whom no inventory records
    all_of = Addresses.everything()
    return Addresses(() if addresses.v4 == all_of.v4 else addresses.v4, () if addresses.v6 == all_of.v6 else addresses.v6)


def _difference(
    kind: Kind, network: Network, message: str, records: tuple[Ref, ...] = (), *, facet: str = "", verdict: Verdict = Verdict.VIOLATION
) -> Difference:
    name = f"network:{network.name}"
    return Difference(
        kind=kind,
        system="",
        cause=name,
        facet=facet,
        subject=name,
        message=message,
        verdict=verdict,
        places=records,
        owner=network.owner,
        declared_at=network.place,
    )
