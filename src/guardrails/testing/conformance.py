"""What every connector must hold, whatever its system: the four built-in ones and any plugin are put to the same questions.

```python
def test_the_connector_holds_to_its_contract():
    assert problems(CONNECTOR, system, at) == ()
```
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from guardrails.model.declaration import System
from guardrails.model.facts import Account, Asset, Exposure, Gap, Principal, Protection, Reading
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.model.words import GapReason, Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause, Connector, Meaning

__all__ = ["problems"]

_PARTS = {"settings", "clause", "target"}


def problems(connector: Connector, system: System, at: datetime) -> tuple[str, ...]:
    """What a connector does not hold when it reads one system twice; nothing when it holds all.

    Raises:
        GuardrailsError: The system could not be read at all.
    """
    first, second = (_observed(connector, system, at) for _ in range(2))
    found = [*_language(connector, system), *_named(first), *_joined(first), *_kept(first)]
    if (first.facts, first.edges, first.gaps) != (second.facts, second.edges, second.gaps):
        found.append("the same system read twice is not the same observation")
    meaning = connector.meaning(first)
    return (*found, *_given(connector, first), *_meant(meaning, first), *_sayable(connector, meaning, first))


def _observed(connector: Connector, system: System, at: datetime) -> Observation:
    observer = connector.observer(system, at)
    said = list(observer.observe())
    return fold(
        said,
        system=system.name,
        connector=connector.name,
        taken_at=at,
        identity=observer.identity,
        source=observer.source,
        calls=observer.calls,
        rights=observer.rights,
    )


def _language(connector: Connector, system: System) -> Iterator[str]:
    if connector.name != system.connector:
        yield f"it is called {connector.name}, and was found as {system.connector}"
    parts = set(connector.schema())
    if "settings" not in parts or not parts <= _PARTS:
        yield f"its schema has the parts {', '.join(sorted(parts))}"


def _given(connector: Connector, seen: Observation) -> Iterator[str]:
    asked = {right.name for right in seen.rights}
    lacking = {name for gap in seen.gaps for name in gap.rights}
    if asked and lacking - asked:
        yield f"a gap names {', '.join(sorted(lacking - asked))}, and no request is said to have asked for it"
    policies = {connector.reader_policy(sorted(asked, reverse=backwards), seen.identity) for backwards in (False, True)}
    if len(policies) > 1:
        yield "the order of rights changes the policy of the reader"


def _refs(seen: Observation) -> Iterator[Ref]:
    for fact in seen.facts:
        yield fact.asset if isinstance(fact, Protection) else fact.ref
    for edge in seen.edges:
        yield from (edge.source, edge.target)
    yield from (gap.subject for gap in seen.gaps if gap.subject is not None)


def _named(seen: Observation) -> Iterator[str]:
    realms = {fact.ref.realm for fact in seen.facts if isinstance(fact, Account)}
    for ref in _refs(seen):
        if ref.system != seen.system:
            yield f"{ref} is said to be of the system {ref.system}"
        if ref.realm not in realms:
            yield f"{ref} is in a realm of which no account was said"
        if not ref.id or not ref.kind:
            yield f"{ref} has no id or no kind"
    told: tuple[Gap | Reading, ...] = (*seen.gaps, *seen.readings)
    yield from (f"{item} is of another system" for item in told if item.system != seen.system)
    yield from (f"the gap {gap.what} does not say what to do" for gap in seen.gaps if not gap.remedy)
    denied = [gap for gap in seen.gaps if gap.reason is GapReason.DENIED and not gap.rights]
    yield from (f"the denied gap {gap.what} does not name its right" for gap in denied)
    if not seen.readings and not seen.gaps:
        yield "neither a reading nor a gap says whether anything was read to its end"


def _joined(seen: Observation) -> Iterator[str]:
    known = {fact.asset if isinstance(fact, Protection) else fact.ref for fact in seen.facts}
    holes = {gap.subject for gap in seen.gaps} | {None}
    for edge in seen.edges:
        loose = [end for end in (edge.source, edge.target) if end not in known and end not in holes]
        yield from (f"the {edge.kind.value} edge of {edge.source} leads to {end}, which is neither a fact nor a gap" for end in loose)


def _kept(seen: Observation) -> Iterator[str]:
    if load_observations(dump_observations([seen])) != (seen,):
        yield "what it said does not come back from a snapshot as it was"


def _meant(meaning: Meaning, seen: Observation) -> Iterator[str]:
    for principal in (fact for fact in seen.facts if isinstance(fact, Principal)):
        compared = meaning.excess(principal.ref, ())
        if meaning.shortfall(principal.ref, ()).verdict is Verdict.VIOLATION:
            yield f"{principal.ref} falls short of nothing"
        for found in (compared, meaning.onward(principal.ref, lambda _: (), frozenset()).comparison):
            if found.verdict is Verdict.VIOLATION and (found.witness is None or not meaning.replay(principal.ref, found.witness)):
                yield f"the witness against {principal.ref} is not allowed by its own system: {found.witness}"


def _sayable(connector: Connector, meaning: Meaning, seen: Observation) -> Iterator[str]:
    """What is so can be written down in the connector's own words, and is then understood as the same."""
    for principal in (fact for fact in seen.facts if isinstance(fact, Principal)):
        clauses = tuple(
            BoundClause(clause=clause, entitlement=grant.name)
            for grant in meaning.grants(principal.ref)
            for clause in connector.clauses(read(grant.says.encode(), grant.name)[0], Scope(seen.system), "")
        )
        if clauses and meaning.excess(principal.ref, clauses).verdict is Verdict.VIOLATION:
            yield f"{principal.ref} may do more than its own grants say"
    for asset in (fact for fact in seen.facts if isinstance(fact, Asset)):
        selector = meaning.selector(asset)
        if connector.mistaken(selector) or not meaning.selects(selector, asset):
            yield f"{asset.ref} is not selected by its own selector {selector}"
    for rule in (fact for fact in seen.facts if isinstance(fact, Exposure)):
        words = meaning.target(rule.target)
        if not meaning.guards(connector.target(read(words.encode(), "target")[0]), rule.target):
            yield f"{rule.target} is not meant by its own target {words}"
