"""How an asset comes to be protected as its class demands: at rest, on the way, and by a key that is rotated."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.assets import governing, key_of, keys_of
from guardrails.drift.world import World
from guardrails.model.changes import Held, RewritePolicy, SetEncryption, SetRotation
from guardrails.model.facts import Asset, DefaultEncryption, Key, Policy, Protection
from guardrails.model.findings import Finding
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, Custody, State
from guardrails.plan.proposal import Proposal, held
from guardrails.ports import Guarding

__all__ = ["siblings", "stronger_at_rest", "stronger_default", "stronger_rotation", "stronger_transit"]

_LEVELS = {Custody.CUSTOMER: AtRest.CUSTOMER_KEY, Custody.CUSTOMER_HSM: AtRest.CUSTOMER_HSM}


def stronger_at_rest(world: World, finding: Finding) -> Iterator[Proposal | Held]:
    """New data is encrypted at the level of the class; with a key of ours only where it is plain which."""
    asset, level = _asset(world, finding), _wanted(world, finding)[0]
    if asset is None:
        yield held(finding, "its class is not known any more", finding.difference.remedy)
    elif level < AtRest.CUSTOMER_KEY:
        yield _encrypted(finding, asset.ref, level, "")
    else:
        yield from _with_key(world, finding, asset, level)


def _encrypted(finding: Finding, target: Ref, level: AtRest, key: str) -> Proposal:
    lost = ("what is stored already stays as it is until it is copied",)
    return Proposal(finding=finding, action=SetEncryption(target=target, at_rest=level, key=key), breaks=lost)


def _with_key(world: World, finding: Finding, asset: Asset, level: AtRest) -> Iterator[Proposal | Held]:
    says = governing(world, asset)
    found = sorted(siblings(world, says[0].name, asset.ref, level) if says else (), key=lambda key: key.resource)
    if len(found) != 1:
        yield _encrypted(finding, asset.ref, level, "")  # what that takes is told by whoever knows the asset
        return
    meaning = world.meanings[asset.ref.system]
    lacking = meaning.shut_out(asset.ref, found[0].ref) if isinstance(meaning, Guarding) else (str(asset.ref),)
    if lacking:
        who = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")  # noqa: PLR2004  # as many as are named
        yield held(finding, f"{who} may use {asset.ref} and cannot use {found[0].ref}", "let them use the key, then plan again")
    else:
        yield _encrypted(finding, asset.ref, level, found[0].resource)


def siblings(world: World, name: str, asset: Ref, level: AtRest) -> set[Key]:
    """The keys of ours that protect what is declared by a name, in the account of an asset."""
    keys, names = keys_of(world), {protection.asset: protection.key for protection in world.facts(Protection)}
    mine = (key_of(one, names.get(one.ref, ""), keys) for one in world.matched(name) if one.ref.realm == asset.realm)
    return {key for key in mine if key and key.state is State.ACTIVE and isinstance(key.custody, Custody) and _level(key.custody) >= level}


def _level(custody: Custody) -> AtRest:
    return _LEVELS.get(custody, AtRest.NONE)


def stronger_transit(world: World, finding: Finding) -> Iterator[Proposal | Held]:
    """The asset's own policy denies what comes in a weaker way."""
    asset = finding.difference.places[0]
    found, meaning = _asset(world, finding), world.meanings[asset.system]
    says = governing(world, found) if found else None
    written = meaning.demanding(asset, says[1].in_transit) if says and isinstance(meaning, Guarding) else None
    if says is None or written is None:
        yield held(finding, f"{asset} has no policy that could demand it", finding.difference.remedy)
        return
    policy, text = written
    lost = (f"whoever uses {asset} in a weaker way than {says[1].in_transit.label} is refused",)
    seen = next((fact.text for fact in world.facts(Policy, policy.system) if fact.ref == policy), "")
    yield Proposal(finding=finding, action=RewritePolicy(holder=asset, policy=policy, text=text, seen=seen), breaks=lost)


def stronger_rotation(world: World, finding: Finding) -> Iterator[Proposal | Held]:
    """Its key is rotated as often as the class demands."""
    asset, protections = _asset(world, finding), {fact.asset: fact for fact in world.facts(Protection)}
    mine = protections.get(asset.ref) if asset else None
    key = key_of(asset, mine.key, keys_of(world)) if asset and mine else None
    if key is None:
        yield held(finding, "its key was not seen", finding.difference.remedy)
    else:
        yield Proposal(finding=finding, action=SetRotation(key=key.ref, days=_wanted(world, finding)[1]), breaks=())


def stronger_default(world: World, finding: Finding) -> Iterator[Proposal | Held]:
    """What is new is encrypted at least at the weakest level that a class asks for."""
    default = finding.difference.places[0]
    asked = [one.at_rest for one in world.declaration.classes if one.at_rest > AtRest.NONE and ("classes", one.name) not in world.adopted]
    seen = next((fact for fact in world.facts(DefaultEncryption, default.system) if fact.ref == default), None)
    if seen is None or not asked:
        yield held(finding, "nothing says how it should be", finding.difference.remedy)
    else:
        # the service has no weaker key of its own than this one
        yield _encrypted(finding, default, max(min(asked), AtRest.SERVICE_KEY), "")


def _asset(world: World, finding: Finding) -> Asset | None:
    place = finding.difference.places[0] if finding.difference.places else None
    return next((asset for asset in world.facts(Asset) if asset.ref == place), None)


def _wanted(world: World, finding: Finding) -> tuple[AtRest, int]:
    """What the class of the asset demands at rest, and how often its key must be rotated."""
    asset = _asset(world, finding)
    found = governing(world, asset) if asset else None
    return (found[1].at_rest, found[1].rotation_days) if found else (AtRest.NONE, 0)
