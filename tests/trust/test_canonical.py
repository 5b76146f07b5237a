"""One value has one spelling, and what has two is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.trust.canonical import dump, parse
from guardrails.trust.errors import MalformedJson

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(st.none() | st.booleans() | SAFE | TEXT, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(VALUES)
def test_what_is_written_reads_back_as_the_same_value(value):
    assert parse(dump(value)) == value


@given(VALUES)
def test_another_layout_of_a_value_has_the_same_canonical_bytes(value):
    assert dump(parse(json.dumps(value, indent=3).encode())) == dump(value)


@given(st.dictionaries(KEYS, SAFE), st.randoms())
def test_the_order_of_fields_does_not_matter(fields, random):
    shuffled = list(fields.items())
    random.shuffle(shuffled)
    assert dump(dict(shuffled)) == dump(fields)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b"1.0", b"1e2", b"NaN", b"-Infinity", b"9007199254740992", b"-9007199254740992",
        b"9" * 5000, b"\xff", b"\xef\xbb\xbf1", b"", b"{", b"1 2", b"'a'", b"[1,]", b"[" * 100_000, b'{"a":' * 100_000,
    ],
    ids=lambda content: content[:24].decode("latin-1"),
)  # fmt: skip
def test_what_lies_outside_the_profile_is_not_read(content):
    with pytest.raises(MalformedJson) as caught:
        parse(content)
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


def nested(levels):
    return json.loads("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 1.5, "\ud800", {"\ud800": 1}, {"é": 1}, [{"é": 1}], nested(40), {"a": nested(40)}, b"x"]
)
def test_what_lies_outside_the_profile_is_not_written(value):
    with pytest.raises(MalformedJson):
        dump(value)


def test_the_biggest_numbers_and_the_deepest_nesting_are_written():
    assert dump([2**53 - 1, 1 - 2**53]) == b"[9007199254740991,-9007199254740991]"
    assert parse(dump(nested(32))) == nested(32)


@pytest.mark.timeout(20)
def test_many_doubled_keys_are_told_at_once():
    names = ",".join(f'"k{number}":1' for number in range(100_000))
    with pytest.raises(MalformedJson, match="key twice in one object: 'k0', 'k1'"):
        parse(f"{{{names},{names}}}".encode())
