"""References inside the declaration that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.model.declaration import Declaration, DeclaredAsset, Role, System, Vendor, Workload
from guardrails.model.exceptions import GrantException
from guardrails.model.networks import Allowlist, Network
from guardrails.model.reference import NOWHERE, Place, Reference, Scope

__all__ = ["dangling"]

_Mistake = tuple[Place, str, str]
_Owned = DeclaredAsset | Network | Allowlist | Role | Workload | Vendor | System


def dangling(declaration: Declaration) -> Iterator[_Mistake]:
    """Every name that is used and not declared."""
    yield from _owners(declaration)
    yield from _entitlements(declaration)
    yield from _networks(declaration)
    yield from _people(declaration)
    recipients = {recipient.name for recipient in declaration.notify}
    for team in declaration.teams:
        if team.notify and team.notify not in recipients:
            yield _missing(team.place, f"teams.{team.name}", "recipient", team.notify)
    for place, scope in _scopes(declaration):
        yield from _scope(declaration, place, scope)
    if standing := declaration.applying.standing:
        known = {system.name for system in declaration.systems}
        yield from (_missing(standing.place, "apply.standing", "system", name) for name in standing.systems if name not in known)


def _missing(place: Place, where: str, word: str, name: str) -> _Mistake:
    return place, f"{where} names the {word} {name}, which is not declared", f"declare it, or correct the name of the {word}"


def _owners(declaration: Declaration) -> Iterator[_Mistake]:
    teams = {f"team:{team.name}" for team in declaration.teams}
    classes = {declared.name for declared in declaration.classes}
    owned: tuple[_Owned, ...] = (
        *declaration.assets,
        *declaration.networks,
        *declaration.allowlists,
        *declaration.roles,
        *declaration.workloads,
        *declaration.vendors,
        *declaration.systems,
    )
    for entry in owned:
        if entry.owner.startswith("team:") and entry.owner not in teams:
            yield _missing(entry.place, entry.name, "team", entry.owner)
    for asset in declaration.assets:
        if asset.class_name and asset.class_name not in classes:
            yield _missing(asset.place, f"assets.{asset.name}", "class", asset.class_name)


def _entitlements(declaration: Declaration) -> Iterator[_Mistake]:
    known = {entitlement.name for entitlement in declaration.entitlements}
    for name in sorted(set(declaration.everyone) - known):
        yield _missing(NOWHERE, "everyone", "entitlement", name)
    assets = {asset.name for asset in declaration.assets}
    holders: tuple[Role | Workload, ...] = (*declaration.roles, *declaration.workloads)
    for holder in holders:
        for name in sorted({*holder.may, *holder.must} - known):
            yield _missing(holder.place, holder.name, "entitlement", name)
        for name in sorted(set(holder.must) & known - set(holder.may)):
            yield holder.place, f"{holder.name} must hold {name} and may not", f"add {name} to its may"
    for entitlement in declaration.entitlements:
        if entitlement.asset and entitlement.asset not in assets:
            yield _missing(entitlement.place, f"entitlements.{entitlement.name}", "asset", entitlement.asset)


def _people(declaration: Declaration) -> Iterator[_Mistake]:
    systems = {system.name for system in declaration.systems}
    asked = [("people.sources", source.system, source.place) for source in declaration.sources]
    asked += [("people.join", join.system, join.place) for join in declaration.joins]
    yield from (_missing(place, where, "system", system) for where, system, place in asked if system not in systems)
    grants = [exception for exception in declaration.exceptions if isinstance(exception, GrantException)]
    known = {entitlement.name for entitlement in declaration.entitlements}
    for grant in grants:
        yield from (_missing(grant.place, f"exceptions.{grant.name}", "entitlement", name) for name in sorted(set(grant.may) - known))
    named = [(role.place, member) for role in declaration.roles for member in role.members] + [(grant.place, grant.to) for grant in grants]
    for place, reference in named:
        if reference.scope is None and (reference.kind != "person" or not declaration.sources):
            yield place, f"{reference} cannot be recognised", "name a person:NAME, and declare people.sources"


def _networks(declaration: Declaration) -> Iterator[_Mistake]:
    vendors = {vendor.name for vendor in declaration.vendors}
    for network in declaration.networks:
        if network.vendor and network.vendor not in vendors:
            yield _missing(network.place, f"networks.{network.name}", "vendor", network.vendor)
    known = {network.name for network in declaration.networks}
    for allowlist in declaration.allowlists:
        for name in sorted({*allowlist.may_from, *allowlist.must_from} - known):
            yield _missing(allowlist.place, f"allowlists.{allowlist.name}", "network", name)
        for name in sorted(set(allowlist.must_from) & known - set(allowlist.may_from)):
            yield allowlist.place, f"allowlists.{allowlist.name} must be reached from {name} and may not", f"add {name} to may-from"


def _scopes(declaration: Declaration) -> Iterator[tuple[Place, Scope]]:
    for asset in declaration.assets:
        yield from ((asset.place, scope) for scope, _ in asset.match)
    for allowlist in declaration.allowlists:
        yield allowlist.place, allowlist.scope
    for entitlement in declaration.entitlements:
        yield from ((clause.place, clause.scope) for clause in entitlement.clauses)
    for place, reference in _principals(declaration):
        if reference.scope is not None:
            yield place, reference.scope


def _principals(declaration: Declaration) -> Iterator[tuple[Place, Reference]]:
    for role in declaration.roles:
        yield from ((role.place, reference) for reference in (*role.members, *role.through))
    for team in declaration.teams:
        yield from ((team.place, reference) for reference in team.groups)
    for workload in declaration.workloads:
        yield from ((workload.place, reference) for reference in workload.principals)
    for vendor in declaration.vendors:
        yield from ((vendor.place, trust.principal) for trust in vendor.trusts)
    for never in declaration.applying.never:
        yield never.place, never.reference
    for manager in declaration.applying.managers:
        yield from ((manager.place, reference) for reference in manager.objects)
    for entry in declaration.exceptions:
        yield entry.place, entry.to if isinstance(entry, GrantException) else entry.of


def _scope(declaration: Declaration, place: Place, scope: Scope) -> Iterator[_Mistake]:
    systems = {system.name: system for system in declaration.systems}
    if scope.system not in systems:
        yield _missing(place, str(scope), "system", scope.system)
    elif scope.set and scope.set not in systems[scope.system].sets:
        yield _missing(place, str(scope), "set", scope.set)
