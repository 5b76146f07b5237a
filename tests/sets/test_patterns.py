"""What patterns and catalogues say quickly is true, and ARN patterns are taken apart without a loss."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.sets import Catalogue, Language, Pattern
from guardrails.sets.automaton import _READABLE

TEXTS = ["".join(chars) for length in range(5) for chars in product("ab:/", repeat=length)]
ARNS = [":".join(("arn", *parts)) for parts in product(["", "a", "b"], ["a", "ab"], ["", "a"], ["", "b"], ["", "a", "a:b", "b/a"])]

part = st.text("ab*?", max_size=2)
arns = st.tuples(part, part, part, part, st.text("ab:/*?", max_size=3)).map(lambda parts: Pattern.arn(":".join(("arn", *parts))))
shorter = st.sampled_from(["*", "arn:*", "arn:a:*", "arn:?"]).map(Pattern.arn)
segments = st.lists(st.sampled_from(["a", "b", "+", "ab", ""]), max_size=3).flatmap(
    lambda parts: st.sampled_from(["", "*"]).map(lambda end: Pattern.segments("/".join(parts) + end))
)
patterns = st.one_of(st.text("ab*?:", max_size=5).map(Pattern.glob), segments, st.text("ab:/*", max_size=3).map(Pattern.literal))


def members(pattern, texts):
    return {text for text in texts if pattern.matches(text)}


@given(patterns, patterns)
def test_what_spans_holds_all_members_and_what_is_apart_shares_none(one, two):
    mine, theirs = members(one, TEXTS), members(two, TEXTS)
    assert not one.spans(two) or theirs <= mine
    assert not one.is_apart(two) or not mine & theirs
    assert one.spans(one)


@given(patterns)
def test_the_shortest_text_of_a_pattern_is_one_of_its_own_and_as_short_as_any(pattern):
    assert pattern.matches(pattern.shortest)
    assert all(len(pattern.shortest) <= len(text) for text in members(pattern, TEXTS))


@given(patterns)
def test_a_head_begins_every_member_and_a_literal_has_one_member(pattern):
    found = members(pattern, TEXTS)
    assert all(text.startswith(pattern.head) for text in found)
    assert not pattern.is_literal or found <= {pattern.head}
    assert not pattern.is_prefix or found == {text for text in TEXTS if text.startswith(pattern.head)}


@given(st.lists(st.one_of(arns, shorter), max_size=2), st.lists(st.one_of(arns, shorter), max_size=2), arns)
def test_operations_on_arns_agree_with_listing_the_members(left, right, also):
    mine, theirs = Language.of(*left), Language.of(*right, also)

    def listed(language):
        return {text for text in ARNS if text in language}

    assert listed(mine & theirs) == listed(mine) & listed(theirs)
    assert listed(mine - theirs) == listed(mine) - listed(theirs)
    for found in (mine & theirs, mine - theirs, (mine - theirs) & Language.of(also)):
        assert found.is_empty() == (found.witness() is None)
        assert found.is_empty() or found.witness() in found
        assert not found.is_empty() or not listed(found)


@given(arns, arns)
def test_the_witness_of_a_meet_of_arns_is_as_short_as_any_member(one, two):
    both = Language.of(one) & Language.of(two)
    shared = members(one, ARNS) & members(two, ARNS)
    assert all(len(both.witness()) <= len(text) for text in shared)


@pytest.mark.parametrize(
    ("one", "two", "shared"),
    [
        ("arn:aws*:s3:::?*/?*", "arn:aws:s3:::b-*", "arn:aws:s3:::b-/x"),
        ("arn:aws:kms:*:1:key/*", "arn:aws:kms:eu:?:*", "arn:aws:kms:eu:1:key/"),
        ("arn:aws:kms:*:1:key/*", "arn:aws:kms:eu:2:*", None),
        ("arn:*:a:b:c:d*", "arn:*:*", "arn::a:b:c:d"),
        # the first five parts take no colon, so this is no resource of sqs
        ("arn:aws:sqs:*:*:q", "arn:aws:sqs:a:b:c:q", None),
    ],
)
def test_arns_meet_part_by_part(one, two, shared):
    assert (Language.of(Pattern.arn(one)) & Language.of(Pattern.arn(two))).witness() == shared


def test_the_parts_of_an_arn_are_six_and_anything_else_is_one():
    assert [part.text for part in Pattern.arn("arn:aws:s3:::b/a:b").parts] == ["arn", "aws", "s3", "", "", "b/a:b"]
    assert Pattern.arn("arn:aws:s3:*").parts == (Pattern.arn("arn:aws:s3:*"),)
    assert Pattern.glob("a:b:c:d:e:f").parts == (Pattern.glob("a:b:c:d:e:f"),)


def test_a_text_is_found_when_every_readable_character_is_taken():
    taken = Language.of(*map(Pattern.literal, [*_READABLE, "\u0100"]))
    assert (Language.of(Pattern.glob("?")) - taken).witness() == "\u0101"


@given(st.lists(st.text("ab", max_size=4), max_size=12), st.text("ab*?", max_size=4).map(Pattern.glob))
def test_a_catalogue_finds_by_pattern_what_listing_finds(names, pattern):
    catalogue = Catalogue(tuple(names))
    assert list(catalogue.matching(pattern)) == sorted({name for name in names if pattern.matches(name)})
    assert all(name in catalogue for name in names)
    assert "c" not in catalogue
    assert "c" not in catalogue.everything()


def test_a_name_that_no_catalogue_has_is_refused():
    with pytest.raises(KeyError):
        Catalogue(("a",)).of(["b"])


@pytest.mark.parametrize("taken", ["arn:aws:s3:::b-/x", "arn:aws:s3:::b-/?"])
def test_a_meet_of_arns_goes_round_what_is_taken_from_it(taken):
    both = Language.of(Pattern.arn("arn:aws*:s3:::?*/?*")) & Language.of(Pattern.arn("arn:aws:s3:::b-*"))
    left = both - Language.of(Pattern.arn(taken))
    assert left.witness() in both
    assert not Pattern.arn(taken).matches(left.witness())


few = st.lists(st.text("ab", max_size=2), max_size=3).map(lambda texts: Language.of(*map(Pattern.literal, texts)))


@given(few, few, st.one_of(few, patterns.map(Language.of)))
def test_the_texts_that_a_language_lists_are_all_it_has(one, two, three):
    left = (one | two) - three
    assert left.listed() == tuple(sorted(text for text in TEXTS if text in left))


@pytest.mark.parametrize(
    "language", [Language.everything(), Language.of(Pattern.glob("a?"), Pattern.literal("b")), ~Language.of(Pattern.literal("a"))]
)
def test_a_language_of_patterns_is_not_listed(language):
    assert language.listed() is None
