"""Policies of resources by who asks: the proof, the evaluator and two others that share nothing with them, over random pairs."""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest
from iam_askers import document, everybody, pair
from iam_pairs import naive_says
from iam_peer import ask, missing, ours
from iam_small import ACCOUNT, allow
from iam_small import document as written
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


@pytest.mark.deep
def test_the_evaluator_says_of_everybody_what_iam_simulate_says():
    # it is told the keys that we think a request has, and looks whom a Principal means; of sessions for a user it knows no user with a path,
    # it binds root by policies, and it knows no request without credentials
    if not _DEEP or missing():
        pytest.skip(f"asked only by make deep, with node: {missing()}")
    rng, full = seeded(23), written(allow())
    cases = []
    for _ in range(_DEEP // 4):
        who, context = rng.choice([one for one in _ASKING if one[0].startswith(("arn:", "Service:")) and ":federated-user/" not in one[0]])
        policies = {"resource": document(rng)} | ({"identity": [full]} if who.endswith(":root") or rng.random() < 0.5 else {})
        asked = {"principal": who.removeprefix("Service:"), "action": "s3:GetObject", "resource": "arn:aws:s3:::box/a", "account": ACCOUNT}
        cases.append(asked | {"context": context | {"aws:ResourceAccount": ACCOUNT}, "policies": policies})

    assert [(case, theirs) for case, theirs in zip(cases, ask(cases), strict=True) if ours(case) is not (theirs == "Allowed")] == []
