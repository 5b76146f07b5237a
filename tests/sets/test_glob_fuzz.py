"""Random problems over two letters, each settled by looking at every text of up to seven letters."""

from __future__ import annotations

import os
import re
from itertools import product
from random import Random

import pytest

from guardrails.sets import Language, Pattern

PROBLEMS = int(os.environ.get("GUARDRAILS_DEEP_CASES", "250"))
LONGEST = 7


def texts(letters):
    return ["".join(chars) for length in range(LONGEST + 1) for chars in product(letters, repeat=length)]


def expression(text, one="."):
    return "".join({"*": f"{one}*", "?": one}.get(char, re.escape(char)) for char in text)


def of_arn(text):
    *heads, tail = text.split(":", 5)
    return ":".join([*(expression(head, "[^:]") for head in heads), expression(tail)]) if len(heads) == 5 else expression(text)


def of_segments(text):
    body = "/".join("[^/]*" if part == "+" else re.escape(part) for part in text.removesuffix("*").split("/"))
    return body + (".*" if text.endswith("*") else "")


FAMILIES = {
    "globs": ("ab", Pattern.glob, expression, lambda rng: "".join(rng.choices("aab*?", k=rng.randrange(7)))),
    "arns": ("a:", Pattern.arn, of_arn, lambda rng: ":".join(rng.choice(("", "a", "*", "?", "a*", "a:*")) for _ in range(rng.choice((3, 6, 6, 6))))),
    "segments": ("a/", Pattern.segments, of_segments, lambda rng: "/".join(rng.choice(("", "a", "+", "aa")) for _ in range(rng.randrange(1, 4))) + rng.choice(("", "*"))),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_what_patterns_share_and_exclude_is_what_listing_finds(family):
    letters, made, meant, drawn = FAMILIES[family]
    rng = Random(7)  # noqa: S311  # a sample, no secret
    every = texts(letters)
    held: dict[str, frozenset[str]] = {}

    def members(text):
        if text not in held:
            form = re.compile(meant(text))
            held[text] = frozenset(each for each in every if form.fullmatch(each))
        return held[text]

    empty = 0
    for number in range(PROBLEMS):
        within, without = ([drawn(rng) for _ in range(count)] for count in (rng.choice((1, 1, 2, 3)), rng.randrange(4)))
        expected = frozenset(every).intersection(*map(members, within)).difference(*map(members, without))
        found = Language.everything()
        for text in within:
            found &= Language.of(made(text))
        left = found - Language.of(*map(made, without))
        witness = left.witness()
        said = (number, within, without, witness)

        assert {text for text in every if text in left} == expected, said
        if witness is None:
            empty += 1
            assert not expected, said
            continue
        assert all(re.fullmatch(meant(text), witness, re.DOTALL) for text in within), said
        assert not any(re.fullmatch(meant(text), witness, re.DOTALL) for text in without), said
        # it may have letters that are not among the two, and then be shorter than any of theirs
        assert not expected or len(witness) <= min(map(len, expected)), said
        assert witness in expected or len(witness) > LONGEST or not set(witness) <= set(letters), said
    assert PROBLEMS / 50 < empty < PROBLEMS


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pattern_covers_another_only_where_listing_finds_no_more(family):
    letters, made, meant, drawn = FAMILIES[family]
    rng = Random(8)  # noqa: S311  # a sample, no secret
    every = texts(letters)
    covered = 0
    for _ in range(PROBLEMS):
        wide, narrow = drawn(rng), drawn(rng)
        more = [text for text in every if re.fullmatch(meant(narrow), text) and not re.fullmatch(meant(wide), text)]
        if Language.of(made(wide)).covers(Language.of(made(narrow))):
            covered += 1
            assert not more, (wide, narrow)
        else:
            witness = (Language.of(made(narrow)) - Language.of(made(wide))).witness()
            assert re.fullmatch(meant(narrow), witness), (wide, narrow, witness)
            assert not re.fullmatch(meant(wide), witness), (wide, narrow, witness)
        assert not made(wide).spans(made(narrow)) or not more, (wide, narrow)
    assert covered > PROBLEMS / 50
