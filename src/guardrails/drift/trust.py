"""Who may become a principal: declared, outside, and with the external id that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.covers import Cover, Covers
from guardrails.drift.world import World
from guardrails.model.facts import Account, Principal
from guardrails.model.findings import Difference
from guardrails.model.reference import NOWHERE, Reference
from guardrails.model.words import Kind, PrincipalForm
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
            elif not stands and (seen.kind == "any" or (seen.kind == "aws" and seen.account not in ours)):
                message = f"may be assumed from outside by {seen.name}, and no vendor is declared for it"
                yield _difference(Kind.TRUST_EXCESS, principal, seen, message)


def _declared(world: World, principal: Principal, seen: TrustSeen, declared: list[Cover]) -> Iterator[Difference]:
    agreeing = [cover for cover in declared if any(_is_trusted(world, r, seen) for r in cover.assumed_by or ())]
    if not agreeing:
        yield _difference(Kind.TRUST_EXCESS, principal, seen, f"may be assumed by {seen.name}, which is not declared", declared[0])
    elif all(cover.external_id for cover in agreeing) and not seen.external_id:
        message = f"may be assumed by {seen.name} without the external id that is declared as required"
        yield _difference(Kind.TRUST_WITHOUT_EXTERNAL_ID, principal, seen, message, agreeing[0])


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


def _difference(kind: Kind, principal: Principal, seen: TrustSeen, message: str, cover: Cover | None = None) -> Difference:
    ref = principal.ref
    return Difference(
        kind=kind,
        system=ref.system,
        realm=ref.realm,
        cause=ref.id,
        facet=seen.name,
        subject=str(ref),
        message=f"{ref} {message}",
        places=(ref,),
        owner=cover.owner if cover else "",
        managed_by=principal.managed_by,
        declared_at=cover.place if cover else NOWHERE,
        actual=f"{principal.resource} {seen.pointer}",
    )
