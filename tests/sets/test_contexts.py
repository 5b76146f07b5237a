"""Sets of contexts, against listing every context of a small world."""

from __future__ import annotations

from functools import reduce
from itertools import product
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.sets import Catalogue, Contexts, Domain, NumberError, Numbers, Region, Space

WORDS = Catalogue(("a", "b", "c"))
PLAIN, ALWAYS, LISTED = Domain(WORDS.everything()), Domain(WORDS.everything(), may_lack=False), Domain(WORDS.everything(), is_list=True)
DOMAINS = {"k": PLAIN, "l": LISTED, "s": ALWAYS}
ONE = ["a", "b", "c"]
SEVERAL = [tuple(values) for length in (2, 3) for values in product("abc", repeat=length)]
WORLD = [
    {"k": k, "l": listed, "s": s}
    for k, listed, s in product([None, *ONE], [None, *ONE, *[s for s in SEVERAL if len(set(s)) == len(s)]], ONE)
]

extents = st.sets(st.sampled_from(ONE)).map(WORDS.of)


@st.composite
def states(draw, name):
    domain = DOMAINS[name]
    made = draw(st.sampled_from(["absent", "one", "every", "some"]))
    found = domain.absent() if made == "absent" else getattr(domain, made)(draw(extents))
    return ~found if draw(st.booleans()) else found


@st.composite
def contexts(draw):
    terms = draw(st.lists(st.sets(st.sampled_from(sorted(DOMAINS))), max_size=3))
    return reduce(or_, (Contexts.of({name: draw(states(name)) for name in sorted(names)}) for names in terms), Contexts.nothing())


def members(found) -> list[int]:
    return [at for at, context in enumerate(WORLD) if context in found]


@given(contexts(), contexts())
def test_operations_agree_with_listing_every_context(left, right):
    mine, theirs = set(members(left)), set(members(right))
    assert set(members(left | right)) == mine | theirs
    assert set(members(left & right)) == mine & theirs
    assert set(members(left - right)) == mine - theirs
    assert left.is_empty() == (not mine)


@given(contexts(), st.sets(st.sampled_from(sorted(DOMAINS))))
def test_only_some_names_are_those_that_become_members_by_changing_the_others(found, names):
    only = found.only(frozenset(names))
    kept = {tuple(WORLD[at][name] for name in sorted(names)) for at in members(found)}
    assert only.names <= names
    assert {at for at, context in enumerate(WORLD) if tuple(context[name] for name in sorted(names)) in kept} == set(members(only))


@given(contexts())
def test_a_witness_is_a_member(found):
    witness = found.witness()
    assert (witness is None) == found.is_empty()
    # what it does not name is free, so that any state of the rest does; what must be there has one
    assert witness is None or {"s": "a", **witness} in found


@given(contexts(), st.sampled_from([None, *ONE]), st.sampled_from(ONE))
def test_what_is_known_says_no_more(found, k, s):
    left = found.given({"k": k, "s": s})
    assert left.names <= {"l"}
    for context in WORLD:
        if (context["k"], context["s"]) == (k, s):
            assert (context in left) == (context in found)


@given(contexts(), contexts(), st.sets(st.sampled_from(ONE)), st.sets(st.sampled_from(ONE)))
def test_a_region_with_contexts_agrees_with_listing(first, second, mine, theirs):
    space = Space(("word", "context"), (WORDS.everything(), Contexts.everything()))
    left, right = space.region(word=WORDS.of(mine), context=first), space.region(word=WORDS.of(theirs), context=second)
    found: Region = left - right
    points = [{"word": word, "context": context} for word in ONE for context in WORLD]
    assert [found.contains(p) for p in points] == [left.contains(p) and not right.contains(p) for p in points]
    assert found.is_empty() == (not any(found.contains(p) for p in points))


@given(
    st.lists(st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), st.sampled_from(["-2", "0", "1.5", "3"])), max_size=4),
    st.sampled_from(["-3", "-2", "-1.999999999", "0", "1.5", "1.500000001", "2", "3", "99"]),
)
def test_numbers_agree_with_comparing(parts, text):
    compare = {"=": float.__eq__, "<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}
    found = reduce(or_, (Numbers.compared(sign, at) for sign, at in parts), Numbers())
    assert (text in found) == any(compare[sign](float(text), float(at)) for sign, at in parts)
    assert (text in Numbers.everything() - found) == (text not in found)
    assert found.is_empty() or found.witness() in found


@pytest.mark.parametrize("text", ["", "1e3", "1.0000000001", "NaN", "٣", "1,5"])
def test_what_cannot_be_compared_exactly_is_no_number(text):
    with pytest.raises(NumberError):
        Numbers.compared("=", text)
