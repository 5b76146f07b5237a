"""What could end a finding, as actions; or why nothing can. Whether an action is sound is judged in `planning`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from guardrails.drift.covers import Covers
from guardrails.drift.issued import Issuances
from guardrails.drift.world import World
from guardrails.model.changes import Disable, Held, Revoke
from guardrails.model.facts import Credential, Principal
from guardrails.model.findings import Finding
from guardrails.model.lists import several
from guardrails.model.reference import Ref
from guardrails.model.words import CredentialForm, Kind, State, Verdict
from guardrails.plan.lesser import lesser_access, out_of_groups
from guardrails.plan.narrower import narrower_rules
from guardrails.plan.proposal import Proposal, held
from guardrails.plan.stronger import stronger_at_rest, stronger_default, stronger_rotation, stronger_transit
from guardrails.plan.unadmitted import without_external_id, without_strangers
from guardrails.ports import Issued

__all__ = ["Proposal", "held", "proposals"]


_Remedy = Callable[[World, Covers, Finding], Iterator[Proposal | Held]]


def proposals(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """What could be done about one finding, in the order in which it should be tried."""
    found = finding.difference
    remedy = _REMEDIES.get(found.kind)
    if found.verdict is not Verdict.VIOLATION:
        yield held(finding, f"cannot tell: {found.message}", found.remedy or "see what is not seen, then plan again")
    elif remedy is None:
        yield held(finding, "guardrails makes no change for this kind of finding", found.remedy)
    else:
        yield from remedy(world, covers, finding)


def _leaver(world: World, covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """Every account is closed, with its access keys, what hangs on none ends, and every group that lists an entry or account lets it go."""
    person = covers.person_of(finding.difference.places[0])
    if person is None:
        return
    mine = (*person.entries, *person.accounts)
    for principal in mine:
        yield from _closed(world, finding, principal)
    refs = {principal.ref for principal in mine}
    issuances = Issuances(world)
    for one in issuances.of(person).usable:
        if one.holder not in refs:  # of theirs none works once they are closed
            action = Revoke(ref=one.ref, holder=one.holder, ends=issuances.made(one.ref))
            yield Proposal(finding=finding, action=action, breaks=tuple(_ended(one, action)))
    for principal in mine:
        yield from out_of_groups(world, finding, principal.ref)


def _ended(one: Issued, action: Revoke) -> Iterator[str]:
    acts = f", and acts as {one.holder}" if one.holder else ""
    yield f"{one.ref} ends ({one.how}{acts}), with all that was leased by it"
    if action.ends:
        yield f"perhaps it made, and ends with it: {several([f'{ref} ({ref.id})' for ref in action.ends], ' and ')}"


def _closed(world: World, finding: Finding, principal: Principal) -> Iterator[Proposal | Held]:
    if principal.state is State.UNKNOWN:
        yield held(finding, "whether it is active was not seen", "let the reader see it, then plan again", str(principal.ref))
    elif principal.state is State.ACTIVE:
        yield Proposal(finding=finding, action=Disable(ref=principal.ref), breaks=(f"{principal.ref} can no longer be used",))
        yield from _access_keys(world, finding, principal.ref)


def _nobody(world: World, _covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    ref = finding.difference.places[0]
    yield Proposal(finding=finding, action=Disable(ref=ref), breaks=(f"{ref} can no longer be used, by whoever uses it",))
    yield from _access_keys(world, finding, ref)


def _access_keys(world: World, finding: Finding, holder: Ref) -> Iterator[Proposal]:
    for credential in world.facts(Credential, holder.system):
        if credential.holder == holder and credential.form is CredentialForm.ACCESS_KEY and credential.state is State.ACTIVE:
            yield _without(finding, credential)


def _credential(world: World, _covers: Covers, finding: Finding) -> Iterator[Proposal | Held]:
    """A credential that its holder may not have, or that is too old."""
    found = next((one for one in world.facts(Credential) if one.ref == finding.difference.places[0]), None)
    if found is not None:
        yield _without(finding, found)


def _without(finding: Finding, credential: Credential) -> Proposal:
    last = f"last used on {credential.last_used_at:%Y-%m-%d}" if credential.last_used_at else "no use of it is on record"
    lost = (f"{credential.holder} can no longer use {credential.ref}, {last}",)
    return Proposal(finding=finding, action=Disable(ref=credential.ref, holder=credential.holder), breaks=lost)


_REMEDIES: Mapping[Kind, _Remedy] = MappingProxyType(
    {
        Kind.LEAVER: _leaver,
        Kind.ACCOUNT_OF_NOBODY: _nobody,
        Kind.ACCESS_EXCESS: lesser_access,
        Kind.CREDENTIAL_FORBIDDEN: _credential,
        Kind.CREDENTIAL_OLD: _credential,
        Kind.EXPOSURE_EXCESS: lambda world, _covers, finding: narrower_rules(world, finding),
        Kind.TRUST_EXCESS: without_strangers,
        Kind.TRUST_WITHOUT_EXTERNAL_ID: without_external_id,
        Kind.ASSET_SHARED: without_strangers,
        Kind.AT_REST_WEAK: lambda world, _covers, finding: stronger_at_rest(world, finding),
        Kind.TRANSIT_WEAK: lambda world, _covers, finding: stronger_transit(world, finding),
        Kind.KEY_NOT_ROTATED: lambda world, _covers, finding: stronger_rotation(world, finding),
        Kind.DEFAULT_WEAK: lambda world, _covers, finding: stronger_default(world, finding),
    }
)
