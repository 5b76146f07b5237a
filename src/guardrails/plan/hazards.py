"""What makes a whole plan too dangerous, however sound each change of it is. Each hazard says the number, the limit and the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from guardrails.drift.world import World
from guardrails.model.actions import involved
from guardrails.model.applying import Applying, Guard
from guardrails.model.changes import Action, Change, Hazard, RemoveMember, Revoke, RewritePolicy, SetEncryption, SetRotation
from guardrails.model.facts import Asset, Exposure, Key, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.plan.protection import named, unseen
from guardrails.ports import Issuing

__all__ = ["hazards", "of_changes"]

_WHOLE = 100


def hazards(changes: Sequence[Change], world: World, last: Mapping[str, Observation]) -> tuple[Hazard, ...]:
    """All hazards of a plan. `last` are the observations of the run before, by system; empty when there are none."""
    applying = world.declaration.applying
    return (
        *of_changes(changes, applying),
        *_of_kinds(changes, world),
        *_shrunken(changes, world, last),
        *_misnamed(changes, world),
    )


def of_changes(changes: Sequence[Change], applying: Applying) -> Iterator[Hazard]:
    """Those that can be told from a plan alone; asked again when it is applied."""
    limits = applying.limits
    if changes and applying.freeze:
        yield Hazard(rule="freeze", message=f"everything is frozen: {applying.freeze}", allow="remove apply.freeze, and plan again")
    if len(changes) > limits.changes:
        message = f"{len(changes)} changes, and one plan may make {limits.changes}"
        yield Hazard(rule="changes-in-all", message=message, allow="plan fewer with --select or --target, or raise apply.limits.changes")
    for subject, number in sorted(Counter(change.subject for change in changes).items()):
        if number > limits.each_person:
            message = f"{number} changes take from {subject}, and one plan may make {limits.each_person}"
            yield Hazard(rule="changes-of-one-person", message=message, allow="look at each, then raise apply.limits.per-person")
    for change in changes:
        for never in applying.never:
            if never.guard is Guard.ANY and (hit := [ref for ref in (*involved(change.action), change.ref) if named(never.reference, ref)]):
                message = f"{hit[0]} is protected, and the plan takes from it"
                yield Hazard(rule="protected", message=message, allow="nothing does; plan again")


def _of_kinds(changes: Sequence[Change], world: World) -> Iterator[Hazard]:
    """Percentages, and all of a kind: of the objects from which something is taken, among those that were seen."""
    percent = world.declaration.applying.limits.percent
    taken: dict[tuple[str, str, str], set[Ref]] = {}
    closed: dict[tuple[str, str, str], set[Ref]] = {}
    for change in changes:
        for ref in _losing(change.action, world):
            key = ref.system, ref.realm, ref.kind
            taken.setdefault(key, set()).add(ref)
            if not isinstance(change.action, RemoveMember):
                closed.setdefault(key, set()).add(ref)
    seen = Counter((ref.system, ref.realm, ref.kind) for ref in {*_seen(world)})
    for key, refs in sorted(taken.items()):
        system, realm, kind = key
        where = f"{system}@{realm}" if realm else system
        most = max(1, seen[key] * percent // _WHOLE)
        if len(refs) > most:
            message = f"{len(refs)} of {seen[key]} {kind} of {where} lose something, and one plan may touch {most} ({percent} %)"
            yield Hazard(
                rule="changes-in-percent", message=message, allow="plan fewer with --select or --target, or raise apply.limits.percent"
            )
        if len(closed.get(key, ())) >= seen[key]:
            message = f"every {kind} of {where} ({seen[key]}) would lose something"
            yield Hazard(rule="all-of-a-kind", message=message, allow="nothing does: make one of these changes by hand, if it is right")


def _losing(action: Action, world: World) -> tuple[Ref, ...]:
    """From whom something is taken: of a policy that is rewritten from everybody who has it. Encryption and rotation take nothing.

    What is revoked is counted among what is out, with all that may end with it.
    """
    match action:
        case SetEncryption() | SetRotation():
            return ()
        case Revoke():
            return action.ref, *action.ends
        case RewritePolicy():
            edges = world.observations[action.policy.system].edges
            return tuple({action.holder, *(edge.source for edge in edges if edge.target == action.policy)})
        case _:
            return involved(action)[:1]


def _seen(world: World) -> Iterator[Ref]:
    yield from (principal.ref for principal in world.facts(Principal))
    yield from (asset.ref for asset in world.facts(Asset))
    yield from (key.ref for key in world.facts(Key))
    yield from (rule.target for rule in world.facts(Exposure))
    for meaning in world.meanings.values():
        yield from (one.ref for one in (meaning.issued() if isinstance(meaning, Issuing) else ()))


def _shrunken(changes: Sequence[Change], world: World, last: Mapping[str, Observation]) -> Iterator[Hazard]:
    """An answer that is much shorter than last time may be a broken one, whose absences are not real."""
    percent = world.declaration.applying.limits.shrunk_percent
    touched = {ref.system for change in changes for ref in involved(change.action)}
    touched |= {source.system for source in world.declaration.sources} if changes else set()
    for name in sorted(touched & last.keys()):
        was, now = _counts(last[name]), _counts(world.observations[name])
        for kind, before in sorted(was.items()):
            if (before - now[kind]) * _WHOLE > before * percent:
                message = f"{name} shows {now[kind]} {kind} where {before} were seen at {last[name].taken_at:%Y-%m-%d %H:%M} UTC"
                allow = f"find out where they went; raise apply.limits.shrunk-percent above {percent} when it is right"
                yield Hazard(rule="shrunken-observation", message=message, allow=allow)


def _counts(observation: Observation) -> Counter[str]:
    return Counter(type(fact).__name__ for fact in observation.facts)


def _misnamed(changes: Sequence[Change], world: World) -> Iterator[Hazard]:
    for never in unseen(world) if changes else ():
        message = f"{never.reference} is to be protected and was not seen, so a wrong name would protect nothing"
        yield Hazard(rule="protected-not-seen", message=message, allow=f"correct the name, or remove it ({never.place})")
