"""Who may become a principal: declared, outside, and with the external id that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.drift.covers import Cover, Covers
from guardrails.drift.tokens import AUDIENCE, SUBJECT, beyond
from guardrails.drift.world import World
from guardrails.model.facts import Principal
from guardrails.model.findings import Difference
from guardrails.model.reference import ANYBODY, NOWHERE, Reference
from guardrails.model.words import Kind, PrincipalForm, Verdict
from guardrails.ports import TrustSeen

__all__ = ["judged_trust", "means", "trust"]


def trust(world: World) -> Iterator[Difference]:
    """Judge the trust policy of every role."""
    covers = Covers(world)
    for principal in world.facts(Principal):
        if principal.form is PrincipalForm.ROLE:
            yield from (difference for _, difference in judged_trust(world, covers, principal))


def judged_trust(world: World, covers: Covers, principal: Principal) -> Iterator[tuple[TrustSeen, Difference]]:
    """What is wrong with whom the trust policy of one role lets in, each beside the entry that it is told of."""
    stands = covers.of(principal)
    declared = [cover for cover in stands if cover.assumed_by is not None]
    for seen in world.meanings[principal.ref.system].trusts(principal.ref):
        if declared:
            yield from ((seen, difference) for difference in _declared(world, principal, seen, declared))
        elif seen.kind == "any" or seen.is_deputy or (seen.kind == "aws" and seen.account not in world.ours):
            # also of what people become through a role: no word about who may is no leave for strangers
            yield seen, _from_outside(world, principal, seen, stands[0] if stands else None)


def _from_outside(world: World, principal: Principal, seen: TrustSeen, cover: Cover | None) -> Difference:
    message = f"may be assumed from outside by {seen.shown}, and no vendor is declared for it"
    if seen.kind == "aws" and principal.ref.system in world.unlisted:
        message += "; it may be an account of ours, which were not all seen"
        return _difference(Kind.TRUST_EXCESS, principal, seen, message, cover, verdict=Verdict.UNKNOWN)
    return _excess(principal, seen, message, cover)


def _declared(world: World, principal: Principal, seen: TrustSeen, declared: list[Cover]) -> Iterator[Difference]:
    agreeing = [cover for cover in declared if _agrees(world, cover, seen)]
    known = [cover for cover in agreeing if seen.kind != "federated" or beyond(cover, seen) is None]
    if not agreeing:
        whom = f"{seen.name} as {', '.join(seen.subjects) if seen.subjects else 'anybody'}" if seen.kind == "federated" else seen.shown
        yield _excess(principal, seen, f"may be assumed by {whom}, which is not declared", declared[0])
    elif not known:
        yield _by_tokens(world, principal, seen, agreeing[0])
    elif all(cover.external_id for cover in agreeing) and not seen.external_id:
        message, verdict = " without the external id that is declared as required", Verdict.VIOLATION
        if seen.external_id is None:
            message, verdict = ", and whether with the external id that is declared as required could not be told", Verdict.UNDECIDED
        message = f"may be assumed by {seen.name}{message}"
        yield _difference(Kind.TRUST_WITHOUT_EXTERNAL_ID, principal, seen, message, agreeing[0], verdict=verdict)


def _agrees(world: World, cover: Cover, seen: TrustSeen) -> bool:
    """Whether an entry means somebody; of an identity provider, all subjects that it may name."""
    if seen.kind != "federated":
        return any(means(world, reference, seen) for reference in cover.assumed_by or ())
    found = beyond(cover, seen)
    return found is None or found.claim != SUBJECT


def _by_tokens(world: World, principal: Principal, seen: TrustSeen, cover: Cover) -> Difference:
    """Tokens are let in that say something else than is declared; of an audience that is so for certain."""
    found = beyond(cover, seen)
    assert found is not None  # noqa: S101  # or the entry would agree
    witness = found.witness(principal.resource)
    confirmed = witness is not None and world.meanings[principal.ref.system].replay(principal.ref, witness)
    if found.claim == AUDIENCE:
        meant = "anybody" if seen.audiences is None else ", ".join(seen.audiences)
        message = f"may be assumed by {seen.name} with tokens for {meant}, which is not declared"
    else:
        message = f"may be assumed by {seen.name} with tokens of which {found.claim} is {found.said}, which is not declared"
    verdict = Verdict.VIOLATION if confirmed or found.claim == AUDIENCE else Verdict.UNDECIDED
    difference = _difference(Kind.TRUST_EXCESS, principal, seen, message, cover, verdict=verdict)
    return replace(difference, witness=witness if confirmed else None)


def _excess(principal: Principal, seen: TrustSeen, message: str, cover: Cover | None) -> Difference:
    # a condition on everybody may leave only who is declared; on somebody who is not declared it leaves nobody who is
    if seen.kind == "any" and seen.conditional:
        unsure = f"{message}, under conditions that are not evaluated"
        return _difference(Kind.TRUST_EXCESS, principal, seen, unsure, cover, verdict=Verdict.UNDECIDED)
    return _difference(Kind.TRUST_EXCESS, principal, seen, message, cover)


def facet_of(seen: TrustSeen) -> str:
    """What tells an entry apart from others of the same policy."""
    return "service/*" if seen.is_any_service else seen.name


def narrowing(seen: TrustSeen) -> str:
    """What to write where a principal is too wide only for what is not asked of it; empty where it has to go."""
    return "Demand aws:SourceAccount or aws:SourceOrgID of ours in the same statement" if seen.is_deputy else ""


def means(world: World, reference: Reference, seen: TrustSeen) -> bool:
    """Whether a declared reference means somebody whom a policy names; `aws:ACCOUNT` a whole account, `aws:ARN` the name as it stands."""
    if reference == ANYBODY:
        return True
    if seen.kind == "service":
        return (reference.kind, reference.name) == ("service", seen.name)
    if seen.kind == "federated":
        return beyond(Cover(name="", assumed_by=(reference,)), seen) is None
    if seen.kind != "aws" or reference.scope is None:
        return False
    if seen.name in {reference.local, f"arn:aws:iam::{reference.local}:root"}:
        return True
    return any(principal.resource == seen.name for principal in world.seen(reference))


def _difference(
    kind: Kind, principal: Principal, seen: TrustSeen, message: str, cover: Cover | None, *, verdict: Verdict = Verdict.VIOLATION
) -> Difference:
    ref = principal.ref
    return Difference(
        kind=kind,
        system=ref.system,
        realm=ref.realm,
        cause=ref.id,
        facet=facet_of(seen),
        subject=str(ref),
        message=f"{ref} {message}",
        verdict=verdict,
        places=(ref,),
        owner=cover.owner if cover else "",
        managed_by=principal.managed_by,
        declared_at=cover.place if cover else NOWHERE,
        actual=f"{principal.resource} {seen.pointer}",
        remedy=narrowing(seen),
    )
