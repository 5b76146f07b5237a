"""Who may do what, as it is: an entitlement for each policy, a workload for whoever nothing stands for, roles for what people hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from guardrails.adoption.sections import Entry, Sections, listed
from guardrails.connectors.discovery import find
from guardrails.drift.access import acts
from guardrails.drift.covers import Covers
from guardrails.drift.people import Person
from guardrails.drift.strangers import Strangers
from guardrails.drift.world import World
from guardrails.model.facts import Principal
from guardrails.model.reference import ANYBODY, Ref, Reference, Scope
from guardrails.model.words import PrincipalForm, Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause, Grant, TrustSeen

__all__ = ["access", "trusted_by", "wider"]


@dataclass(slots=True)
class _Found:
    """What was found of the principals: entitlements by what they say, people's holdings, workloads by what they have in common."""

    named: dict[tuple[str, str], str] = field(default_factory=dict)
    everyone: list[str] = field(default_factory=list)
    people: dict[str, set[str]] = field(default_factory=dict)
    workloads: dict[tuple[object, ...], list[str]] = field(default_factory=dict)


def access(world: World, sections: Sections) -> None:
    """Add what stands for every principal that nothing of the declaration speaks of. What somebody wrote is never widened."""
    covers, strangers, found = Covers(world), Strangers(world), _Found()
    for principal in sorted(world.facts(Principal), key=lambda one: (str(one.ref), one.ref)):
        if not (acts(principal) or strangers.may_enter(principal.ref)) or _is_spoken_for(world, covers, principal):
            continue
        person = covers.person_of(principal.ref)
        names = [_entitled(principal.ref, grant, found, sections) for grant in _needed(world, covers, found, principal.ref, sections)]
        if person is None:
            found.workloads.setdefault(_alike(world, principal, names), []).append(_reference(world, principal.ref))
        elif names:
            found.people.setdefault(person.name, set()).update(names)
    for alike, references in found.workloads.items():
        _, _, may, trusted = alike
        entry: Entry = {"is": references} | ({"assumed-by": list(trusted)} if trusted else {}) | ({"may": list(may)} if may else {})  # type: ignore[call-overload]  # tuples of texts
        sections.add("workloads", references[0].replace("@", "-"), entry)
    _roles(world, covers, found, sections)
    if found.everyone:
        sections.say("everyone", "may", listed(found.everyone))


def wider(world: World) -> Iterator[Ref]:
    """Whoever cannot surely do all that adopted entries give: a condition, a Deny, a boundary or an order of rules has no words there."""
    covers = Covers(world)
    ours = {f"{section.removesuffix('s')} {name}" for section, name in world.adopted if section in {"roles", "workloads"}}
    for principal in world.facts(Principal):
        may = tuple(name for cover in covers.of(principal) if cover.name in ours for name in cover.may)
        meaning = world.meanings[principal.ref.system]
        if may and meaning.shortfall(principal.ref, world.bound(may, principal.ref)).verdict is not Verdict.OK:
            yield principal.ref


def _is_spoken_for(world: World, covers: Covers, principal: Principal) -> bool:
    """Whether there is nothing to say, or somebody said something already."""
    if principal.ref in world.people.nobodies:
        return True
    if covers.is_named(principal.ref):
        return True
    person = covers.person_of(principal.ref)
    if person is None:
        return False
    held = tuple(name for role in covers.roles_of(person) for name in role.may)
    return person.has_left or bool(world.bound(held, principal.ref))


def _needed(world: World, covers: Covers, found: _Found, ref: Ref, sections: Sections) -> Iterator[Grant]:
    """The grants beyond what everybody has; what is by nature goes to everybody, when nobody has said yet what that is."""
    meaning = world.meanings[ref.system]
    common = (*world.bound(world.declaration.everyone, ref), *covers.free_groups(ref.system))
    if meaning.excess(ref, common).verdict is Verdict.OK:
        return
    grants = meaning.grants(ref)
    natural = [grant for grant in grants if grant.by_nature]
    own = [grant for grant in grants if not grant.by_nature]
    if natural and meaning.excess(ref, (*common, *_clauses(world, ref.system, own))).verdict is not Verdict.OK:
        if world.declaration.everyone:
            own += natural
        else:
            names = [_entitled(ref, grant, found, sections) for grant in natural]
            found.everyone += [name for name in names if name not in found.everyone]
    yield from own


def _clauses(world: World, system: str, grants: Iterable[Grant]) -> tuple[BoundClause, ...]:
    connector = find(world.observations[system].connector)
    return tuple(
        BoundClause(clause=clause, entitlement=grant.name)
        for grant in grants
        for clause in connector.clauses(read(grant.says.encode(), grant.name)[0], Scope(system), "")
    )


def _entitled(ref: Ref, grant: Grant, found: _Found, sections: Sections) -> str:
    key = (ref.system, grant.says)
    if key not in found.named:
        found.named[key] = sections.add("entitlements", grant.name, {ref.system: json.loads(grant.says)})
    return found.named[key]


def _alike(world: World, principal: Principal, names: list[str]) -> tuple[object, ...]:
    """What workloads have in common that are written as one."""
    seen = world.meanings[principal.ref.system].trusts(principal.ref) if principal.form is PrincipalForm.ROLE else ()
    named = [text for one in seen for text in trusted_by(world, principal.ref, one)]
    named += [_reference(world, holder) for holder in world.holders(principal.ref)]
    trusted = tuple(listed(named))
    return (principal.ref.system, principal.ref.kind, tuple(listed(names)), trusted)


def _reference(world: World, ref: Ref) -> str:
    return str(Reference(scope=world.scope_of(ref), kind=ref.kind, name=ref.name))


def trusted_by(world: World, ref: Ref, seen: TrustSeen) -> Iterator[str]:
    """References that mean somebody whom a policy names."""
    if seen.kind == "service":
        yield f"{ref.system}:service/{seen.name}"
    elif seen.kind == "federated":
        form = "saml" if ":saml-provider/" in seen.name else "oidc"
        provider = seen.name.rpartition(f":{form}-provider/")[2]
        yield from (f"oidc:{provider}/{subject}" for subject in (seen.subjects or ("*",))) if form == "oidc" else (f"saml:{provider}",)
    elif seen.kind != "aws":
        yield str(ANYBODY)
    elif seen.name in {seen.account, f"arn:aws:iam::{seen.account}:root"}:
        yield f"{ref.system}:{seen.account}"
    else:
        ours = next((one.ref for one in world.facts(Principal, ref.system) if one.resource == seen.name), None)
        yield _reference(world, ours) if ours else f"{ref.system}:{seen.name}"


def _roles(world: World, covers: Covers, found: _Found, sections: Sections) -> None:
    """One role for all people who hold the same; by their group where a group is just these people."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for person, names in sorted(found.people.items()):
        alike.setdefault(tuple(listed(names)), []).append(person)
    for may, people in sorted(alike.items()):
        group = _group_of(world, covers, people)
        members = [_reference(world, group)] if group else [f"person:{name}" for name in people]
        sections.add("roles", group.name if group else f"holders-of-{may[0]}", {"members": members, "may": list(may)})


def _group_of(world: World, covers: Covers, people: list[str]) -> Ref | None:
    def is_there(person: Person) -> bool:
        return not person.has_left

    common = frozenset[Ref].intersection(*(covers.groups_of(name) for name in people))
    there = [name for name, person in world.people.by_name.items() if is_there(person)]
    fitting = [group for group in common if [name for name in there if group in covers.groups_of(name)] == people]
    return min(fitting, key=lambda group: (group.name, group), default=None)
