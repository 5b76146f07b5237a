"""What sets answer at their edges, by example: witnesses in a fixed order, budgets to the step, and what is there at a glance."""

from __future__ import annotations

from functools import reduce
from operator import and_, sub

import pytest

from guardrails.sets import (
    UNKNOWN_TEXTS,
    AddressError,
    Addresses,
    BudgetExceededError,
    Catalogue,
    Contexts,
    Domain,
    Language,
    NumberError,
    Numbers,
    Pattern,
    Space,
)
from guardrails.sets.automaton import Machine, search
from guardrails.sets.pattern import shortest
from guardrails.sets.tokens import tokens_of

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


@pytest.mark.parametrize(
    ("one", "two", "spans", "apart"),
    [
        (Pattern.glob("a*"), Pattern.glob("ab*"), True, False),
        (Pattern.glob("a*"), Pattern.glob("ab?"), True, False),
        (Pattern.glob("a*b"), Pattern.glob("a?b"), True, False),
        (Pattern.glob("a?b"), Pattern.glob("a*b"), False, False),
        (Pattern.glob("*"), Pattern.literal("x*"), True, False),
        (Pattern.glob("?"), Pattern.literal("xy"), False, False),
        (Pattern.glob("a"), Pattern.glob("a*"), False, False),
        (Pattern.glob("ab*"), Pattern.glob("ac*"), False, True),
        (Pattern.glob("*ab"), Pattern.glob("*cb"), False, True),
        (Pattern.glob("*b"), Pattern.glob("*ab"), True, False),
        (Pattern.segments("a/+"), Pattern.segments("a/b"), True, False),
        (Pattern.segments("a/*"), Pattern.segments("a/+"), True, False),
        (Pattern.segments("a/+"), Pattern.segments("a/*"), False, False),
        (Pattern.segments("+/b"), Pattern.segments("a/b"), True, False),
        (Pattern.arn("arn:aws:s3:::*"), Pattern.arn("arn:aws:s3:::b/*"), True, False),
        (Pattern.arn("arn:aws:*:::b"), Pattern.arn("arn:aws:s3:::b"), True, False),
        (Pattern.arn("arn:*:*:*:*:*"), Pattern.arn("arn:*:s?:*:*:b*"), True, False),
        (Pattern.arn("arn:aws:s3:::b"), Pattern.arn("arn:aws:sqs:::b"), False, True),
        # what stops at a colon does not hold what crosses it
        (Pattern.arn("arn:?:s3:::b"), Pattern.glob("arn:?:s3:::b"), False, False),
        (Pattern.arn("arn:*:s3:::b"), Pattern.glob("arn:*:s3:::b"), False, False),
        (Pattern.glob("arn:?:s3:::b"), Pattern.arn("arn:?:s3:::b"), True, False),
        (Pattern.glob("arn:?:s3:::b"), Pattern.arn("arn:*:s3:::b"), False, False),
    ],
)
def test_what_is_seen_at_a_glance(one, two, spans, apart):
    assert one.spans(two) is spans
    assert (one.is_apart(two), two.is_apart(one)) == (apart, apart)


def of(*texts):
    return Language.of(*map(Pattern.glob, texts))


@pytest.mark.parametrize(
    ("wide", "narrow", "surely"),
    [
        (of("a*"), of("ab*", "ac"), True),
        (of("a*", "b*"), of("ab*", "bc"), True),
        (of("a*"), of("ab*", "b"), False),
        (of("a*"), Language.nothing(), True),
        (Language.nothing(), of("a"), False),
        (of("a*") - of("ax*"), of("ab*"), True),
        (of("a*") - of("ax*"), of("a*") - of("ax*"), True),
        (of("a*") - of("axy*"), of("a*") - of("ax*"), True),
        (of("a*") - of("ax*"), of("a*") - of("axy*"), False),
        (of("a*") - of("ax*"), of("a*"), False),
        (of("a*") & of("*b"), of("ab"), True),
        (of("a*") & of("*b"), of("a*"), False),
        (of("*b"), of("a*") & of("*cb"), True),
        (of("a*") - of("ax*"), of("a*") - of("ax*", "ay*"), True),
        (of("a*") - of("ax*"), of("ab*") & of("*z"), True),
    ],
)
def test_what_a_language_surely_covers_at_a_glance(wide, narrow, surely):
    assert wide.surely_covers(narrow) is surely
    assert not surely or wide.covers(narrow)


LETTERS = [f"{letter}*" for letter in "zyxwvutsrqponmlk"]


def test_a_language_is_the_same_in_whatever_order_it_is_said():
    assert of(*LETTERS, *LETTERS) == of(*reversed(LETTERS))
    starred = [of(f"*{letter}*") for letter in "zyxwvuts"]
    assert reduce(and_, starred) == reduce(and_, reversed(starred))
    assert reduce(sub, starred, Language.everything()) == reduce(sub, reversed(starred), Language.everything())


def test_what_is_surely_wider_or_elsewhere_is_not_kept():
    assert of("a*") & of("ab*") == of("ab*") == of("ab*") & of("a*")
    assert of("a*") & of("*b") & of("ab*") == of("ab*") & of("*b")
    assert of("a*") - of("b*") == of("a*")
    assert (of("a*") & of("*b")) - of("*c") == of("a*") & of("*b")


def test_the_letters_of_a_search_are_in_order_after_one_that_stands_for_all_others():
    assert Machine([tokens_of("qponmlkjihgfedcba", "literal")]).alphabet() == ("x", *"abcdefghijklmnopq")
    assert Machine([tokens_of("x?y", "glob")]).alphabet() == ("z", "x", "y")


def test_a_search_visits_as_many_states_as_its_budget_and_not_one_more():
    two = [tokens_of("??", "glob")]

    assert search(two, [], 3) == "xx"
    with pytest.raises(BudgetExceededError):
        search(two, [], 2)


def test_a_text_that_is_not_known_is_matched_by_runs_and_not_by_one_wildcard():
    unknown = UNKNOWN_TEXTS[0]

    assert [Pattern.glob(text).matches(f"a{unknown}") for text in ("a*", "a?", "a??", "a", "*", f"a{unknown}")] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    assert not of("a?").covers(Language.of(Pattern.literal(f"a{unknown}")))
    assert of("a*").covers(Language.of(Pattern.literal(f"a{UNKNOWN_TEXTS[1]}")))
    assert not Pattern.glob("a?").matches(f"a{UNKNOWN_TEXTS[1]}")
    assert Pattern.glob("a?").matches("a\uffff")


@pytest.mark.parametrize(
    ("pattern", "head", "is_literal", "is_prefix", "short"),
    [
        (Pattern.glob("ab*c"), "ab", False, False, "abc"),
        (Pattern.glob("ab*"), "ab", False, True, "ab"),
        (Pattern.glob("ab"), "ab", True, False, "ab"),
        (Pattern.glob("?b*"), "", False, False, "xb"),
        (Pattern.literal("a*"), "a*", True, False, "a*"),
        (Pattern.segments("a/+/b*"), "a/", False, False, "a//b"),
        (Pattern.arn("arn:aws:s3:::b*"), "arn:aws:s3:::b", False, True, "arn:aws:s3:::b"),
        (Pattern.arn("arn:aws:s3:*:::b"), "arn:aws:s3:", False, False, "arn:aws:s3::::b"),
    ],
)
def test_a_pattern_tells_its_head_and_what_it_is(pattern, head, is_literal, is_prefix, short):
    assert (pattern.head, pattern.is_literal, pattern.is_prefix, pattern.shortest) == (head, is_literal, is_prefix, short)


def test_a_question_about_texts_is_answered_within_its_budget_to_the_state():
    question = ((Pattern.glob("?*a"),), (Pattern.glob("*xa"),))

    def answered(budget):
        try:
            return shortest(*question, budget=budget)
        except BudgetExceededError:
            return None

    answers = [answered(budget) for budget in range(1, 12)]
    first = next(number for number, text in enumerate(answers) if text is not None)
    assert first > 0
    assert set(answers[first:]) == {answers[first]}
    assert answers[first] in Language.of(*question[0]) - Language.of(*question[1])


def test_addresses_are_counted_by_family():
    assert Addresses.parse(["10.0.0.0/30", "10.0.0.9", "2001:db8::/127"]).size() == (5, 2)
    assert Addresses.everything().size() == (2**32, 2**128)
    assert Addresses.nothing().size() == (0, 0)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "::/0", "192.0.2.0", "255.255.255.255/32", "10.0.0.0-10.0.0.255", "::1-::2"])
def test_what_was_read_is_in_the_set(text):
    found = Addresses.parse([text])

    assert text in found
    assert not found.is_empty()
    assert Addresses.everything().covers(found)
    assert not (Addresses.everything() - found).covers(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.0/33", "is not an address"),
        ("10.0.0.256", "is not an address"),
        ("010.0.0.1", "is not an address"),
        ("fe80::1%eth0", "zone ids"),
        (" 10.0.0.0/8", "zone ids and blanks"),
        ("10.0.0.1/8", r"write 10.0.0.0/8 for the network, or 10.0.0.1 for the one address"),
        ("2001:db8::1/32", r"write 2001:db8::/32 for the network, or 2001:db8::1 for the one address"),
        ("10.0.0.9-10.0.0.1", "is no range"),
        ("::1-10.0.0.1", "is no range"),
        ("10.0.0.1-x", "is not an address"),
    ],
)
def test_a_text_that_is_no_address_is_refused_with_what_was_meant(text, said):
    with pytest.raises(AddressError, match=said):
        Addresses.parse([text])


def test_the_witness_of_several_networks_is_the_lowest_of_its_family():
    assert Addresses.parse(["10.0.0.0/8", "192.0.2.0/24"]).witness() == "10.0.0.0"
    assert Addresses.parse(["2001:db8::/64", "2001:db9::/64"]).witness() == "2001:db8::"


def test_a_range_may_be_of_one_address_and_have_blanks():
    assert Addresses.parse(["10.0.0.1 - 10.0.0.1"]).cidrs() == ("10.0.0.1/32",)
