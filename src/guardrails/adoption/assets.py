"""Assets nobody declared, with a class that says how they are encrypted now and the strangers whom they let in now."""

from __future__ import annotations

from guardrails.adoption.access import trusted_by
from guardrails.adoption.sections import Entry, Sections, listed
from guardrails.drift.assets import key_of, keys_of
from guardrails.drift.sharing import strangers
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.model.facts import Asset, Key, Protection
from guardrails.model.reference import Scope
from guardrails.model.words import AtRest, Transit

__all__ = ["assets"]

_Found = tuple[AtRest, Transit, int]


def assets(world: World, sections: Sections, owner: str) -> None:
    """Add one entry for all assets of a kind, a scope and a protection.

    Raises:
        AuthorError: Nobody is named who answers for them.
    """
    protections = {fact.asset: fact for fact in world.facts(Protection)}
    keys = keys_of(world)
    alike: dict[tuple[Scope, str, _Found, tuple[str, ...]], list[Asset]] = {}
    for asset in world.facts(Asset):
        if not world.declared_for(asset.ref):
            protection = protections.get(asset.ref)
            key = key_of(asset, protection.key, keys) if protection is not None else None
            things: list[Asset | Key] = [asset] if key is None else [asset, key]
            let_in = (seen for thing in things for seen in strangers(world, thing))
            shared = tuple(listed(text for seen in let_in for text in trusted_by(world, asset.ref, seen)))
            found = _found(world, asset, protection, key)
            alike.setdefault((world.scope_of(asset.ref), asset.ref.kind, found, shared), []).append(asset)
    classes: dict[_Found, str] = {}
    for (scope, kind, found, shared), listing in sorted(alike.items()):
        if found not in classes:
            classes[found] = _class(found, sections)
        meaning = world.meanings[scope.system]
        entry: Entry = {"class": classes[found], "owner": _owner(world, scope.system, owner)}
        entry |= {"shared-with": list(shared)} if shared else {}
        entry["match"] = {str(scope): listed(meaning.selector(asset) for asset in listing)}
        name = f"{scope}-{kind}-{classes[found].removeprefix('found-')}{'-shared' if shared else ''}"
        sections.add("assets", name.replace("@", "-"), entry)


def _owner(world: World, system: str, owner: str) -> str:
    of_system = next(one.owner for one in world.declaration.systems if one.name == system)
    if not (owner or of_system):
        raise AuthorError(f"nobody answers for the assets of {system}", remedy=f"add --owner team:NAME, or an owner to systems.{system}")
    return owner or of_system


def _found(world: World, asset: Asset, protection: Protection | None, key: Key | None) -> _Found:
    """How it is protected for certain; what was not seen counts as nothing."""
    seen = world.meanings[asset.ref.system].in_transit(asset)
    transit = seen.certain if seen else None
    if transit is None and protection is not None and isinstance(protection.in_transit, Transit):
        transit = protection.in_transit
    level = protection.at_rest if protection is not None and isinstance(protection.at_rest, AtRest) else AtRest.NONE
    days = key.rotation_days if key is not None and isinstance(key.rotation_days, int) else 0
    return level, transit or Transit.OPTIONAL, days


def _class(found: _Found, sections: Sections) -> str:
    level, transit, days = found
    entry: Entry = {"at-rest": level.label} if level > AtRest.NONE else {}
    entry |= {"in-transit": transit.label} if transit > Transit.OPTIONAL else {}
    entry |= {"rotation": f"{days}d"} if days else {}
    return sections.add("classes", "-".join(["found", *map(str, entry.values())]) if entry else "found-unprotected", entry)
