"""What patterns, languages and the search for a text answer at their edges, by example."""

from __future__ import annotations

from functools import reduce
from operator import and_, sub

import pytest

from guardrails.sets import UNKNOWN_TEXTS, BudgetExceededError, Language, Pattern
from guardrails.sets.automaton import Machine, search
from guardrails.sets.pattern import is_some, shortest
from guardrails.sets.tokens import tokens_of


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


def test_the_patterns_of_a_term_stand_in_one_order_in_every_run():
    starred = [of(f"*{letter}*") for letter in "zyxwvuts"]
    (shared,), (left,) = reduce(and_, starred).terms, reduce(sub, starred, Language.everything()).terms

    assert shared.included == tuple(sorted(shared.included))
    assert left.excluded == tuple(sorted(left.excluded))


def test_what_is_surely_wider_or_elsewhere_is_not_kept():
    assert of("a*") & of("ab*") == of("ab*") == of("ab*") & of("a*")
    assert of("a*") & of("*b") & of("ab*") == of("ab*") & of("*b")
    assert of("a*") & (of("ab*") & of("*c")) == of("ab*") & of("*c")
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
        # a run that ends it crosses colons only in the last part, and where there are too few of them for an ARN
        (Pattern.arn("arn:aws:s3:::b**"), "arn:aws:s3:::b", False, True, "arn:aws:s3:::b"),
        (Pattern.arn("arn:aws:s3*"), "arn:aws:s3", False, True, "arn:aws:s3"),
        (Pattern.arn("arn:aws:s3:::a*b*"), "arn:aws:s3:::a", False, False, "arn:aws:s3:::ab"),
        (Pattern.arn("arn:aws:s3:*:*:*"), "arn:aws:s3:", False, False, "arn:aws:s3:::"),
        (Pattern.glob("ab?"), "ab", False, False, "abx"),
        (Pattern.segments("a/*"), "a/", False, True, "a/"),
        (Pattern.segments("a/*b"), "a/*b", True, False, "a/*b"),
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


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        (Language.everything(), True),
        (Language.of(Pattern.arn("*")), True),
        (of("a") | of("*"), True),
        (of("*") & of("a*"), False),
        (Language.everything() - of("a"), False),
        (Language.of(Pattern.literal("*")), False),
        (of("a*", "b*"), False),
        (Language.nothing(), False),
    ],
)
def test_a_language_that_is_whole_says_so_at_a_glance(found, whole):
    assert found.is_whole is whole


@pytest.mark.parametrize("other", [Language.everything(), Language.nothing(), of("a*"), of("b") | of("c")])
def test_what_is_shared_with_all_or_nothing_is_not_worked_out(other):
    for whole in (Language.everything(), of("*")):
        assert (whole & other, other & whole) == (other, other)
    assert Language.nothing() & other == other & Language.nothing() == Language.nothing()


def test_the_texts_of_a_language_are_listed_where_its_patterns_show_them():
    assert (of("b", "a") | of("a")).listed() == ("a", "b")
    assert (of("a*") & of("ab")).listed() == ("ab",)
    assert (of("a", "b") - of("b")).listed() == ("a",)
    assert of("a", "b*").listed() is None
    assert of("?").listed() is None
    assert Language.nothing().listed() == ()


@pytest.mark.parametrize(
    ("included", "excluded", "witness"),
    [
        (["a*", "*b"], [], "ab"),
        (["a*", "*b"], ["ab"], "axb"),
        (["*b", "a*"], ["*"], None),
        (["a?", "?b"], [], "ab"),
        (["a?", "?b"], ["a*"], None),
        (["ab*", "*ba"], [], "aba"),
        (["ab", "b*"], [], None),
        (["ab*", "ac*"], [], None),
        (["*ab*", "*ba*"], ["aba", "bab"], "xaba"),
    ],
)
def test_whether_there_is_a_text_is_said_without_looking_for_the_shortest(included, excluded, witness):
    asked = tuple(map(Pattern.glob, included)), tuple(map(Pattern.glob, excluded))

    assert shortest(*asked) == witness
    assert is_some(*asked) is (witness is not None)


@pytest.mark.parametrize(
    ("one", "two", "taken", "witness"),
    [
        ("arn:*:s3:::a*", "arn:aws:*:::*b", [], "arn:aws:s3:::ab"),
        ("arn:*:s3:::a*", "arn:aws:*:::*b", ["arn:aws:s3:::ab"], "arn:aws:s3:::axb"),
        ("arn:*:s3:::a*", "arn:aws:sqs:::*b", [], None),
        ("arn:a*:s3:::*", "arn:*b:s3:::*", ["arn:ab:*"], "arn:axb:s3:::"),
        ("arn:a?:s3:::*", "arn:?b:s3:::*", ["arn:a*"], None),
    ],
)
def test_whether_two_arns_share_one_is_said_part_by_part(one, two, taken, witness):
    asked = (Pattern.arn(one), Pattern.arn(two)), tuple(map(Pattern.arn, taken))

    assert shortest(*asked) == witness
    assert is_some(*asked) is (witness is not None)
