"""What was not seen, what nobody evaluates, and exceptions that count no longer."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.world import World
from guardrails.model.declaration import Adopted, Vendor
from guardrails.model.exceptions import Exceptional, GapException
from guardrails.model.facts import Account, Fact, Gap, Protection, Unit
from guardrails.model.findings import Difference
from guardrails.model.observation import Observation
from guardrails.model.words import EdgeKind, Kind, Verdict

__all__ = ["evidence"]

_SHOWN = 3
_ABOVE = frozenset({EdgeKind.SERVICE_CONTROL, EdgeKind.RESOURCE_CONTROL})


def evidence(world: World) -> Iterator[Difference]:
    """Gaps, empty systems, unevaluated sections, and the state of exceptions and vendors."""
    yield from _gaps(world)
    for name, observation in world.observations.items():
        told = any(gap.what == "system" for gap in observation.gaps)
        if not told and not any(_stands_in(observation)):
            yield Difference(
                kind=Kind.SYSTEM_EMPTY,
                system=name,
                cause=name,
                subject=name,
                message=f"{name}: nothing at all was seen, and an empty answer is not an empty system",
                verdict=Verdict.UNKNOWN,
            )
    for section, place in world.declaration.unevaluated:
        yield Difference(
            kind=Kind.SECTION_UNEVALUATED,
            system="",
            cause=section,
            subject=section,
            message=f"{section} is declared, and nothing evaluates it yet",
            verdict=Verdict.UNKNOWN,
            declared_at=place,
        )
    for exception in world.declaration.exceptions:
        yield from _exception(world, exception)
    yield from (_overdue(entry) for entry in world.declaration.adopted if world.at > entry.review_by)
    yield from (_lapsed(one) for one in world.declaration.vendors if one.valid_until is None or world.at > one.valid_until)


def _stands_in(observation: Observation) -> Iterator[Fact]:
    """What was seen in the accounts; what stands above them says nothing of that."""
    above = {edge.target for edge in observation.edges if edge.kind in _ABOVE}
    return (
        fact
        for fact in observation.facts
        if not isinstance(fact, (Account, Unit)) and (isinstance(fact, Protection) or fact.ref not in above)
    )


def _gaps(world: World) -> Iterator[Difference]:
    alike: dict[tuple[object, ...], list[Gap]] = {}
    for gap in world.gaps():
        alike.setdefault((gap.system, gap.realm, gap.subject, gap.what, gap.reason), []).append(gap)
    for gaps in alike.values():
        yield _gap(world, gaps)


def _gap(world: World, gaps: list[Gap]) -> Difference:
    """One hole, however often and in whatever words it was told: an id that holds words would change with them."""
    gap = gaps[0]
    told = sorted({gap.message for gap in gaps})
    more = f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    known = [e for e in world.declaration.exceptions if isinstance(e, GapException) and world.is_live(e) and _accepts(world, e, gap)]
    return Difference(
        kind=Kind.EVIDENCE_GAP,
        system=gap.system,
        realm=gap.realm,
        cause=gap.subject.id if gap.subject else gap.realm,
        facet=f"{gap.what} {gap.reason.value}",
        subject=str(gap.subject or f"{gap.system}@{gap.realm}"),
        message=f"{gap.what} not seen ({gap.reason.value}): {'; '.join(told[:_SHOWN])}{more}",
        verdict=Verdict.UNKNOWN,
        remedy="; ".join(sorted({gap.remedy for gap in gaps if gap.remedy})),
        owner=known[0].risk_owner if known else "",
        exception=", ".join(exception.name for exception in known),
        known=bool(known),
    )


def _accepts(world: World, exception: GapException, gap: Gap) -> bool:
    scope = exception.of.scope
    accounts = {a.ref.realm for a in world.facts(Account, gap.system) if scope and world.within(scope, a.ref)}
    if gap in world.unread and gap.subject and scope and world.within(scope, gap.subject):
        # it stands in no account that is read, and is one itself: vault:namespace/team/a, where vault:team/a would be a namespace a
        accounts |= {gap.realm} if exception.of.kind in {"", gap.subject.kind} else set()
    return gap.realm == exception.of.name and gap.realm in accounts and gap.what == exception.what


def _exception(world: World, exception: Exceptional) -> Iterator[Difference]:
    subject = f"exception:{exception.name}"
    if world.at > exception.until:
        kind, message = Kind.EXCEPTION_EXPIRED, f"exception {exception.name} was granted until {exception.until}; it counts no longer"
    elif reason := world.refusal(exception.approved, subject):
        kind, message = Kind.EXCEPTION_NOT_APPROVED, f"exception {exception.name} counts as absent: {reason}"
    else:
        return
    yield Difference(
        kind=kind,
        system="",
        cause=subject,
        subject=subject,
        message=message,
        owner=exception.risk_owner,
        declared_at=exception.place,
    )


def _overdue(entry: Adopted) -> Difference:
    subject = f"{entry.section}:{entry.name}"
    return Difference(
        kind=Kind.REVIEW_OVERDUE,
        system="",
        cause=subject,
        subject=subject,
        message=f"{entry.section}.{entry.name} was adopted as it was found, and was to be reviewed by {entry.review_by}",
        declared_at=entry.place,
    )


def _lapsed(vendor: Vendor) -> Difference:
    return Difference(
        kind=Kind.VENDOR_LAPSED,
        system="",
        cause=f"vendor:{vendor.name}",
        subject=f"vendor:{vendor.name}",
        message=f"vendor {vendor.name}: its assessment was valid until {vendor.valid_until}",
        owner=vendor.owner,
        declared_at=vendor.place,
    )
