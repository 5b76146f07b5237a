"""What states, contexts, numbers, names and regions answer at their edges, by example."""

from __future__ import annotations

import pytest

from guardrails.sets import BudgetExceededError, Catalogue, Contexts, Domain, NumberError, Numbers, Pattern, Space

WORDS = Catalogue(("a", "b", "c"))
A, B, ABC = WORDS.of("a"), WORDS.of("b"), WORDS.everything()
PLAIN, ALWAYS, LISTED = Domain(ABC), Domain(ABC, may_lack=False), Domain(ABC, is_list=True)


def above(text):
    return Numbers.compared(">", text)


def below(text):
    return Numbers.compared("<", text)


@pytest.mark.parametrize(
    ("found", "witness"),
    [
        (Numbers.everything(), "0"),
        (above("1.5"), "2"),
        (above("-1.5"), "0"),
        (below("-3"), "-4"),
        (Numbers.compared("<=", "-3"), "-3"),
        (below("0"), "-1"),
        (below("0") & Numbers.compared(">=", "-0.000000001"), "-0.000000001"),
        (above("0") & Numbers.compared("<=", "0.000000001"), "0.000000001"),
        (Numbers.compared(">=", "3"), "3"),
        (Numbers.compared("=", "1.5"), "1.5"),
        (above("1.2") & below("1.8"), "1.200000001"),
        (above("-1.8") & below("-1.2"), "-1.200000001"),
        (Numbers.compared(">=", "7") & Numbers.compared("<=", "7.5"), "7"),
        (Numbers.compared(">=", "-7.5") & Numbers.compared("<=", "-7"), "-7"),
        (Numbers.compared("=", "5") | Numbers.compared("=", "2"), "2"),
        (Numbers(), None),
    ],
)
def test_the_witness_of_numbers_is_the_whole_number_nearest_to_nought_in_the_lowest_interval(found, witness):
    assert found.witness() == witness
    assert found.is_empty() == (witness is None)


def test_a_number_may_have_thirty_digits_and_nine_decimals():
    assert f"{'9' * 30}.{'9' * 9}" in Numbers.everything()
    for text in ("9" * 31, "1.0000000000", "1.", ".5", "--1"):
        with pytest.raises(NumberError):
            Numbers.compared("=", text)


@pytest.mark.parametrize("text", ["9" * 30, "-" + "1" * 29 + "2", f"{'1' * 30}.000000001", "-0.5", "+0.000000001"])
def test_a_number_of_many_digits_is_told_from_its_neighbours(text):
    found = Numbers.compared("=", text)

    assert text in found
    assert found.witness() == text.removeprefix("+")
    assert found.witness() in found
    assert (above(text) & found).is_empty()
    assert not (Numbers.compared(">=", text) & found).is_empty()
    assert f"{'9' * 29}8" not in found


def test_the_states_of_one_value_are_found_before_those_of_a_list_and_to_be_absent_last():
    assert PLAIN.everything().witness() == "a"
    assert LISTED.everything().witness() == ("a",)
    assert PLAIN.absent().witness() is None
    assert (LISTED.some(A) & LISTED.some(B)).witness() == ("a", "b")
    assert (LISTED.some(A) & LISTED.some(A)).witness() == ("a",)
    assert (LISTED.every(B) & LISTED.some(B)).witness() == ("b",)
    assert (LISTED.absent().lists.witness(), LISTED.every(B).lists.witness()) == (None, ("b",))


def test_a_value_that_cannot_be_absent_is_never():
    assert ALWAYS.absent().is_empty()
    assert None not in ALWAYS.everything()
    assert None in PLAIN.everything()
    assert ~ALWAYS.one(ABC) == ALWAYS.nothing()


def test_states_are_united_and_shared_in_all_three_ways_of_being():
    one, gone = PLAIN.one(A), PLAIN.absent()

    assert (one & gone).is_empty()
    assert (gone & one).is_empty()
    assert not (gone & PLAIN.everything()).is_empty()
    for both in (one | gone, gone | one):
        assert ("a" in both, "b" in both, None in both) == (True, False, True)
    assert ("a" in (one | PLAIN.one(B)), "b" in (one | PLAIN.one(B)), None in (one | PLAIN.one(B))) == (True, True, False)
    assert None in (gone | PLAIN.absent())
    assert (None in (gone - one), None in (gone - gone), None in (one - gone)) == (True, False, False)
    assert ("a",) in (LISTED.every(A) | LISTED.every(B))
    assert ("a", "b") not in (LISTED.every(A) | LISTED.every(B))


def test_of_what_is_a_list_one_value_is_a_list_of_it():
    assert LISTED.every(A).holds("a")
    assert not LISTED.every(A).holds("b")
    assert LISTED.one(A).is_empty()
    assert PLAIN.one(A).holds("a")
    assert not PLAIN.one(A).holds(("a",))


def test_what_may_be_a_list_or_one_value_is_either():
    either = Domain(ABC, is_list=True, is_one=True)

    assert [either.one(A).holds(state) for state in ("a", ("a",), "b", None)] == [True, False, False, False]
    assert [either.every(A).holds(state) for state in ("a", ("a",), ("a", "b"), "b")] == [True, True, False, False]
    assert [either.some(A).holds(state) for state in ("a", ("a",), ("a", "b"), "b")] == [True, True, True, False]
    assert either.everything().witness() == "a"
    assert (either.everything() - either.one(ABC)).witness() == ("a",)


def test_a_value_that_was_not_told_is_absent_or_the_first_of_its_domain():
    assert PLAIN.absent().holds(None)
    assert not PLAIN.one(A).holds(None)
    assert ALWAYS.one(A).holds(None)
    assert not ALWAYS.one(B).holds(None)


def test_lists_of_which_some_value_is_in_nothing_are_none():
    assert LISTED.some(WORDS.nothing()).is_empty()
    assert LISTED.every(WORDS.nothing()).is_empty()
    assert (LISTED.every(A) & LISTED.some(B)).is_empty()


def numbered(count):
    return Catalogue(tuple(f"{number:04}" for number in range(count)))


def test_two_hundred_terms_of_lists_are_answered_and_one_more_is_not():
    names = numbered(201)
    of = Domain(names.everything(), is_list=True)
    found = of.nothing()
    for name in names.names[:200]:
        found |= of.every(names.of([name]))
    assert (names.names[199],) in found
    with pytest.raises(BudgetExceededError):
        found | of.every(names.of([names.names[200]]))


def test_five_hundred_terms_of_contexts_are_answered_and_one_more_is_not():
    names = numbered(501)
    of = Domain(names.everything())
    found = Contexts.nothing()
    for name in names.names[:500]:
        found |= Contexts.of({"k": of.one(names.of([name]))})
    assert {"k": names.names[499]} in found
    with pytest.raises(BudgetExceededError):
        found | Contexts.of({"k": of.one(names.of([names.names[500]]))})


def test_a_context_that_says_nothing_is_every_context():
    some = Contexts.of({"k": PLAIN.one(A)})

    assert Contexts.of({}) == Contexts.everything()
    assert some | Contexts.everything() == Contexts.everything()
    assert some & Contexts.everything() == some == Contexts.everything() & some
    assert some - Contexts.everything() == Contexts.nothing()
    assert (some | Contexts.of({"k": PLAIN.one(B), "l": LISTED.absent()})).names == {"k", "l"}


def test_what_is_left_of_a_term_stays_within_it():
    mine, theirs = Contexts.of({"k": PLAIN.one(A)}), Contexts.of({"k": PLAIN.one(A | B), "l": LISTED.some(A)})

    assert mine - theirs == Contexts.of({"k": PLAIN.one(A), "l": ~LISTED.some(A)})
    assert {"k": "b"} not in mine - theirs
    assert Contexts.of({"l": LISTED.some(A)}) - Contexts.of({"k": PLAIN.one(A)}) == Contexts.of({"l": LISTED.some(A), "k": ~PLAIN.one(A)})


def test_where_nothing_is_left_to_say_what_else_is_said_does_not_count():
    either = Contexts.of({"k": PLAIN.one(A)}) | Contexts.of({"l": LISTED.some(A)})

    assert either.given({"k": "a"}) == Contexts.everything()
    assert either.given({"k": "b"}) == Contexts.of({"l": LISTED.some(A)})


def test_the_order_in_which_values_are_named_does_not_matter():
    states = {"l": LISTED.some(A), "k": PLAIN.one(A), "m": ALWAYS.one(B)}

    assert Contexts.of(states) == Contexts.of(dict(reversed(states.items())))
    parts = [Contexts.of({name: each}) for name, each in states.items()]
    assert parts[0] & parts[1] & parts[2] == parts[2] & parts[1] & parts[0] == Contexts.of(states)


def test_the_witness_of_contexts_names_as_little_as_any_term():
    wide, narrow = Contexts.of({"k": PLAIN.one(A)}), Contexts.of({"k": PLAIN.one(B), "l": LISTED.some(B)})

    assert (narrow | wide).witness() == {"k": "a"}
    assert Contexts.of({"k": PLAIN.absent()}).witness() == {}
    assert Contexts.nothing().witness() is None


def test_what_is_known_of_other_values_changes_nothing():
    some = Contexts.of({"k": PLAIN.one(A)})

    assert some.given({"l": "b"}) is some
    assert some.given({"k": "a"}) == Contexts.everything()
    assert some.given({"k": "b"}) == Contexts.nothing()
    assert some.given({"k": None}) == Contexts.nothing()


def test_a_catalogue_is_sorted_and_has_each_name_once():
    names = Catalogue(("b", "a", "b"))

    assert names.names == ("a", "b")
    assert list(names.everything()) == ["a", "b"]
    assert len(names.everything()) == 2
    assert names.everything().witness() == "a"
    assert names.nothing().witness() is None
    assert names.nothing().is_empty()


def test_a_set_of_names_covers_what_is_in_it_only():
    assert ABC.covers(A)
    assert A.covers(A)
    assert not A.covers(B)
    assert not A.covers(ABC)
    assert A.covers(WORDS.nothing())
    assert ("a" in A, "b" in A, "z" in A) == (True, False, False)


def test_a_prefix_takes_the_names_that_begin_with_it_and_their_neighbours_not():
    names = Catalogue(("s3:Get", "s3:GetObject", "s3:List", "s3:Ges", "s3:Gf", "s3"))

    assert list(names.matching(Pattern.glob("s3:Get*"))) == ["s3:Get", "s3:GetObject"]
    assert list(names.matching(Pattern.glob("s3:Get"))) == ["s3:Get"]
    assert list(names.matching(Pattern.glob("s3:Ge?"))) == ["s3:Ges", "s3:Get"]
    assert list(names.matching(Pattern.glob("*t"))) == ["s3:Get", "s3:GetObject", "s3:List"]
    assert list(names.matching(Pattern.glob("zz*"))) == []


def test_a_region_is_decided_within_its_budget_to_the_step():
    space = Space(("word", "more"), (ABC, ABC))
    whole = space.everything()

    assert whole.witness(budget=1) == {"word": "a", "more": "a"}
    with pytest.raises(BudgetExceededError):
        whole.witness(budget=0)
    assert (whole - space.region(word=A)).witness(budget=2) == {"word": "b", "more": "a"}
    with pytest.raises(BudgetExceededError):
        (whole - space.region(word=A)).witness(budget=1)
    assert space.nothing().is_empty(budget=0)
    with pytest.raises(BudgetExceededError):
        (whole - space.region(word=A)).is_empty(budget=1)
    with pytest.raises(BudgetExceededError):
        space.region(word=A).covers(whole, budget=1)


def test_only_what_holds_the_point_is_escaped_and_what_leaves_nothing_settles_it_at_once():
    space = Space(("word", "more"), (ABC, ABC))

    assert (space.everything() - space.region(word=B)).witness(budget=1) == {"word": "a", "more": "a"}
    settled = space.region(word=A) - space.region(word=A, more=A) - space.region(word=A | B)
    assert settled.witness(budget=1) is None


def test_what_escapes_one_box_is_still_kept_out_of_the_others():
    space = Space(("word", "more"), (ABC, ABC))
    left = space.everything() - space.region(word=A) - space.region(word=B, more=A)

    assert left.witness() == {"word": "c", "more": "a"}
    assert (left - space.region(word=B)).witness() == {"word": "c", "more": "a"}
    assert (left - space.region(word=B) - space.region(word=A | B)).witness() == {"word": "c", "more": "a"}


def test_a_region_has_a_point_in_every_dimension():
    space = Space(("word", "more"), (ABC, ABC))
    box = space.region(word=A)

    assert box.contains({"word": "a", "more": "c"})
    assert not box.contains({"word": "b", "more": "c"})
    assert not (box - space.region(more=B)).contains({"word": "a", "more": "b"})
    assert (box - (box - space.region(more=B))).witness() == {"word": "a", "more": "b"}
    assert box - box == space.nothing()
    assert (box | box) == box


def test_the_ends_of_numbers_are_open_where_they_go_on_for_ever():
    assert Numbers.everything().ends() == (("", ""),)
    assert (Numbers.compared("<=", "-1.5") | Numbers.compared("=", "2") | Numbers.compared(">=", "3")).ends() == (
        ("", "-1.5"),
        ("2", "2"),
        ("3", ""),
    )
    assert Numbers().ends() == ()


def test_only_some_values_of_contexts_are_spoken_of():
    both = Contexts.of({"k": PLAIN.one(A), "l": LISTED.some(B)})
    other = Contexts.of({"l": LISTED.some(A)})

    assert both.only(frozenset({"k"})) == Contexts.of({"k": PLAIN.one(A)})
    assert both.only(frozenset({"k", "l", "m"})) is both.only(frozenset({"k", "l"})) is both
    assert (both | other).only(frozenset({"k"})) == Contexts.everything()
    assert both.only(frozenset()) == Contexts.everything()
    assert Contexts.nothing().only(frozenset({"k"})) == Contexts.nothing()


@pytest.mark.parametrize("chosen", [[], [0], [7], [8], [0, 7, 8, 15, 16, 99], [98, 99], list(range(100))])
def test_a_set_of_many_names_holds_those_that_it_was_made_of(chosen):
    names = numbered(100)
    found = names.of([names.names[at] for at in chosen])

    assert list(found) == [names.names[at] for at in chosen]
    assert (len(found), found.is_empty()) == (len(chosen), not chosen)
