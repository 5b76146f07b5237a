"""Who may become a principal: declared, outside, and with the external id that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.covers import Cover, Covers
from guardrails.drift.world import World
from guardrails.model.facts import Account, Principal
from guardrails.model.findings import Difference
from guardrails.model.reference import NOWHERE, Reference
from guardrails.model.words import Kind, PrincipalForm, Verdict
from guardrails.ports import TrustSeen

__all__ = ["trust"]


def trust(world: World) -> Iterator[Difference]:
    """Judge the trust policy of every role."""
    covers = Covers(world)
    ours = {account.ref.realm for account in world.facts(Account)}
    for principal in world.facts(Principal):
        if principal.form is not PrincipalForm.ROLE:
            continue
        stands = covers.of(principal)
        declared = [cover for cover in stands if cover.assumed_by is not None]
        for seen in world.meanings[principal.ref.system].trusts(principal.ref):
            if declared:
                yield from _declared(world, principal, seen, declared)
            elif seen.kind == "any" or (seen.kind == "aws" and seen.account not in ours):
                # also of what people become through a role: no word about who may is no leave for strangers
                message = f"may be assumed from outside by {seen.name}, and no vendor is declared for it"
                yield _excess(principal, seen, message, stands[0] if stands else None)


def _declared(world: World, principal: Principal, seen: TrustSeen, declared: list[Cover]) -> Iterator[Difference]:
    agreeing = [cover for cover in declared if any(_is_trusted(world, r, seen) for r in cover.assumed_by or ())]
    if not agreeing:
        yield _excess(principal, seen, f"may be assumed by {seen.name}, which is not declared", declared[0])
    elif all(cover.external_id for cover in agreeing) and not seen.external_id:
        message, verdict = " without the external id that is declared as required", Verdict.VIOLATION
        if seen.external_id is None:
            message, verdict = ", and whether with the external id that is declared as required could not be told", Verdict.UNDECIDED
        message = f"may be assumed by {seen.name}{message}"
        yield _difference(Kind.TRUST_WITHOUT_EXTERNAL_ID, principal, seen, message, agreeing[0], verdict=verdict)


def _excess(principal: Principal, seen: TrustSeen, message: str, cover: Cover | None) -> Difference:
    # a condition on everybody may leave only who is declared; on somebody who is not declared it leaves nobody who is
    if seen.kind == "any" and seen.conditional:
        unsure = f"{message}, under conditions that are not evaluated"
        return _difference(Kind.TRUST_EXCESS, principal, seen, unsure, cover, verdict=Verdict.UNDECIDED)
    return _difference(Kind.TRUST_EXCESS, principal, seen, message, cover)


def _is_trusted(world: World, reference: Reference, seen: TrustSeen) -> bool:
    if seen.kind == "service":
        return (reference.kind, reference.name) == ("service", seen.name)
    if seen.kind == "federated":
        return reference.scope is not None and seen.name.endswith(f"/{reference.kind}") and reference.scope.system in {"oidc", "saml"}
    if seen.kind != "aws":
        return False
    if not reference.kind:
        return seen.name in {reference.name, f"arn:aws:iam::{reference.name}:root"}
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
        facet=seen.name,
        subject=str(ref),
        message=f"{ref} {message}",
        verdict=verdict,
        places=(ref,),
        owner=cover.owner if cover else "",
        managed_by=principal.managed_by,
        declared_at=cover.place if cover else NOWHERE,
        actual=f"{principal.resource} {seen.pointer}",
    )
