"""Access: what principals may do beyond their ceiling, and what they cannot do of their floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from guardrails.drift.covers import Cover, Covers
from guardrails.drift.onward import meant, told, with_path
from guardrails.drift.people import Person
from guardrails.drift.strangers import Strangers
from guardrails.drift.world import World
from guardrails.model.declaration import Clause, Role
from guardrails.model.exceptions import DebtException
from guardrails.model.facts import Principal
from guardrails.model.findings import Comparison, Details, Difference
from guardrails.model.reference import NOWHERE, Ref, Scope
from guardrails.model.words import Kind, PrincipalForm, Verdict
from guardrails.ports import BoundClause, Ceiling

__all__ = ["access", "acts", "as_clause", "ceiling_of"]

_PRINCIPALS = frozenset({"system", "account", "iam", "identity", "people", "groups", "members"})
"""Gaps that could hide a principal or what it belongs to."""


def access(world: World) -> Iterator[Difference]:
    """Judge every observed principal, every person's floor, and every declared principal that was not seen."""
    covers = Covers(world)
    declared = meant(world, covers)
    strangers = Strangers(world)
    for principal in world.facts(Principal):
        stands = covers.of(principal)
        if not (stands or acts(principal) or strangers.may_enter(principal.ref)):
            continue
        person = covers.person_of(principal.ref)
        if person is not None and person.has_left:
            continue  # told whole, as one finding about the person
        yield from map(strangers.told, _ceiling(world, principal, stands, covers, declared.get(principal.ref, frozenset())))
        for cover in stands:
            if not cover.of_person:
                yield from _floor(world, principal, cover)
    for person in world.people.by_name.values():
        if not person.has_left:
            yield from _person_floor(world, person, covers)
    yield from _absent(world, covers)


def acts(principal: Principal) -> bool:
    """Whether it does anything itself: a group acts only through its members, and what the provider made is the provider's."""
    return principal.form not in {PrincipalForm.GROUP, PrincipalForm.PROVIDER}


def _debts(world: World, principal: Principal) -> Iterator[DebtException]:
    for exception in world.declaration.exceptions:
        if isinstance(exception, DebtException) and world.is_named(exception.of, principal.ref):
            yield exception


def as_clause(debt: DebtException) -> BoundClause:
    """What a debt accepts, as if it were declared."""
    scope = debt.of.scope
    assert scope is not None  # noqa: S101  # is_named has seen it
    return BoundClause(clause=Clause(scope=scope, actions=debt.actions, resources=debt.resources), entitlement=debt.name)


def ceiling_of(world: World, principal: Principal, covers: Covers) -> Ceiling:
    """What a principal, and whoever it becomes, may hold: by the declaration, by exceptions that stand, and by nature."""
    may = tuple(name for cover in covers.of(principal) for name in cover.may) + world.declaration.everyone
    live = [debt for debt in _debts(world, principal) if world.is_live(debt)]

    def ceiling(at: Ref) -> Sequence[BoundClause]:
        return (*world.bound(may, at), *map(as_clause, live), *covers.free_groups(at.system))

    return ceiling


def _ceiling(
    world: World, principal: Principal, stands: tuple[Cover, ...], covers: Covers, expected: frozenset[Ref]
) -> Iterator[Difference]:
    ref = principal.ref
    debts = list(_debts(world, principal))
    live = [debt for debt in debts if world.is_live(debt)]
    ceiling = ceiling_of(world, principal, covers)
    compared = world.meanings[ref.system].excess(ref, ceiling(ref))
    if not stands:
        yield from _undeclared(world, principal, compared)
        return
    beyond = f" {' and '.join(cover.name for cover in stands)} declares"
    beyond += f", and beyond the debt {', '.join(debt.name for debt in live)}" if live else ""
    found = [(Kind.ACCESS_EXCESS, compared, f"may do more than{beyond}")]
    if compared.verdict in {Verdict.OK, Verdict.UNDECIDED}:  # who holds too much already comes to no more by it
        ahead = world.meanings[ref.system].onward(ref, ceiling, expected)
        can = "can" if ahead.comparison.verdict is Verdict.VIOLATION else "may"
        found.append((Kind.ACCESS_ESCALATION, with_path(ahead), f"{can} come to more than{beyond}{told(ahead.path)}"))
    exception = ", ".join(debt.name for debt in debts)
    partial = covers.person_of(ref) is not None and world.people.partial
    for kind, one, message in found:
        unsure = partial and one.verdict is Verdict.VIOLATION
        told_so = f"{message}; the directory was not read whole, so a role may be missing here" if unsure else message
        known = Verdict.UNKNOWN if unsure else None
        if one.verdict is not Verdict.OK:
            yield _difference(kind, principal, one, told_so, cover=stands[0], exception=exception, verdict=known)


def _undeclared(world: World, principal: Principal, compared: Comparison) -> Iterator[Difference]:
    if principal.ref not in world.people.nobodies:  # told as an account of nobody
        message = "is covered by no role, workload or person of the declaration"
        verdict = Verdict.UNKNOWN if _may_be_joined(world, principal.ref) else Verdict.VIOLATION
        yield _difference(Kind.PRINCIPAL_UNDECLARED, principal, compared, message, verdict=verdict)


def _may_be_joined(world: World, ref: Ref) -> bool:
    """Whether its person could be among those who were not seen, or whose key it carries was not."""
    is_joined = any(join.system == ref.system and join.kind in {"", ref.kind} for join in world.declaration.joins)
    return is_joined and (world.people.partial or any(gap.subject == ref for gap in world.gaps()))


def _floor(world: World, principal: Principal, cover: Cover) -> Iterator[Difference]:
    for name in cover.must:
        floor = world.bound((name,), principal.ref)
        compared = world.meanings[principal.ref.system].shortfall(principal.ref, floor)
        if compared.verdict is not Verdict.OK:
            message = f"cannot do all of {name}, which {cover.name} must"
            yield _difference(Kind.ACCESS_MISSING, principal, compared, message, cover=cover, facet=name)


def _person_floor(world: World, person: Person, covers: Covers) -> Iterator[Difference]:
    """What a person must do somewhere, by any of the accounts that they have there; what they become through a role is judged at that."""
    for role in covers.roles_of(person):
        reached = {reference.scope for reference in role.through}
        for scope, name in sorted(_must_scopes(world, role.must)):
            if scope in reached:
                continue
            mine = [principal for principal in (*person.entries, *person.accounts) if world.within(scope, principal.ref)]
            if not mine:
                yield _without_account(world, person, role, scope, name)
                continue
            compared = [world.meanings[one.ref.system].shortfall(one.ref, world.bound((name,), one.ref)) for one in mine]
            if all(one.verdict is not Verdict.OK for one in compared):
                message = f"cannot do all of {name}, which role {role.name} must"
                yield _difference(Kind.ACCESS_MISSING, mine[0], compared[0], message, cover=covers.of_role(role), facet=name)


def _without_account(world: World, person: Person, role: Role, scope: Scope, name: str) -> Difference:
    return Difference(
        kind=Kind.ACCESS_MISSING,
        system=scope.system,
        cause=person.entries[0].ref.id,
        facet=f"{scope} {name}",
        subject=f"person:{person.name}",
        message=f"person {person.name} has no account in {scope}, where role {role.name} must {name}",
        verdict=Verdict.UNKNOWN if world.could_hide(scope, _PRINCIPALS) else Verdict.VIOLATION,
        places=tuple(entry.ref for entry in person.entries),
        owner=role.owner,
        declared_at=role.place,
    )


def _must_scopes(world: World, must: tuple[str, ...]) -> Iterator[tuple[Scope, str]]:
    for entitlement in world.declaration.entitlements:
        if entitlement.name in must:
            yield from {(clause.scope, entitlement.name) for clause in entitlement.clauses}


def _difference(  # every one of them is a part of the sentence
    kind: Kind,
    principal: Principal,
    compared: Comparison,
    message: str,
    *,
    cover: Cover | None = None,
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
        details=_details(kind, compared),
        exception=exception,
    )


def _details(kind: Kind, compared: Comparison) -> Details:
    """Whoever nothing stands for needs no other policy, but something that does."""
    found = compared.details()
    return replace(found, narrowed=()) if kind is Kind.PRINCIPAL_UNDECLARED else found


def _absent(world: World, covers: Covers) -> Iterator[Difference]:
    for reference, cover in (*covers.named, *covers.members, *covers.excepted):
        scope = reference.scope
        if any(world.seen(reference)) if scope else reference.name in world.people.by_name:
            continue
        hidden = world.could_hide(scope, _PRINCIPALS) if scope else world.people.partial
        yield Difference(
            kind=Kind.DECLARED_ABSENT,
            system=scope.system if scope else "",
            cause=str(reference),
            subject=str(reference),
            message=f"{reference} of {cover.name} {'was not seen' if hidden else 'does not exist'}",
            verdict=Verdict.UNKNOWN if hidden else Verdict.VIOLATION,
            owner=cover.owner,
            declared_at=cover.place,
        )
