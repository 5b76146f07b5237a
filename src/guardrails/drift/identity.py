"""People who left and can still act, accounts of nobody, and credentials that a workload should not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrails.drift.covers import Covers
from guardrails.drift.issued import Issuances, Out
from guardrails.drift.people import Person
from guardrails.drift.world import World
from guardrails.model.declaration import Credentials, Workload
from guardrails.model.facts import Credential, NotSeen, Principal
from guardrails.model.findings import Difference
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, State, Verdict
from guardrails.ports import Limiting

__all__ = ["identity"]

_SECONDS_AN_HOUR = 3600
_HOURS_A_DAY = 24


def identity(world: World) -> Iterator[Difference]:
    """Judge every person, every account that is joined, and every credential of a workload."""
    credentials = Issuances(world)
    for person in world.people.by_name.values():
        yield from _leaver(world, person, credentials.of(person))
    covers = Covers(world)
    for principal in world.facts(Principal):
        # an account that is declared by name needs no person
        if (key := world.people.nobodies.get(principal.ref)) and not covers.of(principal):
            yield _nobody(world, principal, key)
    for load in world.declaration.workloads:
        if load.credentials is not None:
            yield from _credentials(world, load, load.credentials)
            yield from _lives(world, load, load.credentials)


def _leaver(world: World, person: Person, out: Out) -> Iterator[Difference]:
    unseen = any(entry.state is State.UNKNOWN for entry in person.entries)
    mine = (*person.entries, *person.accounts)
    acting = [one.ref for one in mine if one.state is State.ACTIVE]
    credentials = [one.ref for one in out.usable]
    unsure = [one.ref for one in mine if one.state is State.UNKNOWN]
    doubts: tuple[str, ...] = ()
    if person.has_left and (acting or credentials):
        held, message, verdict = acting + credentials, f"person {person.name} has left and still holds", Verdict.VIOLATION
    elif person.has_left and unsure:
        held, message, verdict = unsure, f"person {person.name} has left, and the state was not seen of", Verdict.UNKNOWN
    elif person.has_left:
        held, message, verdict, doubts = [*out.doubtful], f"person {person.name} has left:", Verdict.UNKNOWN, out.doubts
    else:
        held = acting + credentials if unseen else []
        message, verdict = f"whether person {person.name} has left was not seen; they hold", Verdict.UNKNOWN
    if not held:
        return
    compared = [world.meanings[one.system].excess(one, ()) for one in held]
    yield Difference(
        kind=Kind.LEAVER,
        system=person.entries[0].ref.system,
        realm=person.entries[0].ref.realm,
        cause=person.entries[0].ref.id,
        subject=f"person:{person.name}",
        message=f"{message} {'; '.join(doubts) or ', '.join(_shown(held, out))}",
        verdict=verdict,
        places=tuple(held if {*held} & {one.ref for one in mine} else (person.entries[0].ref, *held)),
        actual="; ".join(dict.fromkeys(grant for one in compared for grant in one.granted_by)),
        witness=next((one.witness for one in compared if one.witness), None),
    )


def _shown(held: Iterable[Ref], out: Out) -> Iterator[str]:
    how = {one.ref: f" ({one.how})" for one in out.usable}
    return (f"{ref}{how.get(ref, '')}" for ref in held)


def _nobody(world: World, principal: Principal, key: str) -> Difference:
    ref = principal.ref
    return Difference(
        kind=Kind.ACCOUNT_OF_NOBODY,
        system=ref.system,
        realm=ref.realm,
        cause=ref.id,
        subject=str(ref),
        message=f"{ref} belongs to {key}",
        verdict=Verdict.UNKNOWN if world.people.partial else Verdict.VIOLATION,
        places=(ref,),
        managed_by=principal.managed_by,
        actual=principal.resource,
        witness=world.meanings[ref.system].excess(ref, ()).witness,
    )


def _credentials(world: World, load: Workload, allowed: Credentials) -> Iterator[Difference]:
    principals = {principal.ref for reference in load.principals for principal in world.seen(reference)}
    for credential in world.facts(Credential):
        if credential.holder not in principals or credential.state is State.DISABLED:
            continue
        hours = (world.moment - credential.created_at).total_seconds() / _SECONDS_AN_HOUR if credential.created_at else None
        if not allowed.static:
            message = f"{credential.holder} has {credential.ref}, and workload {load.name} may have no static credential"
            yield _credential(Kind.CREDENTIAL_FORBIDDEN, credential, load, message)
        elif allowed.max_age_hours and hours is None:
            message = f"{credential.ref} of {credential.holder}: its age was not seen"
            yield _credential(Kind.CREDENTIAL_OLD, credential, load, message, Verdict.UNKNOWN)
        elif allowed.max_age_hours and hours is not None and hours > allowed.max_age_hours:
            message = f"{credential.ref} of {credential.holder} is {_aged(hours)} old; at most {_aged(allowed.max_age_hours)}"
            yield _credential(Kind.CREDENTIAL_OLD, credential, load, message)


def _lives(world: World, load: Workload, allowed: Credentials) -> Iterator[Difference]:
    """How long what the workload logs in for can be used."""
    for ref in (principal.ref for reference in load.principals for principal in world.seen(reference)):
        meaning = world.meanings[ref.system]
        seconds = meaning.lives(ref) if allowed.max_age_hours and isinstance(meaning, Limiting) else None
        if seconds is None:
            continue
        if isinstance(seconds, NotSeen):
            yield _living(ref, load, f"how long tokens of {ref} live was not seen: {seconds.message}", Verdict.UNKNOWN)
        elif not 0 < seconds <= allowed.max_age_hours * _SECONDS_AN_HOUR:
            often = f"{_aged(seconds / _SECONDS_AN_HOUR)} at most" if seconds else "as long as they are renewed"
            yield _living(ref, load, f"tokens of {ref} live {often}; workload {load.name} declares {_aged(allowed.max_age_hours)}")


def _living(ref: Ref, load: Workload, message: str, verdict: Verdict = Verdict.VIOLATION) -> Difference:
    return Difference(
        kind=Kind.CREDENTIAL_LIVES,
        system=ref.system,
        realm=ref.realm,
        cause=ref.id,
        subject=str(ref),
        message=message,
        verdict=verdict,
        places=(ref,),
        owner=load.owner,
        declared_at=load.place,
    )


def _aged(hours: float) -> str:
    return f"{int(hours // _HOURS_A_DAY)} days" if hours >= 2 * _HOURS_A_DAY else f"{int(hours)} hours"


def _credential(kind: Kind, credential: Credential, load: Workload, message: str, verdict: Verdict = Verdict.VIOLATION) -> Difference:
    return Difference(
        kind=kind,
        system=credential.ref.system,
        realm=credential.ref.realm,
        cause=credential.ref.id,
        subject=str(credential.ref),
        message=message,
        verdict=verdict,
        places=(credential.ref, credential.holder),
        owner=load.owner,
        declared_at=load.place,
        actual=str(credential.ref),
    )
