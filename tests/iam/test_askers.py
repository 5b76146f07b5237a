"""Policies of resources by who asks: the proof, the evaluator and two others that share nothing with them, over random pairs."""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest
from iam_askers import everybody, pair
from iam_pairs import naive_says
from iam_worlds import seeded
from z3_askers import lets_in_more

from guardrails.iam import Kind, Request, contains
from guardrails.iam.decisions import said_by

pytestmark = pytest.mark.timeout(3600)  # the deep quotas take their time
_DEEP = int(os.environ.get("GUARDRAILS_DEEP_CASES", "0"))
_ASKING = everybody()


def _requests():
    return [Request(principal=who, action="s3:GetObject", resource="arn:aws:s3:::box/a", context=context) for who, context in _ASKING]


def _agreed(request, document):
    """What both evaluators say."""
    found = said_by(request, Kind.RESOURCE, [document]).allowed
    assert found is naive_says(request, document), (request, document)
    return found


def test_the_proof_says_of_everybody_what_both_evaluators_say():
    rng, seen = seeded(21), Counter()
    for _ in range(max(250, _DEEP // 2)):
        actual, declared = pair(rng)
        found = contains(actual, declared, kind="resource")
        seen[found.verdict] += 1
        more = [request for request in _requests() if (_agreed(request, actual), _agreed(request, declared)) == (True, False)]

        assert found.verdict != "undecided", (actual, declared, found)
        assert not more or found.verdict == "not-covered", (actual, declared, more[0])
        if found.witness:
            assert [_agreed(found.witness, one) for one in (actual, declared)] == [True, False], (actual, declared, found)
    sys.stdout.write(f"{dict(seen)}\n")
    assert min(seen["covered"], seen["not-covered"]) > 40


def test_the_proof_says_of_everybody_what_z3_says():
    rng, seen = seeded(22), Counter()
    for _ in range(max(60, _DEEP // 20)):
        actual, declared = pair(rng)
        found, more = contains(actual, declared, kind="resource"), lets_in_more(actual, declared, seconds=1)
        seen[found.verdict, more] += 1

        assert more is None or found.verdict == ("not-covered" if more else "covered"), (actual, declared, found)
    sys.stdout.write(f"{dict(seen)}\n")
    assert min(seen["covered", False], seen["not-covered", True]) > 10, seen
