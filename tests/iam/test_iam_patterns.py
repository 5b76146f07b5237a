"""The evaluator's own patterns, against regular expressions and every text of up to seven letters."""

from __future__ import annotations

import os
import re
from itertools import product
from random import Random

import pytest
from iam_small import allow, may

from guardrails.iam.comparisons import like_arn
from guardrails.iam.context import Context, Template
from guardrails.iam.patterns import Wild, glob, lowered, matches, split_arn, whole

PROBLEMS = int(os.environ.get("GUARDRAILS_DEEP_CASES", "250"))
TEXTS = ["".join(chars) for length in range(8) for chars in product("ab", repeat=length)]
ARNS = [":".join(("arn", *parts)) for parts in product(["", "a"], ["a", "ab"], ["", "b"], ["", "a"], ["", "a", "a:b", "b/a"])]


def expression(text, one="."):
    return "".join({"*": f"{one}*", "?": one}.get(char, re.escape(char)) for char in text)


def drawn(rng, letters="aab*?", most=8):
    return "".join(rng.choices(letters, k=rng.randrange(most)))


def test_a_glob_matches_what_a_regular_expression_matches():
    rng = Random(9)  # noqa: S311  # a sample, no secret
    for _ in range(PROBLEMS):
        text = drawn(rng)
        form = re.compile(expression(text))
        pattern = glob(text)

        expected = [each for each in TEXTS if form.fullmatch(each)]
        assert [each for each in TEXTS if matches(pattern, each)] == expected, text
        assert [each for each in TEXTS if whole(text)(each)] == expected, text


def test_an_arn_pattern_matches_part_by_part_what_regular_expressions_match():
    rng = Random(10)  # noqa: S311  # a sample, no secret
    for _ in range(PROBLEMS):
        parts = [rng.choice(("arn", "*", "a?n")), *(drawn(rng, "ab*?", 3) for _ in range(4)), drawn(rng, "ab*?:/", 4)]
        form = re.compile(":".join([*(expression(part, "[^:]") for part in parts[:5]), expression(parts[5])]))
        pattern = Template(text=":".join(parts), context=Context.of({}), variables=True)

        assert [each for each in ARNS if like_arn(pattern, each)] == [each for each in ARNS if form.fullmatch(each)], parts


def test_a_pattern_with_stars_against_a_long_text_is_decided_at_once():
    assert not matches(glob("*a" * 30 + "b"), "a" * 3000)


@pytest.mark.parametrize("text", ["a", "?", "*", "ab"])
def test_the_empty_text_is_matched_by_stars_only(text):
    assert matches(glob(text), "") is (text == "*")
    assert matches((), "") is True
    assert matches((), "a") is False


def test_small_letters_leave_wildcards_what_they_are():
    assert lowered(glob("Ab*?")) == ("a", "b", Wild.MANY, Wild.ONE)


@pytest.mark.parametrize("pattern", ["GetObject", "", "*Object", "s3*"])
def test_an_action_without_a_service_is_a_doubt_and_an_empty_one_too(pattern):
    assert may("s3:GetObject", identity=[allow(pattern)]) is None


def test_stars_alone_are_every_action():
    assert [may("s3:GetObject", identity=[allow(pattern)]) for pattern in ("*", "***")] == [True, True]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("arn:aws:s3:::b/a:b:c", ["arn", "aws", "s3", "", "", "b/a:b:c"]),
        ("arn:aws:s3:::${a:b}/${a:c, 'd:e'}:f", ["arn", "aws", "s3", "", "", "${a:b}/${a:c, 'd:e'}:f"]),
        ("arn:aws:${a:b}:x${a:c}y::z", ["arn", "aws", "${a:b}", "x${a:c}y", "", "z"]),
        ("arn:}:{a:b", ["arn", "}", "{a", "b"]),
        ("arn:${a:${b:c}:d}:e", ["arn", "${a:${b:c}:d}", "e"]),
        ("", [""]),
    ],
)
def test_the_colons_of_a_variable_part_nothing(text, parts):
    assert split_arn(text, variables=True) == parts


def test_without_variables_every_colon_parts():
    assert split_arn("arn:aws:${a:b}:c", variables=False) == ["arn", "aws", "${a", "b}", "c"]
