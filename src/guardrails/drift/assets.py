"""Assets: undeclared ones, unaccepted ones, and encryption against the class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from guardrails.drift.world import World
from guardrails.model.declaration import DeclaredAsset, DeclaredClass
from guardrails.model.facts import Asset, DefaultEncryption, Key, NotSeen, Protection
from guardrails.model.findings import Difference
from guardrails.model.reference import NOWHERE, Ref
from guardrails.model.words import AtRest, Kind, State, Transit, Verdict
from guardrails.ports import TransitSeen

__all__ = ["Keys", "assets", "governing", "highest", "key_of", "keys_of"]


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
    keys = keys_of(world)
    for asset in world.facts(Asset):
        found = governing(world, asset)
        if found is None:
            yield _observed(Kind.ASSET_UNDECLARED, asset, None, f"{asset.ref} is matched by no declared asset")
        else:
            yield from _at_rest(asset, *found, protections.get(asset.ref))
            yield from _key(asset, *found, protections.get(asset.ref), keys)
            yield from _transit(world, asset, *found, protections.get(asset.ref))
    yield from _overlaps(world)
    yield from _shared_keys(world, protections, keys)
    yield from _defaults(world)


Keys = dict[tuple[str, str], Key]
"""By realm and name; the full names of keys are in no realm."""


def keys_of(world: World) -> Keys:
    """Every key that was seen, by each of its names."""
    return {(realm, name): key for key in world.facts(Key) for realm, name in _names(key)}


def _names(key: Key) -> Iterator[tuple[str, str]]:
    """The full name is one of a kind; an id or alias says which key in its realm only."""
    yield "", key.resource
    yield from ((key.ref.realm, name) for name in (key.ref.id, *key.aliases))


def key_of(asset: Asset, name: str, keys: Keys) -> Key | None:
    """The key that an asset knows by a name."""
    realm = asset.ref.realm
    return keys.get(("", name)) or keys.get((realm, name)) or keys.get((realm, name.rpartition("/")[2]))


def governing(world: World, asset: Asset) -> tuple[DeclaredAsset, DeclaredClass] | None:
    """Of overlapping selectors the highest class wins."""
    return highest(world, world.declared_for(asset.ref))


def highest(world: World, among: Iterable[DeclaredAsset]) -> tuple[DeclaredAsset, DeclaredClass] | None:
    """The declared asset of the highest class, with that."""
    classes = {declared.name: declared for declared in world.declaration.classes}
    found = [(declared, classes[declared.class_name]) for declared in among]
    return max(found, key=lambda pair: (pair[1].rank, pair[1].at_rest, pair[0].name), default=None)


def _overlaps(world: World) -> Iterator[Difference]:
    """Assets of more than one entry, one difference for each set of entries."""
    found: dict[tuple[str, ...], list[Asset]] = {}
    for asset in world.facts(Asset):
        names = tuple(declared.name for declared in world.declared_for(asset.ref))
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


def _shared_keys(world: World, protections: dict[Ref, Protection], keys: Keys) -> Iterator[Difference]:
    own = {declared.name for declared in world.declaration.classes if declared.own_key}
    users: dict[str, set[str]] = {}
    for declared in world.declaration.assets:
        for asset in world.matched(declared.name):
            if asset.ref in protections and (name := protections[asset.ref].key):
                # one key has several names: its full name, its id and its aliases
                found = key_of(asset, name, keys)
                users.setdefault(found.resource if found else name, set()).add(declared.name)
    for declared in world.declaration.assets:
        shared = sorted(key for key, names in users.items() if declared.name in names and len(names) > 1)
        for key in shared if declared.class_name in own else ():
            others = ", ".join(sorted(users[key] - {declared.name}))
            message = f"asset {declared.name} shares its key {key} with {others}; class {declared.class_name} demands a key of its own"
            yield replace(_declared(Kind.KEY_SHARED, declared, message), facet=key, actual=key)


def _defaults(world: World) -> Iterator[Difference]:
    """What is stored without a word must be encrypted at least as the weakest class that asks for anything."""
    # an adopted class says what was found, and asks nothing of what is new
    asking = [declared for declared in world.declaration.classes if ("classes", declared.name) not in world.adopted]
    least = min((declared.at_rest for declared in asking if declared.at_rest > AtRest.NONE), default=AtRest.NONE)
    for default in world.facts(DefaultEncryption):
        level = default.at_rest
        if isinstance(level, NotSeen):
            message, verdict = f"how what is new is encrypted was not seen: {level.message}", Verdict.UNKNOWN
        else:
            message, verdict = f"what is new is {_shown(level)}; every class asks for {least.label} or more", Verdict.VIOLATION
        if least > AtRest.NONE and (isinstance(level, NotSeen) or level < least):
            yield Difference(
                kind=Kind.DEFAULT_WEAK,
                system=default.ref.system,
                realm=default.ref.realm,
                cause=default.ref.id,
                subject=str(default.ref),
                message=f"{default.ref}: {message}",
                verdict=verdict,
                places=(default.ref,),
                actual=str(default.ref),
            )


def _transit(
    world: World, asset: Asset, declared: DeclaredAsset, required: DeclaredClass, protection: Protection | None
) -> Iterator[Difference]:
    seen = world.meanings[asset.ref.system].in_transit(asset) or _told(protection)
    if required.in_transit == Transit.OPTIONAL or seen is None:
        return
    if isinstance(seen, NotSeen):
        message = f"{asset.ref}: encryption in transit was not seen: {seen.message}"
        yield _observed(Kind.TRANSIT_WEAK, asset, declared, message, Verdict.UNKNOWN)
    elif seen.level < required.in_transit:
        unread = any(gap.subject == asset.ref and gap.what == "s3:policy" for gap in world.gaps())
        message = f"{asset.ref} lets {_way(seen.level)} requests through; class {required.name} demands {required.in_transit.label}"
        found = _observed(Kind.TRANSIT_WEAK, asset, declared, message, Verdict.UNKNOWN if unread else Verdict.VIOLATION)
        yield replace(found, witness=None if unread else seen.witness)
    elif seen.certain < required.in_transit:
        message = (
            f"{asset.ref} may let {_way(seen.certain)} requests through, and class {required.name} demands {required.in_transit.label}"
        )
        yield _observed(Kind.TRANSIT_WEAK, asset, declared, f"{message}: {seen.doubt}", Verdict.UNDECIDED)


def _told(protection: Protection | None) -> TransitSeen | NotSeen | None:
    found = protection.in_transit if protection else None
    return TransitSeen(level=found) if isinstance(found, Transit) else found


def _way(level: Transit) -> str:
    return "plain" if level is Transit.OPTIONAL else level.label


def _at_rest(asset: Asset, declared: DeclaredAsset, required: DeclaredClass, protection: Protection | None) -> Iterator[Difference]:
    if protection is None:
        if required.at_rest > AtRest.NONE:
            yield _observed(Kind.AT_REST_WEAK, asset, declared, f"{asset.ref}: encryption was not seen", Verdict.UNKNOWN)
        return
    level = protection.at_rest
    if isinstance(level, NotSeen):
        message = f"{asset.ref}: encryption at rest was not seen: {level.message}"
        yield _observed(Kind.AT_REST_WEAK, asset, declared, message, Verdict.UNKNOWN)
    elif level is not None and level < required.at_rest:
        message = f"{asset.ref} is {_shown(level)}; class {required.name} demands {required.at_rest.label}"
        yield _observed(Kind.AT_REST_WEAK, asset, declared, message)


def _shown(level: AtRest) -> str:
    return f"encrypted by {level.label}" if level > AtRest.NONE else "not encrypted"


def _key(asset: Asset, declared: DeclaredAsset, required: DeclaredClass, protection: Protection | None, keys: Keys) -> Iterator[Difference]:
    name = protection.key if protection else ""
    if key := key_of(asset, name, keys):
        yield from _state(asset, declared, key)
        yield from _rotation(asset, declared, required, key)
        yield from _leaves(asset, declared, required, key)
    elif protection and name and required.rotation_days and protection.at_rest in {AtRest.CUSTOMER_KEY, AtRest.CUSTOMER_HSM}:
        # the provider rotates its own keys; of ours, one that was not seen may never be
        message = (
            f"{asset.ref}: its key {name} was not seen, and class {required.name} demands rotation every {required.rotation_days} days"
        )
        yield _observed(Kind.KEY_NOT_ROTATED, asset, declared, message, Verdict.UNKNOWN)


def _state(asset: Asset, declared: DeclaredAsset, key: Key) -> Iterator[Difference]:
    """Whatever the class asks: without its key nothing of the asset can be read."""
    if key.state is State.DISABLED:
        yield _observed(Kind.KEY_UNUSABLE, asset, declared, f"{asset.ref} is encrypted by {key.ref}, which is disabled or going")
    elif key.state is State.UNKNOWN:
        message = f"{asset.ref} is encrypted by {key.ref}, whose state was not seen"
        yield _observed(Kind.KEY_UNUSABLE, asset, declared, message, Verdict.UNKNOWN)


def _rotation(asset: Asset, declared: DeclaredAsset, required: DeclaredClass, key: Key) -> Iterator[Difference]:
    if not required.rotation_days:
        return
    if isinstance(key.rotation_days, NotSeen):
        message = f"{asset.ref}: rotation of {key.ref} was not seen: {key.rotation_days.message}"
        yield _observed(Kind.KEY_NOT_ROTATED, asset, declared, message, Verdict.UNKNOWN)
    elif not 0 < key.rotation_days <= required.rotation_days:
        often = f"rotated every {key.rotation_days} days" if key.rotation_days else "never rotated"
        message = f"{asset.ref}: its key {key.ref} is {often}; class {required.name} demands every {required.rotation_days} days"
        yield _observed(Kind.KEY_NOT_ROTATED, asset, declared, message)


def _leaves(asset: Asset, declared: DeclaredAsset, required: DeclaredClass, key: Key) -> Iterator[Difference]:
    """Whether the key stays where it is; one that can be taken out is worth nothing to whoever watches its use."""
    if not required.key_kept or key.leaves == ():
        return
    if isinstance(key.leaves, NotSeen):
        message = f"{asset.ref}: whether {key.ref} can be taken out was not seen: {key.leaves.message}"
        yield _observed(Kind.KEY_LEAVES, asset, declared, message, Verdict.UNKNOWN)
    else:
        message = f"{asset.ref}: its key {key.ref} allows {' and '.join(key.leaves)}; class {required.name} demands that it is kept"
        yield _observed(Kind.KEY_LEAVES, asset, declared, message)


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
