"""Z3 as an oracle: it is asked the same question by another method, and may not know; where both know, they agree.

Z3's resources are any ARNs, ours those that an action is asked for: what Z3 finds beyond may be nothing that AWS is asked, so small pairs
take resources of the form of their actions, and a proof of Z3 binds us always, but for actions that are not published.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from random import Random

import pytest
from iam_cases import managed
from iam_small import allow, deny
from iam_worlds import seeded
from z3_oracle import NotUnderstoodError, is_beyond

from guardrails.iam import contains

pytestmark = pytest.mark.timeout(3600)  # the deep quotas take their time
_DEEP = int(os.environ.get("GUARDRAILS_DEEP_CASES", "0"))
_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:GetObject*", "s3:?etObject", "s3:*Object", "s3:PutObjectTagging")
_RESOURCES = (
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a/b*",
    "arn:aws:s3:::*/b",
    "arn:aws:s3:::?/b",
    "arn:aws:s3:::a/b",
    "arn:aws:s3:::*/*b*",
)
_TESTS = (
    {"StringEquals": {"aws:SourceVpce": ["v", "w"]}},
    {"StringNotEquals": {"aws:SourceVpce": ["v"]}},
    {"StringLike": {"aws:SourceVpce": ["v*", "?"]}},
    {"StringNotLikeIfExists": {"aws:SourceVpce": ["*w"]}},
    {"StringEqualsIfExists": {"aws:SourceVpce": ["v"], "aws:referer": ["r"]}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": ["false"]}},
    {"Null": {"aws:MultiFactorAuthPresent": ["true"]}},
    {"Null": {"aws:SourceVpce": ["false"]}, "StringNotLike": {"aws:referer": ["*x*"]}},
)


def _document(rng: Random):
    listed = []
    for _ in range(rng.choice((1, 2, 2, 3))):
        made = rng.choice((allow, allow, allow, deny))(rng.sample(_ACTIONS, rng.choice((1, 2))), rng.sample(_RESOURCES, rng.choice((1, 2))))
        if rng.random() < 0.15:
            made["NotResource"] = made.pop("Resource")
        if rng.random() < 0.5:
            made["Condition"] = rng.choice(_TESTS)
        listed.append(made)
    return {"Version": "2012-10-17", "Statement": listed}


def test_small_pairs_have_the_verdict_of_z3():
    rng, seen = seeded(11), Counter()
    for _ in range(max(60, _DEEP // 5)):
        actual = _document(rng)
        declared = _document(rng)
        if rng.random() < 0.6:
            declared["Statement"] += rng.sample(actual["Statement"], 1)
        beyond = is_beyond(actual, declared, seconds=1, among=("arn:aws:s3:::?*/?*",))
        found = contains(actual, declared)
        seen[found.verdict, beyond] += 1

        if beyond is not None and not found.unpublished:
            assert found.verdict == ("not-covered" if beyond else "covered"), (actual, declared, found)
    sys.stdout.write(f"{dict(seen)}\n")
    assert min(seen["covered", False], seen["not-covered", True]) > 5, seen


def _changed(rng: Random, listed):
    """A real policy with a resource, an action or a condition narrowed or a statement lost."""
    found = [dict(one) for one in listed]
    one = rng.choice(found)
    match rng.randrange(4):
        case 0 if len(found) > 1:
            found.remove(one)
        case 1:
            one["Condition"] = rng.choice(_TESTS)
        case 2 if "Action" in one:
            texts = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
            one["Action"] = rng.sample(texts, max(1, len(texts) - 1))
        case _:
            found.append(deny(rng.choice(("s3:*", "iam:Pass*", "*:Delete*", "ec2:*Instances"))))
    return found


def test_changed_managed_policies_have_the_verdict_of_z3():
    rng, seen = seeded(12), Counter()
    simple = [found for found in managed() if isinstance(found["Statement"], list) and len(found["Statement"]) <= 6]
    while sum(seen.values()) < max(20, _DEEP // 20):
        document = rng.choice(simple)
        sides = [document, {"Version": "2012-10-17", "Statement": _changed(rng, document["Statement"])}]
        rng.shuffle(sides)
        try:
            beyond = is_beyond(*sides, seconds=1)
        except NotUnderstoodError:
            continue
        found = contains(*sides)
        seen[found.verdict, beyond] += 1

        # what is beyond on no ARN at all is not beyond; what Z3 finds may be on an ARN that the action is not asked for
        assert beyond is not False or found.verdict == "covered" or found.unpublished, (sides, found)
    sys.stdout.write(f"{dict(seen)}\n")
    assert seen["covered", False] > 5, seen
