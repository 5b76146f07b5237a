"""The laws of drift, on worlds drawn at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drift.drawn import APP, GROUPS, PAIRS, PEOPLE, UNSEEN, Drawn, declarations, gaps, role, worlds
from drift.worlds import account, group, person, ref
from guardrails.controls import judged
from guardrails.model.facts import Asset, Credential, Edge, Gap, Key, Protection
from guardrails.model.words import AtRest, Custody, EdgeKind, Kind, State, Transit, Verdict

LACKS = {Kind.ACCESS_MISSING, Kind.DECLARED_ABSENT, Kind.SYSTEM_EMPTY}
"""What more access, or more to see, would mend."""


def findings(world: Drawn):
    return judged(world.differences())


def ids(world: Drawn, *, lacks: bool = True) -> set[str]:
    return {f.id for f in findings(world) if lacks or f.difference.kind not in LACKS}


@given(worlds())
def test_judging_twice_gives_equal_results(world):
    assert findings(world) == findings(world)


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_what_was_said_does_not_matter(world, random):
    said = list(world.said)
    random.shuffle(said)
    shuffled = replace(
        world,
        said=tuple(said),
        held=dict(reversed(world.held.items())),
        trusted={who: seen[::-1] for who, seen in reversed(world.trusted.items())},
        shared={what: seen[::-1] for what, seen in reversed(world.shared.items())},
    )

    assert findings(shuffled) == findings(world)


@given(worlds())
def test_no_two_findings_have_one_id(world):
    assert max(Counter(finding.id for finding in findings(world)).values(), default=1) == 1


@given(worlds(), gaps)
def test_a_gap_never_turns_a_violation_into_ok(world, gap):
    certain = {f.id for f in findings(world) if f.difference.verdict is Verdict.VIOLATION}

    # an empty system that a gap explains is told as the gap
    assert certain <= ids(replace(world, said=(*world.said, gap)))


@given(worlds(), gaps)
def test_a_gap_makes_nothing_certain(world, gap):
    before = {f.id for f in findings(world) if f.difference.verdict is Verdict.VIOLATION}
    after = {f.id for f in findings(replace(world, said=(*world.said, gap))) if f.difference.verdict is Verdict.VIOLATION}

    assert after <= before


NEW_NAMES = {"key", "access-key", "bucket", "user"}
"""Kinds that no declaration of these worlds names."""


def renamed(value):
    """The same value, its objects under other names."""
    own = {"ref": value.ref} if hasattr(value, "ref") else {"asset": value.asset} if isinstance(value, Protection) else {}
    if isinstance(value, Gap) and value.subject:
        own = {"subject": value.subject}
    return replace(value, **{part: replace(old, name=f"{old.name}-new") for part, old in own.items() if old.kind in NEW_NAMES})


@given(worlds())
def test_a_rename_does_not_change_an_id(world):
    assert ids(replace(world, said=tuple(map(renamed, world.said)))) == ids(world)


def narrower(value):
    """A fact that says no more than this one does, and better."""
    match value:
        case Protection() if value.at_rest is not UNSEEN:
            return replace(value, at_rest=AtRest.CUSTOMER_HSM)
        case Key():
            return replace(value, state=State.ACTIVE, rotation_days=365)
        case Credential():
            return replace(value, state=State.DISABLED)
        case _:
            return value


@given(worlds(), st.data())
def test_a_narrower_fact_is_never_more_drift(world, data):
    fewer = st.sets(st.sampled_from(PAIRS)).map(frozenset)
    kept = st.sets(st.sampled_from(range(2)))
    less = replace(
        world,
        said=tuple(narrower(one) if data.draw(st.booleans()) else one for one in world.said),
        held={who: held & data.draw(fewer) for who, held in world.held.items()},
        trusted={who: tuple(seen[n] for n in data.draw(kept) if n < len(seen)) for who, seen in world.trusted.items()},
        shared={what: tuple(seen[n] for n in data.draw(kept) if n < len(seen)) for what, seen in world.shared.items()},
        transit={what: max(level, data.draw(st.sampled_from(list(Transit)))) for what, level in world.transit.items()},
    )

    assert ids(less, lacks=False) <= ids(world, lacks=False)


def whole(name: str) -> Key:
    return Key(ref=ref("key", name), resource=name, custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=90)


def pairs(*names: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(tuple(name.split("-")) for each in names for name in each)


@st.composite
def as_declared(draw):
    """A world that holds to its declaration: whom it names is there, and holds from the floor to the ceiling."""
    drawn = draw(declarations())
    first, second = drawn.assets
    apart = (replace(first, match=((APP, ("arn:a", "arn:b")),)), replace(second, match=((APP, ("arn:c",)),)))
    declared = replace(drawn, assets=apart, vendors=(), exceptions=(), roles=tuple(replace(one, through=()) for one in drawn.roles))
    held = {}
    for load in declared.workloads:
        held[ref("role", load.principals[0].name)] = between(draw, pairs(load.may, declared.everyone), pairs(load.must))
    in_core = draw(st.sets(st.sampled_from(PEOPLE)))
    for name in PEOPLE:
        mine = [one for one in declared.roles if any(m.name == name or (m.name == "core" and name in in_core) for m in one.members)]
        held[ref("user", name)] = between(draw, pairs(*(one.may for one in mine), declared.everyone), pairs(*(one.must for one in mine)))
    assets = [Asset(ref=ref("bucket", name), resource=f"arn:{name}") for name in "abc"]
    return Drawn(
        declared=declared,
        said=(
            *(one for name in PEOPLE for one in (person(name), account(name, name))),
            *map(group, GROUPS),
            *(Edge(kind=EdgeKind.MEMBER, source=person(name).ref, target=group("core").ref) for name in in_core),
            *(role(load.principals[0].name) for load in declared.workloads),
            *assets,
            *(Protection(asset=asset.ref, at_rest=AtRest.CUSTOMER_HSM, key=asset.resource[-1:]) for asset in assets),
            *(whole(asset.resource[-1:]) for asset in assets),
        ),
        held=held,
        transit={asset.ref: Transit.TLS1_3 for asset in assets},
    )


def between(draw, ceiling, floor):
    return floor | {pair for pair in sorted(ceiling) if draw(st.booleans())}


@given(as_declared())
def test_what_is_declared_is_not_drift(world):
    assert findings(world) == ()


@given(as_declared(), st.data())
def test_what_is_held_beyond_the_declaration_is_drift(world, data):
    who = data.draw(st.sampled_from(sorted(world.held)))
    more = replace(world, held=world.held | {who: world.held[who] | {("delete", "x")}})

    assert [(f.control, f.difference.witness.action) for f in findings(more)] == [("GR101", "delete")]
