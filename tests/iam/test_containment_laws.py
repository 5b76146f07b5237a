"""Laws of containment over random documents, and both evaluators as judges of each verdict."""

from __future__ import annotations

import random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from iam_pairs import document, naive_says, related, requests, says, statement
from iam_small import allow, deny
from iam_worlds import seeded

from guardrails.iam import contains
from guardrails.iam.documents import Kind

pytestmark = pytest.mark.timeout(3600)  # the deep quotas take their time

# what resources say of whom is searched for longer: of that a few do
kinds = st.sampled_from([*[Kind.IDENTITY] * 11, Kind.RESOURCE])
_ASKED = 40
_few = settings(max_examples=min(settings().max_examples, 4000))
"""An intricate pair takes seconds, so a deep run would not come to its end."""


@st.composite
def drawn(draw, count=2):
    """A kind, what draws more, and documents of which each is the one before with something changed."""
    kind, rng = draw(kinds), seeded(draw(st.integers(0, 2**64)))
    found = [document(rng, named=kind.names_principals)]
    while len(found) < count:
        found.append(related(rng, found[-1], named=kind.names_principals))
    return kind, rng, *found


def verdict(kind, actual, declared):
    return contains(actual, declared, kind=kind.value).verdict


def more(found, *statements):
    return {**found, "Statement": [*found["Statement"], *statements]}


@_few
@given(drawn())
def test_covered_holds_request_by_request_and_a_witness_is_one(case):
    kind, rng, actual, declared = case
    found = contains(actual, declared, kind=kind.value)
    event(f"{kind.value} {found.verdict}")
    if found.witness:
        assert (says(found.witness, kind, actual), says(found.witness, kind, declared)) == (True, False)
        assert naive_says(found.witness, actual) in {True, None}
        assert naive_says(found.witness, declared) in {False, None}
    if found.verdict == "covered":
        for request in requests(rng, actual, declared, named=kind.names_principals, count=_ASKED):
            assert not (says(request, kind, actual) is True and says(request, kind, declared) is False), request
            assert not (naive_says(request, actual) is True and naive_says(request, declared) is False), request


@_few
@given(drawn(1))
def test_everything_is_within_itself(case):
    kind, _, found = case

    assert verdict(kind, found, found) == "covered"


@_few
@given(drawn(3))
def test_what_is_within_something_is_within_all_that_this_is_within(case):
    kind, _, *found = case
    found.sort(key=lambda one: len(one["Statement"]))
    for low, middle, high in ((0, 1, 2), (2, 1, 0)):
        if verdict(kind, found[low], found[middle]) == verdict(kind, found[middle], found[high]) == "covered":
            event("transitive")

            assert verdict(kind, found[low], found[high]) != "not-covered"


@_few
@given(drawn())
def test_one_more_allow_helps_what_is_declared_and_never_what_is_actual(case):
    kind, rng, actual, declared = case
    added = statement(rng, named=kind.names_principals) | {"Effect": "Allow"}
    before = verdict(kind, actual, declared)
    if before == "covered":
        assert verdict(kind, actual, more(declared, added)) != "not-covered"
    if before == "not-covered":
        assert verdict(kind, more(actual, added), declared) != "covered"


@_few
@given(drawn())
def test_one_more_deny_helps_what_is_actual_and_never_what_is_declared(case):
    kind, rng, actual, declared = case
    added = statement(rng, named=kind.names_principals) | {"Effect": "Deny"}
    before = verdict(kind, actual, declared)
    if before == "covered":
        assert verdict(kind, more(actual, added), declared) != "not-covered"
    if before == "not-covered":
        assert verdict(kind, actual, more(declared, added)) != "covered"


@_few
@given(drawn())
def test_a_deny_of_everything_wins(case):
    kind, _, actual, declared = case
    anyone = {"Principal": "*"} if kind.names_principals else {}

    assert verdict(kind, more(actual, deny(**anyone)), declared) == "covered"
    assert {verdict(kind, actual, more(declared, deny(**anyone))), verdict(kind, actual, [])} != {"covered", "not-covered"}


@_few
@given(drawn())
def test_an_allow_of_everything_covers_all(case):
    kind, _, actual, _ = case
    everything = {"Version": "2012-10-17", "Statement": [allow(**({"Principal": "*"} if kind.names_principals else {}))]}

    assert verdict(kind, actual, everything) == "covered"


@_few
@given(drawn(), st.randoms(use_true_random=False))
def test_order_repetition_and_parting_do_not_matter(case, rng: random.Random):
    kind, _, actual, declared = case

    def otherwise(found):
        listed = [*found["Statement"], rng.choice(found["Statement"])]
        rng.shuffle(listed)
        return [{**found, "Statement": [one]} for one in listed]

    assert {verdict(kind, actual, declared), verdict(kind, otherwise(actual), otherwise(declared))} != {"covered", "not-covered"}
    assert verdict(kind, otherwise(actual), actual) == verdict(kind, actual, otherwise(actual)) == "covered"
