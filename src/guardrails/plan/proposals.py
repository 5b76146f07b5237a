"""What could end a finding, as actions; or why nothing can. Whether an action is sound is judged in `planning`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guardrails.drift.covers import Covers
from guardrails.drift.issued import Issuances
from guardrails.drift.world import World
from guardrails.model.changes import Action, DetachPolicy, Disable, Held, RemoveMember, SetAddresses
from guardrails.model.facts import Edge, Exposure, Principal
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Kind, State, Verdict
from guardrails.plan.allowed import allowed_addresses
from guardrails.sets import Addresses

__all__ = ["Proposal", "held", "proposals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action that may end a finding or a part of it.

    `breaks` is what somebody loses by it, for people.
    """

    finding: Finding
    action: Action
    breaks: tuple[str, ...]


_Remedy = Callable[[World, Covers, Finding], Iterator[Proposal | Held]]


def held(finding: Finding, reason: str, remedy: str = "", subject: str = "") -> Held:
    """A finding that gets no change."""
    found = finding.difference
    return Held(control=finding.control, finding=finding.id, subject=subject or found.subject, reason=reason, remedy=remedy)


def proposals(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """What could be done about one finding, in the order in which it should be tried."""
    found = finding.difference
    remedy = _REMEDIES.get(found.kind)
    if found.verdict is not Verdict.VIOLATION:
        yield held(finding, f"cannot tell: {found.message}", "see what is not seen, then plan again")
    elif remedy is None:
        yield held(finding, "guardrails makes no change for this kind of finding", found.remedy)
    elif found.managed_by:
        yield held(finding, f"it is managed by {found.managed_by}, which would undo the change", f"change it in {found.managed_by}")
    else:
        yield from remedy(world, covers, finding)


def _leaver(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """Every account is closed, and then every group that lists an entry or an account lets it go."""
    person = covers.person_of(finding.difference.places[0])
    if person is None:
        return
    mine = (*person.entries, *person.accounts)
    for principal in mine:
        yield from _closed(finding, principal)
    refs = {principal.ref for principal in mine}
    for one in Issuances(world).of(person).usable:
        if one.holder not in refs:  # of theirs none works once they are closed
            yield held(finding, "guardrails ends no credentials that are out", f"end it yourself: {one.how}", str(one.ref))
    for principal in mine:
        if not principal.managed_by:
            yield from _out_of_groups(world, finding, principal.ref)


def _closed(finding: Finding, principal: Principal) -> Iterator[Proposal | Held]:
    if principal.state is State.UNKNOWN:
        yield held(finding, "whether it is active was not seen", "let the reader see it, then plan again", str(principal.ref))
    elif principal.managed_by:
        yield held(finding, f"it is managed by {principal.managed_by}", f"close it in {principal.managed_by}", str(principal.ref))
    elif principal.state is State.ACTIVE:
        yield Proposal(finding=finding, action=Disable(ref=principal.ref), breaks=(f"{principal.ref} can no longer be used",))


def _out_of_groups(world: World, finding: Finding, member: Ref) -> Iterator[Proposal]:
    for group in sorted({edge.target for edge in _edges(world, EdgeKind.MEMBER, member)}, key=lambda group: (str(group), group.id)):
        lost = (f"{member} loses what {group} gives",)
        yield Proposal(finding=finding, action=RemoveMember(group=group, member=member), breaks=lost)


def _nobody(_world: World, _covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    ref = finding.difference.places[0]
    yield Proposal(finding=finding, action=Disable(ref=ref), breaks=(f"{ref} can no longer be used, by whoever uses it",))


def _excess(world: World, _covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """The policies of the holder itself, then the groups that it is in; which of them gives too much shows when it is tried."""
    holder = finding.difference.places[0]
    for policy in sorted({edge.target for edge in _edges(world, EdgeKind.IDENTITY_POLICY, holder)}):
        lost = (f"{holder} loses what {policy} gives",)
        yield Proposal(finding=finding, action=DetachPolicy(holder=holder, policy=policy), breaks=lost)
    yield from _out_of_groups(world, finding, holder)


def _exposure(world: World, _covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """Each rule of the target lets in what it lets in now and its allowlist too."""
    target = finding.difference.places[0]
    allowed, doubt = allowed_addresses(world, target)
    if doubt:
        yield held(finding, f"what is allowed is not known: {doubt}", "let the inventory be read, then plan again")
        return
    for rule in (rule for rule in world.facts(Exposure, target.system) if rule.target == target):
        if rule.through is not None:
            yield held(finding, f"the rule {rule.ref} names {rule.through} in place of addresses", "change that list")
            continue
        reached = Addresses.parse(rule.addresses)
        kept = (reached & allowed).cidrs()
        if not kept:
            # an empty list means anywhere to some systems, and a rule that nobody can use is for its owner to remove
            yield held(finding, f"{rule.ref} would let in nobody", "remove the rule or the role, or declare from where it is used")
        elif not (reached - allowed).is_empty():
            gone = ", ".join((reached - allowed).cidrs()[:3])
            action = SetAddresses(target=target, rule=rule.ref, addresses=kept)
            yield Proposal(finding=finding, action=action, breaks=(f"{gone} can no longer use {target}",))


def _edges(world: World, kind: EdgeKind, source: Ref) -> Iterator[Edge]:
    edges = world.observations[source.system].edges
    return (edge for edge in edges if edge.kind is kind and edge.source == source)


_REMEDIES: Mapping[Kind, _Remedy] = MappingProxyType(
    {
        Kind.LEAVER: _leaver,
        Kind.ACCOUNT_OF_NOBODY: _nobody,
        Kind.ACCESS_EXCESS: _excess,
        Kind.EXPOSURE_EXCESS: _exposure,
    }
)
