"""What people will hold once they log in again: a directory may have put them into groups that a system has not heard of yet.

The same cause is one difference, whoever and how many it is about. What somebody holds now already is told of their accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guardrails.drift.access import as_clause
from guardrails.drift.covers import Covers
from guardrails.drift.logins import MOST, Directories, Found, named
from guardrails.drift.people import Person
from guardrails.drift.world import World
from guardrails.model.exceptions import DebtException
from guardrails.model.findings import Comparison, Difference
from guardrails.model.lists import several
from guardrails.model.reference import NOWHERE, Place, Ref, Reference
from guardrails.model.words import Kind, Verdict
from guardrails.ports import AtLogin, BoundClause, DirectoryLogin, Explaining, Meaning, Predicting

__all__ = ["next_login"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Somebody who will hold too much, or may."""

    person: Person
    compared: Comparison
    chain: tuple[str, ...]
    facet: str
    declared: str
    owner: str
    place: Place


def next_login(world: World) -> Iterator[Difference]:
    """Judge every person by every way to log in by a directory."""
    if not world.declaration.sources:
        return
    covers, directories = Covers(world), Directories(world.declaration, world.observations)
    for system, meaning in world.meanings.items():
        if isinstance(meaning, Predicting):
            for way in (way for way in meaning.directories() if way.ref.system == system):
                judge = _Judge(world, covers, meaning, way)
                why = way.untold or ("" if directories.hold(way) else f"no declared directory has {way.people or 'its people'}")
                if why:
                    yield _untold(way, why)
                else:
                    yield from judge.differences(directories)


def _untold(way: DirectoryLogin, why: str) -> Difference:
    return Difference(
        kind=Kind.ACCESS_NEXT_LOGIN,
        system=way.ref.system,
        realm=way.ref.realm,
        cause=way.ref.id,
        subject=str(way.ref),
        message=f"what people hold after their next login by {way.ref.id} cannot be told: {why}",
        verdict=Verdict.UNKNOWN,
        places=(way.ref,),
    )


class _Judge:
    """One way to log in."""

    def __init__(self, world: World, covers: Covers, meaning: Predicting, way: DirectoryLogin) -> None:
        self._world, self._covers, self._predicting, self._way = world, covers, meaning, way
        self._meaning: Meaning = world.meanings[way.ref.system]

    def differences(self, directories: Directories) -> Iterator[Difference]:
        """One for each cause."""
        cases: dict[tuple[str, Verdict], list[_Case]] = {}
        for person in self._world.people.by_name.values():
            found = None if person.has_left else directories.found(self._way, person)
            if found is not None and (case := self._case(person, found)):
                cases.setdefault((case.facet, case.compared.verdict), []).append(case)
        yield from (self._difference(alike) for alike in cases.values())

    def _case(self, person: Person, found: Found) -> _Case | None:
        """The worst of what the login may find."""
        worst: tuple[Comparison, AtLogin] | None = None
        verdicts = set()
        for groups in found.choices():
            held = self._predicting.at_login(self._way.ref, found.name, named(groups))
            compared = self._compared(person, held)
            verdicts.add(compared.verdict)
            if compared.verdict is not Verdict.OK and (worst is None or compared.verdict is Verdict.VIOLATION):
                worst = worst if worst and worst[0].verdict is Verdict.VIOLATION else (compared, held)
        if worst is None and len(found.perhaps) <= MOST:
            return None
        compared, held = worst or (Comparison(verdict=Verdict.OK), self._predicting.at_login(self._way.ref, found.name, frozenset()))
        doubt = self._way.doubt or (f"whether {several([str(ref) for ref in found.perhaps])} is found" if found.perhaps else "")
        if compared.verdict is Verdict.OK or (
            compared.verdict is Verdict.VIOLATION and (self._way.doubt or verdicts != {Verdict.VIOLATION})
        ):
            compared = replace(compared, verdict=Verdict.UNDECIDED, reason=f"{doubt} cannot be told")
        if self._world.people.partial and compared.verdict is Verdict.VIOLATION:
            compared = replace(compared, verdict=Verdict.UNKNOWN, reason="the directory was not read whole, so a role may be missing here")
        return self._told(person, found, compared, held)

    def _compared(self, person: Person, held: AtLogin) -> Comparison:
        compared = self._meaning.excess(held.ref, self._ceiling(person, held))
        witness = compared.witness
        if witness and held.entity and self._meaning.replay(held.entity, witness):
            return Comparison(verdict=Verdict.OK)  # held now, and told of the entity
        return compared

    def _ceiling(self, person: Person, held: AtLogin) -> Sequence[BoundClause]:
        """What is declared for the person, and for what stands for whoever is in a group."""
        roles = (name for role in self._covers.roles_of(person) for name in role.may)
        own = (name for account in person.accounts for cover in self._covers.of(account) for name in cover.may)
        loads = (load for load in self._world.declaration.workloads for ref in held.sources if self._is_of(load.principals, ref))
        may = {
            *roles,
            *own,
            *self._covers.granted(person),
            *(name for load in loads for name in load.may),
            *self._world.declaration.everyone,
        }
        debts = [debt for debt in self._world.declaration.exceptions if isinstance(debt, DebtException) and self._world.is_live(debt)]
        theirs = (debt for debt in debts if self._is_of((debt.of,), *held.sources, *([held.entity] if held.entity else [])))
        return (*self._world.bound(tuple(sorted(may)), held.ref), *map(as_clause, theirs))

    def _is_of(self, references: Sequence[Reference], *refs: Ref) -> bool:
        return any(self._world.is_named(reference, ref) for reference in references for ref in refs)

    def _told(self, person: Person, found: Found, compared: Comparison, held: AtLogin) -> _Case:
        links: tuple[str, ...] = compared.granted_by
        if compared.witness and isinstance(self._meaning, Explaining):
            links = self._meaning.permit(held.ref, compared.witness.action, compared.witness.resource).chain or links
        groups = {**found.groups, **found.perhaps}
        decisive = {name.casefold() for name, ref in held.by if any(ref.id in link or ref.name in link for link in links)}
        before = [str(ref) for ref, names in groups.items() if decisive & {name.casefold() for name in names}]
        role = next(iter(self._covers.roles_of(person)), None)
        return _Case(
            person=person,
            compared=compared,
            chain=(*sorted(before), *links),
            facet=" ".join(sorted([*decisive, *compared.granted_by])) or compared.reason,
            declared=f"role {role.name}" if role else "anybody",
            owner=role.owner if role else "",
            place=role.place if role else NOWHERE,
        )

    def _difference(self, alike: list[_Case]) -> Difference:
        first, way = alike[0], self._way.ref
        may = "would" if first.compared.verdict is Verdict.VIOLATION else "may"
        who = several([f"person {case.person.name}" for case in alike], " and ")
        beyond = several(sorted({case.declared for case in alike}), " and ")
        why = f": {first.compared.reason}" if first.compared.reason else ""
        shown = f"; {' > '.join(first.chain)}" if first.chain else ""
        return Difference(
            kind=Kind.ACCESS_NEXT_LOGIN,
            system=way.system,
            realm=way.realm,
            cause=way.id,
            facet=first.facet,
            subject=str(way),
            message=f"{who} {may} hold more than {beyond} declares, after the next login by {way.id}{shown}{why}",
            verdict=first.compared.verdict,
            places=(way, *(entry.ref for case in alike for entry in case.person.entries)),
            owner=first.owner,
            declared_at=first.place,
            actual="; ".join(first.compared.granted_by),
            witness=first.compared.witness,
        )
