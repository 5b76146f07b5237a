"""What stands for a principal in the declaration: roles, workloads, vendors and grants, by its name or through its person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from guardrails.drift.issued import Issuances
from guardrails.drift.people import Person, groups_of
from guardrails.drift.world import World
from guardrails.model.declaration import Clause, Role, Vendor, Workload
from guardrails.model.exceptions import GapException, GrantException
from guardrails.model.facts import Principal
from guardrails.model.reference import NOWHERE, Place, Ref, Reference, Scope
from guardrails.model.words import PrincipalForm
from guardrails.ports import BoundClause

__all__ = ["Cover", "Covers"]

_MEMBER_OF = "member-of"
"""The verb of directories, where being in a group is itself what one may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One entry of the declaration as it stands for a principal. `assumed_by` is `None` where nothing is said about it.

    What stands for a principal through its person (`of_person`) asks its floor of the person, who may have several accounts.
    """

    name: str
    may: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    owner: str = ""
    place: Place = NOWHERE
    assumed_by: tuple[Reference, ...] | None = None
    external_id: bool = False
    audiences: tuple[str, ...] = ()
    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()
    of_person: bool = False


class Covers:
    """The covers of every principal, indexed once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.named = tuple(_named(world))
        self.excepted = tuple(_excepted(world))
        self.members = tuple((member, Covers.of_role(role)) for role in world.declaration.roles for member in role.members)
        self._by_name: dict[tuple[str, str], list[tuple[Reference, Cover]]] = {}
        for reference, cover in self.named:
            self._by_name.setdefault((reference.kind, reference.name), []).append((reference, cover))
        self._free: dict[str, tuple[BoundClause, ...]] = {}
        self._owners = {**Issuances(world).owners, **world.people.owners()}
        self._groups = {
            name: frozenset(group for entry in person.entries for group in groups_of(entry.ref, world.members))
            for name, person in world.people.by_name.items()
        }

    def person_of(self, ref: Ref) -> Person | None:
        """Whose an entry, an account or a credential that is out is."""
        return self._owners.get(ref)

    def is_named(self, ref: Ref) -> bool:
        """Whether a role, workload or vendor names a principal itself."""
        return any(self._world.is_named(reference, ref) for reference, _ in self._by_name.get((ref.kind, ref.name), ()))

    def groups_of(self, person: str) -> frozenset[Ref]:
        """Every group that somebody is in by any of their entries."""
        return self._groups.get(person, frozenset())

    def of(self, principal: Principal) -> tuple[Cover, ...]:
        """Everything that stands for a principal, what names it first."""
        ref = principal.ref
        found = [cover for reference, cover in self._by_name.get((ref.kind, ref.name), ()) if self._world.is_named(reference, ref)]
        if person := self.person_of(ref):
            found += [replace(Covers.of_role(role), of_person=True) for role in self.roles_of(person)]
            found.append(Cover(name=f"person {person.name}", may=self.granted(person)))
        if granted := [name for e in self._grants() if self._world.is_named(e.to, ref) for name in e.may]:
            found.append(Cover(name="its grants", may=tuple(granted)))
        return tuple(found)

    @staticmethod
    def of_role(role: Role) -> Cover:
        """A role as it stands for whoever has it."""
        return Cover(name=f"role {role.name}", may=role.may, must=role.must, owner=role.owner, place=role.place)

    def granted(self, person: Person) -> tuple[str, ...]:
        """What exceptions grant to a person by name."""
        return self._granted(Reference(scope=None, kind="person", name=person.name))

    def _grants(self) -> Iterator[GrantException]:
        return (e for e in self._world.declaration.exceptions if isinstance(e, GrantException) and self._world.is_live(e))

    def _granted(self, to: Reference) -> tuple[str, ...]:
        return tuple(name for exception in self._grants() if exception.to == to for name in exception.may)

    def roles_of(self, person: Person) -> Iterator[Role]:
        """The roles that a person has, by name or by group."""
        return (role for role in self._world.declaration.roles if any(self._is_member(person, member) for member in role.members))

    def _is_member(self, person: Person, member: Reference) -> bool:
        if member.scope is None:
            return (member.kind, member.name) == ("person", person.name)
        return any(self._world.is_named(member, group) for group in self._groups.get(person.name, ()))

    def free_groups(self, system: str) -> tuple[BoundClause, ...]:
        """Membership in groups that no entitlement speaks of: the directory itself is the source of truth for it."""
        if system not in self._free:
            self._free[system] = self._free_groups(system)
        return self._free[system]

    def _free_groups(self, system: str) -> tuple[BoundClause, ...]:
        clauses = [c for e in self._world.declaration.entitlements for c in e.clauses if c.scope.system == system]
        ruled = {name for clause in clauses if _MEMBER_OF in clause.actions for name in clause.resources}
        seen = (principal.ref.name for principal in self._world.facts(Principal, system) if principal.form is PrincipalForm.GROUP)
        groups = {f"group/{name}" for name in seen}
        clause = Clause(scope=Scope(system), actions=(_MEMBER_OF,), resources=tuple(sorted(groups - ruled)))
        return (BoundClause(clause=clause, entitlement=""),) if groups - ruled else ()


def _named(world: World) -> Iterator[tuple[Reference, Cover]]:
    for role in world.declaration.roles:
        yield from ((reference, Covers.of_role(role)) for reference in role.through)
    for load in world.declaration.workloads:
        yield from ((reference, _of_workload(load)) for reference in load.principals)
    for vendor in world.declaration.vendors:
        yield from _of_vendor(vendor)


def _excepted(world: World) -> Iterator[tuple[Reference, Cover]]:
    """Whom exceptions are for: one for somebody who is not there covers nobody, and stands ready for whoever takes the name."""
    for exception in world.declaration.exceptions:
        if not isinstance(exception, GapException):
            to = exception.to if isinstance(exception, GrantException) else exception.of
            yield to, Cover(name=f"exception {exception.name}", owner=exception.risk_owner, place=exception.place)


def _of_workload(load: Workload) -> Cover:
    name = f"workload {load.name}"
    return Cover(
        name=name,
        may=load.may,
        must=load.must,
        owner=load.owner,
        place=load.place,
        assumed_by=load.assumed_by,
        audiences=load.audiences,
        claims=load.claims,
    )


def _of_vendor(vendor: Vendor) -> Iterator[tuple[Reference, Cover]]:
    for trust in vendor.trusts:
        cover = Cover(
            name=f"vendor {vendor.name}",
            may=trust.may,
            owner=vendor.owner,
            place=vendor.place,
            assumed_by=(trust.by,),
            external_id=trust.external_id_required,
        )
        yield trust.principal, cover
