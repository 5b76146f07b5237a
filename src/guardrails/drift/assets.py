"""Assets: undeclared ones, unaccepted ones, and encryption against the class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from guardrails.drift.world import World
from guardrails.model.declaration import DeclaredAsset, DeclaredClass
from guardrails.model.facts import Asset, DefaultEncryption, Key, NotSeen, Protection
from guardrails.model.findings import Difference
from guardrails.model.reference import NOWHERE, Ref
from guardrails.model.words import AtRest, Kind, State, Transit, Verdict

__all__ = ["assets", "governing"]


def assets(world: World) -> Iterator[Difference]:
    """Judge every declared asset, and every observed one."""
    for declared in world.declaration.assets:
        if reason := world.refusal(declared.accepted, f"asset:{declared.name}"):
            yield _declared(Kind.ASSET_NOT_ACCEPTED, declared, f"asset {declared.name} is not accepted: {reason}")
        if not world.matched(declared.name):
            hidden = any(world.could_hide(scope) for scope, _ in declared.match)
            absent = _declared(Kind.DECLARED_ABSENT, declared, f"asset {declared.name} matches nothing that was seen")
            yield replace(absent, verdict=Verdict.UNKNOWN) if hidden else absent
    protections = {fact.asset: fact for fact in world.facts(Protection)}
    keys = {name: key for key in world.facts(Key) for name in (key.resource, key.ref.id)}
    for asset in world.facts(Asset):
        found = governing(world, asset)
        if found is None:
            yield _observed(Kind.ASSET_UNDECLARED, asset, None, f"{asset.ref} is matched by no declared asset")
        else:
            yield from _judged(world, asset, found, protections.get(asset.ref), keys)
    yield from _overlaps(world)
    yield from _shared_keys(world, protections)
    yield from _defaults(world)


def governing(world: World, asset: Asset) -> tuple[DeclaredAsset, DeclaredClass] | None:
    """Of overlapping selectors the highest class wins."""
    classes = {declared.name: declared for declared in world.declaration.classes}
    found = [
        (declared, classes[declared.class_name])
        for declared in world.declaration.assets
        if any(match.ref == asset.ref for match in world.matched(declared.name))
    ]
    return max(found, key=lambda pair: (pair[1].rank, pair[1].at_rest, pair[0].name), default=None)


def _overlaps(world: World) -> Iterator[Difference]:
    """Assets of more than one entry, one difference for each set of entries."""
    found: dict[tuple[str, ...], list[Asset]] = {}
    for asset in world.facts(Asset):
        names = tuple(d.name for d in world.declaration.assets if any(match.ref == asset.ref for match in world.matched(d.name)))
        if len(names) > 1:
            found.setdefault(names, []).append(asset)
    for names, overlapping in found.items():
        declared = next(d for d in world.declaration.assets if d.name == names[0])
        refs = tuple(asset.ref for asset in overlapping)
        yield Difference(
            kind=Kind.CLASS_OVERLAP,
            system="",
            cause=" ".join(names),
            subject=" ".join(f"asset:{name}" for name in names),
            message=f"{', '.join(map(str, refs))}: matched by {' and '.join(names)}; the highest class counts",
            places=refs,
            owner=declared.owner,
            declared_at=declared.place,
        )


def _shared_keys(world: World, protections: dict[Ref, Protection]) -> Iterator[Difference]:
    own = {declared.name for declared in world.declaration.classes if declared.own_key}
    users: dict[str, set[str]] = {}
    for declared in world.declaration.assets:
        for asset in world.matched(declared.name):
            if asset.ref in protections and (key := protections[asset.ref].key):
                users.setdefault(key, set()).add(declared.name)
    for declared in world.declaration.assets:
        keys = {protections[asset.ref].key for asset in world.matched(declared.name) if asset.ref in protections}
        for key in sorted(key for key in keys if declared.class_name in own and len(users.get(key, ())) > 1):
            others = ", ".join(sorted(users[key] - {declared.name}))
            message = f"asset {declared.name} shares its key {key} with {others}; class {declared.class_name} demands a key of its own"
            yield replace(_declared(Kind.KEY_SHARED, declared, message), facet=key, actual=key)


def _defaults(world: World) -> Iterator[Difference]:
    """What is stored without a word must be encrypted at least as the weakest class that asks for anything."""
    least = min((declared.at_rest for declared in world.declaration.classes if declared.at_rest > AtRest.NONE), default=AtRest.NONE)
    for default in world.facts(DefaultEncryption):
        if not isinstance(default.at_rest, NotSeen) and default.at_rest < least:
            yield Difference(
                kind=Kind.DEFAULT_WEAK,
                system=default.ref.system,
                realm=default.ref.realm,
                cause=default.ref.id,
                subject=str(default.ref),
                message=f"{default.ref}: what is new is {_shown(default.at_rest)}; every class asks for {least.label} or more",
                places=(default.ref,),
                actual=str(default.ref),
            )


def _judged(
    world: World, asset: Asset, governing: tuple[DeclaredAsset, DeclaredClass], protection: Protection | None, keys: dict[str, Key]
) -> Iterator[Difference]:
    declared, required = governing
    if protection is None:
        if required.at_rest > AtRest.NONE:
            yield _observed(Kind.AT_REST_WEAK, asset, declared, f"{asset.ref}: encryption was not seen", Verdict.UNKNOWN)
        return
    yield from _at_rest(asset, declared, required, protection)
    key = keys.get(protection.key) or keys.get(protection.key.rpartition("/")[2])
    if key is not None and required.at_rest >= AtRest.SERVICE_KEY:
        yield from _key(asset, declared, required, key)
    transit = world.meanings[asset.ref.system].in_transit(asset)
    if required.in_transit > Transit.OPTIONAL and transit is not None and transit < required.in_transit:
        unread = any(gap.subject == asset.ref and gap.what == "s3:policy" for gap in world.gaps())
        weak = "plain" if transit is Transit.OPTIONAL else transit.label
        message = f"{asset.ref} lets {weak} requests through; class {required.name} demands {required.in_transit.label}"
        yield _observed(Kind.TRANSIT_WEAK, asset, declared, message, Verdict.UNKNOWN if unread else Verdict.VIOLATION)


def _at_rest(asset: Asset, declared: DeclaredAsset, required: DeclaredClass, protection: Protection) -> Iterator[Difference]:
    level = protection.at_rest
    if isinstance(level, NotSeen):
        message = f"{asset.ref}: encryption at rest was not seen: {level.message}"
        yield _observed(Kind.AT_REST_WEAK, asset, declared, message, Verdict.UNKNOWN)
    elif level is not None and level < required.at_rest:
        message = f"{asset.ref} is {_shown(level)}; class {required.name} demands {required.at_rest.label}"
        yield _observed(Kind.AT_REST_WEAK, asset, declared, message)


def _shown(level: AtRest) -> str:
    return f"encrypted by {level.label}" if level > AtRest.NONE else "not encrypted"


def _key(asset: Asset, declared: DeclaredAsset, required: DeclaredClass, key: Key) -> Iterator[Difference]:
    if key.state is not State.ACTIVE:
        yield _observed(Kind.KEY_UNUSABLE, asset, declared, f"{asset.ref} is encrypted by {key.ref}, which is disabled or going")
    if not required.rotation_days:
        return
    if isinstance(key.rotation_days, NotSeen):
        message = f"{asset.ref}: rotation of {key.ref} was not seen: {key.rotation_days.message}"
        yield _observed(Kind.KEY_NOT_ROTATED, asset, declared, message, Verdict.UNKNOWN)
    elif not 0 < key.rotation_days <= required.rotation_days:
        often = f"rotated every {key.rotation_days} days" if key.rotation_days else "never rotated"
        message = f"{asset.ref}: its key {key.ref} is {often}; class {required.name} demands every {required.rotation_days} days"
        yield _observed(Kind.KEY_NOT_ROTATED, asset, declared, message)


def _declared(kind: Kind, declared: DeclaredAsset, message: str) -> Difference:
    return Difference(
        kind=kind,
        system="",
        cause=f"asset:{declared.name}",
        subject=f"asset:{declared.name}",
        message=message,
        owner=declared.owner,
        declared_at=declared.place,
    )


def _observed(kind: Kind, asset: Asset, declared: DeclaredAsset | None, message: str, verdict: Verdict = Verdict.VIOLATION) -> Difference:
    return Difference(
        kind=kind,
        system=asset.ref.system,
        realm=asset.ref.realm,
        cause=asset.ref.id,
        subject=str(asset.ref),
        message=message,
        verdict=verdict,
        places=(asset.ref,),
        owner=declared.owner if declared else "",
        managed_by=asset.managed_by,
        declared_at=declared.place if declared else NOWHERE,
        actual=asset.resource,
    )
