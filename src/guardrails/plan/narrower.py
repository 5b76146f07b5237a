"""How what is reached from too many addresses is reached from fewer: each rule lets in what it lets in now and its allowlist too."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.world import World
from guardrails.model.changes import Held, SetAddresses
from guardrails.model.facts import AddressList, Exposure
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.plan.allowed import allowed_addresses, allowed_in_part
from guardrails.plan.proposal import Proposal, held
from guardrails.sets import Addresses

__all__ = ["narrower_rules"]


def narrower_rules(world: World, finding: Finding) -> Iterator[Proposal | Held]:
    """A proposal for each rule or list of the target that lets in too much."""
    target = finding.difference.places[0]
    lists = {fact.ref: fact for fact in world.facts(AddressList, target.system)}
    for rule in (rule for rule in world.facts(Exposure, target.system) if rule.target == target):
        if rule.through is None:
            yield from _narrowed(world, finding, rule)
        elif rule.through in lists:
            yield from _of_list(world, finding, rule, lists[rule.through])
        elif not _is_group(rule.through):
            yield held(finding, f"the rule {rule.ref} names {rule.through} in place of addresses", "change that list")


def _is_group(ref: Ref) -> bool:
    """Who reaches another group is judged there."""
    return ref.kind == "security-group"


def _narrowed(world: World, finding: Finding, rule: Exposure) -> Iterator[Proposal | Held]:
    reached = Addresses.parse(rule.addresses)
    allowed, doubt = allowed_addresses(world, rule.target, rule.ports)
    if doubt:
        yield held(finding, f"what is allowed is not known: {doubt}", "let the inventory be read, then plan again")
        return
    gone = reached - allowed
    if gone.is_empty():
        return
    if not (gone & allowed_in_part(world, rule.target, rule.ports)).is_empty():
        yield held(finding, f"{rule.ref} lets in what may reach some of its ports only", "make a rule for those ports, then plan again")
        return
    action = SetAddresses(target=rule.target, rule=rule.ref, addresses=(reached & allowed).cidrs())
    yield Proposal(finding=finding, action=action, breaks=(f"{_few(gone)} can no longer use {rule.target}",))


def _of_list(world: World, finding: Finding, rule: Exposure, found: AddressList) -> Iterator[Proposal | Held]:
    """Entries leave a list when nobody who uses it allows them."""
    reached, needed = Addresses.parse(found.addresses), Addresses.nothing()
    users = [one for one in world.facts(Exposure, rule.ref.system) if one.through == found.ref]
    for one in users:
        allowed, doubt = allowed_addresses(world, one.target, one.ports)
        if doubt:
            yield held(finding, f"what {one.target} allows is not known: {doubt}", "let the inventory be read, then plan again")
            return
        needed |= allowed | allowed_in_part(world, one.target, one.ports)
    mine, _ = allowed_addresses(world, rule.target, rule.ports)
    if (reached - mine).is_empty():
        return
    if not ((reached - mine) & needed).is_empty():
        others = ", ".join(sorted({str(one.target) for one in users} - {str(rule.target)})) or "some of its ports"
        yield held(finding, f"{found.ref} holds addresses that {others} may be reached from", "give the target a list of its own")
        return
    action = SetAddresses(target=rule.target, rule=found.ref, addresses=(reached & mine).cidrs())
    whom = ", ".join(sorted({str(one.target) for one in users}))
    yield Proposal(finding=finding, action=action, breaks=(f"{_few(reached - mine)} can no longer use {whom}",))


def _few(addresses: Addresses) -> str:
    return ", ".join(addresses.cidrs()[:3])
