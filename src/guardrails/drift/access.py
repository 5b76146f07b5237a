"""Access: what principals may do beyond their ceiling or cannot do of their floor, and who may become them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.drift.world import World
from guardrails.model.declaration import Clause, DebtException, Vendor
from guardrails.model.facts import Account, Principal
from guardrails.model.findings import Comparison, Difference
from guardrails.model.reference import NOWHERE, Place, Reference
from guardrails.model.words import Kind, PrincipalForm, Verdict
from guardrails.ports import BoundClause, TrustSeen

__all__ = ["access"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cover:
    """What stands for a principal in the declaration."""

    name: str
    may: tuple[str, ...]
    must: tuple[str, ...] = ()
    owner: str = ""
    place: Place = NOWHERE
    assumed_by: tuple[Reference, ...] | None = None
    external_id: bool = False


def access(world: World) -> Iterator[Difference]:
    """Judge every observed principal, and every declared one that was not seen."""
    for principal in world.facts(Principal):
        if principal.form in {PrincipalForm.GROUP, PrincipalForm.PROVIDER} and not _covers(world, principal):
            continue  # a group acts only through its members, and what the provider made is the provider's
        covers = _covers(world, principal)
        yield from _ceiling(world, principal, covers)
        for cover in covers:
            yield from _floor(world, principal, cover)
        if principal.form is PrincipalForm.ROLE and covers:
            yield from _trust(world, principal, covers)
    yield from _foreign(world)
    yield from _absent(world)


def _covers(world: World, principal: Principal) -> tuple[_Cover, ...]:
    return tuple(cover for reference, cover in _declared(world) if world.is_named(reference, principal.ref))


def _declared(world: World) -> Iterator[tuple[Reference, _Cover]]:
    for role in world.declaration.roles:
        cover = _Cover(name=f"role {role.name}", may=role.may, must=role.must, owner=role.owner, place=role.place)
        yield from ((reference, cover) for reference in role.through)
    for load in world.declaration.workloads:
        cover = _Cover(
            name=f"workload {load.name}", may=load.may, must=load.must, owner=load.owner, place=load.place, assumed_by=load.assumed_by
        )
        yield from ((reference, cover) for reference in load.principals)
    for vendor in world.declaration.vendors:
        yield from _trusted(vendor)


def _trusted(vendor: Vendor) -> Iterator[tuple[Reference, _Cover]]:
    for trust in vendor.trusts:
        yield (
            trust.principal,
            _Cover(
                name=f"vendor {vendor.name}",
                may=trust.may,
                owner=vendor.owner,
                place=vendor.place,
                assumed_by=(trust.by,),
                external_id=trust.external_id_required,
            ),
        )


def _debts(world: World, principal: Principal) -> Iterator[DebtException]:
    for exception in world.declaration.exceptions:
        if isinstance(exception, DebtException) and world.is_named(exception.of, principal.ref):
            yield exception


def _as_clause(debt: DebtException) -> BoundClause:
    scope = debt.of.scope
    assert scope is not None  # noqa: S101  # is_named has seen it
    return BoundClause(clause=Clause(scope=scope, actions=debt.actions, resources=debt.resources), entitlement=debt.name)


def _ceiling(world: World, principal: Principal, covers: tuple[_Cover, ...]) -> Iterator[Difference]:
    ref = principal.ref
    may = tuple(name for cover in covers for name in cover.may) + world.declaration.everyone
    debts = list(_debts(world, principal))
    live = [debt for debt in debts if world.is_live(debt)]
    compared = world.meanings[ref.system].excess(ref, (*world.bound(may, ref), *map(_as_clause, live)))
    if not covers:
        yield _difference(
            Kind.PRINCIPAL_UNDECLARED, principal, compared, "no role or workload of the declaration covers it", verdict=Verdict.VIOLATION
        )
        return
    if compared.verdict is Verdict.OK:
        return
    beyond = f", and beyond the debt {', '.join(debt.name for debt in live)}" if live else ""
    message = f"may do more than {' and '.join(cover.name for cover in covers)} declares{beyond}"
    yield _difference(Kind.ACCESS_EXCESS, principal, compared, message, cover=covers[0], exception=", ".join(debt.name for debt in debts))


def _floor(world: World, principal: Principal, cover: _Cover) -> Iterator[Difference]:
    for name in cover.must:
        floor = world.bound((name,), principal.ref)
        compared = world.meanings[principal.ref.system].shortfall(principal.ref, floor)
        if compared.verdict is not Verdict.OK:
            message = f"cannot do all of {name}, which {cover.name} must"
            yield _difference(Kind.ACCESS_MISSING, principal, compared, message, cover=cover, facet=name)


def _difference(  # every one of them is a part of the sentence
    kind: Kind,
    principal: Principal,
    compared: Comparison,
    message: str,
    *,
    cover: _Cover | None = None,
    facet: str = "",
    exception: str = "",
    verdict: Verdict | None = None,
) -> Difference:
    ref = principal.ref
    reason = f": {compared.reason}" if compared.reason else ""
    return Difference(
        kind=kind,
        system=ref.system,
        realm=ref.realm,
        cause=ref.id,
        facet=facet,
        subject=str(ref),
        message=f"{ref} {message}{reason}",
        verdict=verdict or compared.verdict,
        places=(ref,),
        owner=cover.owner if cover else "",
        managed_by=principal.managed_by,
        declared_at=cover.place if cover else NOWHERE,
        actual="; ".join(compared.granted_by) or principal.resource,
        witness=compared.witness,
        exception=exception,
    )


def _trust(world: World, principal: Principal, covers: tuple[_Cover, ...]) -> Iterator[Difference]:
    declared = [cover for cover in covers if cover.assumed_by is not None]
    if not declared:
        return
    for trust in world.meanings[principal.ref.system].trusts(principal.ref):
        agreeing = [cover for cover in declared if any(_is_trusted(world, r, trust) for r in cover.assumed_by or ())]
        if not agreeing:
            yield _trust_difference(
                Kind.TRUST_EXCESS, principal, trust, f"may be assumed by {trust.name}, which is not declared", declared[0]
            )
        elif all(cover.external_id for cover in agreeing) and not trust.external_id:
            message = f"may be assumed by {trust.name} without the external id that is declared as required"
            yield _trust_difference(Kind.TRUST_WITHOUT_EXTERNAL_ID, principal, trust, message, agreeing[0])


def _is_trusted(world: World, reference: Reference, trust: TrustSeen) -> bool:
    if trust.kind == "service":
        return (reference.kind, reference.name) == ("service", trust.name)
    if trust.kind == "federated":
        return reference.scope is not None and trust.name.endswith(f"/{reference.kind}") and reference.scope.system in {"oidc", "saml"}
    if trust.kind != "aws":
        return False
    if not reference.kind:
        return trust.name in {reference.name, f"arn:aws:iam::{reference.name}:root"}
    return any(seen.resource == trust.name for seen in world.seen(reference))


def _trust_difference(kind: Kind, principal: Principal, trust: TrustSeen, message: str, cover: _Cover) -> Difference:
    compared = Comparison(verdict=Verdict.VIOLATION, granted_by=(trust.pointer,))
    return _difference(kind, principal, compared, message, cover=cover, facet=trust.name)


def _foreign(world: World) -> Iterator[Difference]:
    """Undeclared roles that a foreign account may become; covered ones are judged against their cover."""
    ours = {account.ref.realm for account in world.facts(Account)}
    for principal in world.facts(Principal):
        if principal.form is not PrincipalForm.ROLE or _covers(world, principal):
            continue
        for trust in world.meanings[principal.ref.system].trusts(principal.ref):
            if trust.kind == "any" or (trust.kind == "aws" and trust.account not in ours):
                compared = Comparison(verdict=Verdict.VIOLATION, granted_by=(trust.pointer,))
                message = f"may be assumed from outside by {trust.name}, and no vendor is declared for it"
                yield _difference(Kind.TRUST_EXCESS, principal, compared, message, facet=trust.name)


def _absent(world: World) -> Iterator[Difference]:
    for reference, cover in _declared(world):
        if any(world.seen(reference)) or reference.scope is None:
            continue
        hidden = _is_hidden(world, reference)
        yield Difference(
            kind=Kind.DECLARED_ABSENT,
            system=reference.scope.system,
            cause=str(reference),
            subject=str(reference),
            message=f"{reference} of {cover.name} {'was not seen' if hidden else 'does not exist'}",
            verdict=Verdict.UNKNOWN if hidden else Verdict.VIOLATION,
            owner=cover.owner,
            declared_at=cover.place,
        )


def _is_hidden(world: World, reference: Reference) -> bool:
    """Whether a gap could hide it: what was not read may exist."""
    scope = reference.scope
    accounts = [account.ref for account in world.facts(Account) if scope and world.within(scope, account.ref)]
    blind = {(gap.system, gap.realm) for gap in world.gaps() if gap.what in {"account", "iam"}}
    return not accounts or any((ref.system, ref.realm) in blind for ref in accounts)
