"""What memberships mean: every way into a group counts, and a gap that could hide one is never a good answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.ldap.meaning import LdapMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Edge, Gap, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, Verdict
from guardrails.ports import BoundClause

AT = datetime(2026, 11, 25, tzinfo=UTC)


def ref(kind, name):
    return Ref(system="directory", realm="dc=x", kind=kind, id=f"{kind}-{name}", name=name)


ANN = ref("person", "ann")
GROUPS = {name: ref("group", name) for name in "abcdef"}


def meaning(*edges, gaps=()):
    said = [Principal(ref=ANN, form=PrincipalForm.USER, resource="uid=ann,dc=x")]
    for source, target in edges:
        member = ANN if source == "ann" else GROUPS[source]
        said.append(Edge(kind=EdgeKind.MEMBER, source=member, target=GROUPS[target], provenance=f"{source}>{target}"))
    for subject, what in gaps:
        where = GROUPS.get(subject)
        said.append(Gap(system="directory", realm="dc=x", what=what, reason=GapReason.INCOMPLETE, message=f"hole {subject}", subject=where))
    return LdapMeaning(fold(said, system="directory", connector="ldap", taken_at=AT))


def groups(*names, action="member-of"):
    clause = Clause(scope=Scope("directory"), actions=(action,), resources=tuple(f"group/{name}" for name in names))
    return (BoundClause(clause=clause, entitlement="e"),)


def test_a_nested_group_counts_and_the_witness_tells_the_way():
    compared = meaning(("ann", "a"), ("a", "b"), ("b", "c")).excess(ANN, groups("a", "b"))
    assert compared.verdict is Verdict.VIOLATION
    assert compared.witness == Witness(principal="uid=ann,dc=x", action="member-of", resource="group/c")
    assert compared.granted_by == ("ann>a", "a>b", "b>c")


@pytest.mark.parametrize(
    ("edges", "ceiling", "verdict"),
    [
        ([("ann", "a"), ("a", "b"), ("b", "a")], groups("a", "b"), Verdict.OK),
        ([("ann", "a"), ("a", "a")], groups("a"), Verdict.OK),
        ([("ann", "a")], (), Verdict.VIOLATION),
        ([("ann", "a")], groups("a", action="read"), Verdict.VIOLATION),
        ([("b", "a")], (), Verdict.OK),
        ([], (), Verdict.OK),
    ],
)
def test_what_is_beyond_the_ceiling_is_excess(edges, ceiling, verdict):
    assert meaning(*edges).excess(ANN, ceiling).verdict is verdict


@pytest.mark.parametrize(
    ("gaps", "ceiling", "verdict"),
    [
        ([("", "groups")], groups("a"), Verdict.UNKNOWN),
        ([("b", "groups")], groups("a"), Verdict.UNKNOWN),
        ([("b", "groups")], groups("a", "b", "c"), Verdict.OK),
        # b is in c, so whoever may be in b unseen may be in c
        ([("b", "groups")], groups("a", "b"), Verdict.UNKNOWN),
        # somebody else of it was not seen, which says nothing about ann
        ([("b", "members")], groups("a"), Verdict.OK),
        ([("", "people")], groups("a"), Verdict.OK),
        # what was seen is enough to tell
        ([("", "groups")], (), Verdict.VIOLATION),
    ],
)
def test_a_gap_that_could_hide_a_membership_is_unknown(gaps, ceiling, verdict):
    compared = meaning(("ann", "a"), ("b", "c"), gaps=gaps).excess(ANN, ceiling)
    assert compared.verdict is verdict
    assert bool(compared.reason) == (verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("gaps", "floor", "verdict"),
    [
        ([], groups("a", "b"), Verdict.OK),
        ([], groups("a", "c"), Verdict.VIOLATION),
        ([("c", "groups")], groups("c"), Verdict.UNKNOWN),
        ([("c", "groups")], groups("c", "d"), Verdict.VIOLATION),
        ([("", "groups")], groups("d"), Verdict.UNKNOWN),
        ([("", "groups")], groups("b"), Verdict.OK),
    ],
)
def test_what_is_lacking_of_the_floor_is_a_shortfall(gaps, floor, verdict):
    assert meaning(("ann", "a"), ("a", "b"), gaps=gaps).shortfall(ANN, floor).verdict is verdict


def test_only_memberships_count():
    other = Edge(kind=EdgeKind.ALIAS, source=ANN, target=GROUPS["a"])
    assert LdapMeaning(fold([other], system="directory", connector="ldap", taken_at=AT)).excess(ANN, ()).verdict is Verdict.OK


NAMES = sorted(GROUPS)
EDGES = st.lists(st.tuples(st.sampled_from(["ann", *NAMES]), st.sampled_from(NAMES)), max_size=14)


@given(EDGES, st.sets(st.sampled_from(NAMES)), st.sampled_from(NAMES))
def test_excess_and_replay_agree_on_every_graph(edges, allowed, asked):
    seen = meaning(*edges)
    compared = seen.excess(ANN, groups(*allowed))
    reached = {name for name in NAMES if seen.replay(ANN, Witness(principal="", action="member-of", resource=f"group/{name}"))}
    assert (compared.verdict is Verdict.OK) == (reached <= allowed)
    assert compared.witness is None or seen.replay(ANN, compared.witness)
    assert (seen.shortfall(ANN, groups(asked)).verdict is Verdict.OK) == (asked in reached)


@given(EDGES, st.sets(st.sampled_from(NAMES)))
def test_what_is_declared_is_no_excess_and_fewer_memberships_are_never_more(edges, allowed):
    assert meaning(*edges).excess(ANN, groups(*NAMES)).verdict is Verdict.OK
    if meaning(*edges).excess(ANN, groups(*allowed)).verdict is Verdict.OK:
        assert meaning(*edges[1:]).excess(ANN, groups(*allowed)).verdict is Verdict.OK


def test_a_directory_says_nothing_about_assets_trust_or_addresses():
    seen, asset = meaning(), Asset(ref=ANN, resource="x")
    assert (seen.selects("x", asset), seen.guards("x", ANN)) == (False, False)
    assert (seen.trusts(ANN), seen.shares(asset), seen.in_transit(asset)) == ((), (), None)
    assert not meaning(("ann", "a")).replay(ANN, Witness(principal="", action="read", resource="group/a"))
