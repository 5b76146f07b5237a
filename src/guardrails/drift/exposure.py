"""Exposure: which addresses reach which targets, against the allowlists, as exact sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guardrails.drift.inventory import Known, known_networks, networks
from guardrails.drift.world import World
from guardrails.model.facts import AddressList, Exposure
from guardrails.model.findings import Difference, Witness
from guardrails.model.networks import Allowlist, Network
from guardrails.model.reference import NOWHERE, Ref
from guardrails.model.words import Direction, Kind, Verdict
from guardrails.sets import Addresses, Ports, Region, Space

__all__ = ["amiss", "exposure", "is_target"]

_SPACE = Space(("port", "address"), (Ports.everything(), Addresses.everything()))


def exposure(world: World) -> Iterator[Difference]:
    """Judge every target that has rules or an allowlist, and every network that is over."""
    known = known_networks(world)
    yield from networks(world, known)
    for network in world.declaration.networks:
        if network.until is not None and world.at > network.until:
            yield _over(network)
    claimed: set[str] = set()
    for target, found in _rules(world).items():
        named = [allowlist for allowlist in world.declaration.allowlists if is_target(world, allowlist, target)]
        claimed |= {allowlist.name for allowlist in named}
        yield from _judged(world, target, found, named, known)
    for allowlist in world.declaration.allowlists:
        if allowlist.must_from and allowlist.direction is Direction.IN and allowlist.name not in claimed:
            message = f"allowlist {allowlist.name}: no rule of {allowlist.target} was seen"
            verdict = Verdict.UNKNOWN if world.could_hide(allowlist.scope) else Verdict.VIOLATION
            yield _difference(Kind.EXPOSURE_MISSING, allowlist.scope.system, "", allowlist.target, message, allowlist, verdict=verdict)


def amiss(world: World, target: Ref, kind: Kind) -> tuple[Region, Region]:
    """All that a finding about a target shows one point of, surely and at most: what is beyond its allowlists, or what they lack."""
    allowlists = [allowlist for allowlist in world.declaration.allowlists if is_target(world, allowlist, target)]
    actual, possible, _ = _actual(world, _rules(world).get(target, []))
    known, is_lack = known_networks(world), kind is Kind.EXPOSURE_MISSING
    parts = [(allowlist.ports, allowlist.must_from if is_lack else allowlist.may_from) for allowlist in allowlists]
    least, most, _ = _declared(parts, known)
    return (least - possible, most - actual) if is_lack else (actual - most, possible - least)


def _rules(world: World) -> dict[Ref, list[Exposure]]:
    rules: dict[Ref, list[Exposure]] = {}
    for rule in (*world.facts(Exposure), *_implied(world)):
        if rule.direction is Direction.IN:
            rules.setdefault(rule.target, []).append(rule)
    return rules


def _implied(world: World) -> Iterator[Exposure]:
    """What documents say of the targets that an allowlist names: nobody needs one for every bucket and every role."""
    found: dict[Exposure, None] = {}
    for allowlist in world.declaration.allowlists:
        meaning = world.meanings.get(allowlist.scope.system)
        rules = meaning.rules(allowlist.target) if meaning else ()
        found |= {rule: None for rule in rules if is_target(world, allowlist, rule.target)}
    return iter(found)


def is_target(world: World, allowlist: Allowlist, target: Ref) -> bool:
    """Whether an allowlist is for an observed target."""
    if allowlist.direction is not Direction.IN or not world.within(allowlist.scope, target):
        return False
    return world.meanings[target.system].guards(allowlist.target, target)


def _judged(
    world: World, target: Ref, rules: list[Exposure], allowlists: list[Allowlist], known: Mapping[str, Known]
) -> Iterator[Difference]:
    actual, possible, unseen = _actual(world, rules)
    may, may_most, may_doubt = _declared([(allowlist.ports, allowlist.may_from) for allowlist in allowlists], known)
    must, must_most, must_doubt = _declared([(allowlist.ports, allowlist.must_from) for allowlist in allowlists], known)
    first = allowlists[0] if allowlists else None
    excess = _point(actual - may_most)
    if excess and first is None:
        message = f"{target} lets {excess['address']} reach {excess['port']}, and no allowlist is declared for it"
        yield _difference(Kind.EXPOSURE_UNDECLARED, target.system, target.realm, target.id, message, None, target, excess)
    elif excess:
        size = _size(rules, may)
        message = f"{target} lets {excess['address']} reach {excess['port']}, beyond its allowlist ({size})"
        yield _difference(Kind.EXPOSURE_EXCESS, target.system, target.realm, target.id, message, first, target, excess)
    elif doubtful := _point(actual - may):
        message = f"{target} lets {doubtful['address']} reach {doubtful['port']}, which may be beyond its allowlist: {may_doubt}"
        yield _difference(Kind.EXPOSURE_EXCESS, target.system, target.realm, target.id, message, first, target, verdict=Verdict.UNKNOWN)
    for missing in (name for name, most in unseen if (most - may).witness()):
        message = f"{target}: the addresses of {missing} were not seen"
        yield _difference(
            Kind.EXPOSURE_EXCESS, target.system, target.realm, target.id, message, first, target, verdict=Verdict.UNKNOWN, facet=missing.id
        )
    if lacking := _point(must - possible):
        message = f"{target} does not let {lacking['address']} reach {lacking['port']}, which its allowlist must"
        yield _difference(Kind.EXPOSURE_MISSING, target.system, target.realm, target.id, message, first, target, lacking)
    elif (must_most - actual).witness():
        doubt = must_doubt or "what its rules name was not seen"
        message = f"{target} may lack addresses that its allowlist must let through: {doubt}"
        yield _difference(Kind.EXPOSURE_MISSING, target.system, target.realm, target.id, message, first, target, verdict=Verdict.UNKNOWN)


def _actual(world: World, rules: list[Exposure]) -> tuple[Region, Region, list[tuple[Ref, Region]]]:
    """What surely reaches the target, what could at most, and the lists that make the difference, each with what it lets in at most."""
    lists = {fact.ref: fact for fact in world.facts(AddressList)}
    region, hidden, unseen = _SPACE.nothing(), _SPACE.nothing(), []
    for rule in rules:
        addresses = rule.addresses
        if rule.through is not None:
            if rule.through.kind == "security-group":
                continue  # members of another group are no addresses; who reaches that group is judged there
            if rule.through not in lists:
                at_most = Addresses.parse(addresses) if addresses else Addresses.everything()
                unseen.append((rule.through, _SPACE.region(port=Ports.parse(rule.ports), address=at_most)))
                hidden |= unseen[-1][1]
                continue
            addresses = lists[rule.through].addresses
        region |= _SPACE.region(port=Ports.parse(rule.ports), address=Addresses.parse(addresses))
    return region, region | hidden, unseen


def _point(region: Region) -> dict[str, str] | None:
    """A point, of the port that people know first where every port is the same."""
    return (region & _SPACE.region(port=Ports.parse(["443/tcp"]))).witness() or region.witness()


def _declared(parts: list[tuple[tuple[str, ...], tuple[str, ...]]], known: Mapping[str, Known]) -> tuple[Region, Region, str]:
    """What ports and networks mean for certain, what they could mean at most, and why the two differ."""
    least, most, doubts = _SPACE.nothing(), _SPACE.nothing(), set()
    for texts, names in parts:
        certain, possible = Addresses.nothing(), Addresses.nothing()
        for name in names:
            certain |= known[name].addresses
            possible |= Addresses.everything() if known[name].doubt else known[name].addresses
            doubts |= {f"network {name} is not known: {known[name].doubt}"} if known[name].doubt else set()
        ports = Ports.parse(texts)
        least |= _SPACE.region(port=ports, address=certain)
        most |= _SPACE.region(port=ports, address=possible)
    return least, most, "; ".join(sorted(doubts))


def _size(rules: list[Exposure], may: Region) -> str:
    """How many addresses are beyond, whatever the port; for the reader's sense of proportion."""
    allowed = Addresses.nothing()
    for box, _ in may.cubes:
        allowed |= box[1]
    reached = Addresses.parse(cidr for rule in rules if rule.through is None for cidr in rule.addresses)
    beyond = reached - allowed
    v4, v6 = beyond.size()
    listed = ", ".join(beyond.cidrs()[:3])
    return f"{v4} IPv4 and {v6} IPv6 addresses: {listed}" if v4 or v6 else "other ports"


def _over(network: Network) -> Difference:
    return Difference(
        kind=Kind.NETWORK_EXPIRED,
        system="",
        cause=f"network:{network.name}",
        subject=f"network:{network.name}",
        message=f"network {network.name} was declared until {network.until}; it counts no longer",
        owner=network.owner,
        declared_at=network.place,
    )


def _difference(  # noqa: PLR0917  # every one of them is a part of the sentence
    kind: Kind,
    system: str,
    realm: str,
    cause: str,
    message: str,
    allowlist: Allowlist | None,
    target: Ref | None = None,
    point: dict[str, str] | None = None,
    *,
    verdict: Verdict = Verdict.VIOLATION,
    facet: str = "",
) -> Difference:
    return Difference(
        kind=kind,
        system=system,
        realm=realm,
        cause=cause,
        facet=facet,
        subject=str(target) if target else cause,
        message=message,
        verdict=verdict,
        places=(target,) if target else (),
        owner=allowlist.owner if allowlist else "",
        declared_at=allowlist.place if allowlist else NOWHERE,
        actual=str(target or ""),
        witness=Witness(principal=point["address"], action=point["port"], resource=str(target)) if point else None,
    )
