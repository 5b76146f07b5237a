"""What was seen of one system at one time, folded from what its connector said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from guardrails.model.facts import Edge, Fact, Gap, Protection, Reading
from guardrails.model.reference import Ref
from guardrails.model.rights import Right
from guardrails.model.words import GapReason

__all__ = ["Observation", "fold"]

_Key = tuple[str, Ref]
"""The form of a fact, and what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything that one connector said, sorted.

    Attributes:
        system: The system's name in the declaration.
        connector: Which connector read it.
        taken_at: When reading began, UTC.
        identity: As whom it was read, for the evidence; never a credential.
        source: `live`, or `export` with the names of the files.
        calls: How many requests were made to the system.
        rights: What those requests asked for, by name; empty for an export.
    """

    system: str
    connector: str
    taken_at: datetime
    facts: tuple[Fact, ...]
    edges: tuple[Edge, ...] = ()
    gaps: tuple[Gap, ...] = ()
    readings: tuple[Reading, ...] = ()
    identity: str = ""
    source: str = "live"
    calls: int = 0
    rights: tuple[Right, ...] = ()


def fold(
    said: Iterable[Fact | Edge | Gap | Reading],
    *,
    system: str,
    connector: str,
    taken_at: datetime,
    identity: str = "",
    source: str = "live",
    calls: int = 0,
    rights: tuple[Right, ...] = (),
) -> Observation:
    """Sort what a connector said into an observation; repeated statements count once, order never matters.

    Two statements about one object that differ cannot both be true, so they become a gap as well.
    """
    facts: set[Fact] = set()
    edges: set[Edge] = set()
    gaps: set[Gap] = set()
    readings: list[Reading] = []
    for item in said:
        match item:
            case Edge():
                edges.add(item)
            case Gap():
                gaps.add(item)
            case Reading():
                readings.append(item)
            case _:
                facts.add(item)
    said_of = Counter(map(_fact_key, facts))
    gaps |= set(_contradictions(system, said_of))
    return Observation(
        system=system,
        connector=connector,
        taken_at=taken_at,
        # the text tells statements about one object apart; it is slow to make, and there is one nearly always
        facts=tuple(sorted(facts, key=lambda fact: (*(key := _fact_key(fact)), repr(fact) if said_of[key] > 1 else ""))),
        edges=tuple(sorted(edges, key=lambda edge: (edge.kind.value, edge.source, edge.target, edge.provenance))),
        gaps=tuple(sorted(gaps, key=_gap_key)),
        readings=tuple(sorted(readings, key=lambda r: (r.realm, r.what, r.items, r.pages, r.calls, str(r.counted)))),
        identity=identity,
        source=source,
        calls=calls,
        rights=tuple(sorted(rights)),
    )


def _contradictions(system: str, said: Counter[_Key]) -> Iterable[Gap]:
    for (form, ref), number in said.items():
        if number > 1:
            yield Gap(
                system=system,
                realm=ref.realm,
                what="identity",
                reason=GapReason.MALFORMED,
                message=f"{number} different {form} statements about {ref}: its id does not tell it from another",
                subject=ref,
                remedy="read it again; when it stays, the system gives one id to several objects",
            )


def _fact_key(fact: Fact) -> _Key:
    return type(fact).__name__, fact.asset if isinstance(fact, Protection) else fact.ref


def _gap_key(gap: Gap) -> tuple[str, ...]:
    subject = gap.subject
    return gap.realm, gap.what, str(subject or ""), subject.id if subject else "", gap.reason.value, gap.message, gap.remedy, *gap.rights
