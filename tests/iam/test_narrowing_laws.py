"""The policy that would do, against the evaluator: it gives what is declared and was given, no more and, where it does not say so, no less."""

from __future__ import annotations

import json
from itertools import product

import iam_drawn as drawn
from hypothesis import given
from iam_drawn import declared_policy
from test_narrowing import NONE

from connectors.aws_policies import ROLE, meaning
from guardrails.model.words import Verdict


@given(drawn.policies, drawn.clauses)
def test_the_policy_that_would_do_gives_what_is_declared_and_was_given_by_the_evaluator_too(statements, clauses):
    compared = meaning(*statements).excess(ROLE, clauses)
    if compared.verdict is not Verdict.VIOLATION:
        return
    (policy,) = compared.details().narrowed
    if policy.note.startswith(NONE):
        return
    before, after = {"Version": "2012-10-17", "Statement": statements}, json.loads(policy.document) if policy.document else []
    declared = declared_policy(clauses)
    for (action, resource), context in product(drawn.ASKED, drawn.CONTEXTS):
        held = drawn.allowed(before, action, resource, context)
        wanted = held and any(drawn.allowed(one, action, resource, context) for one in declared)
        now = drawn.allowed(after, action, resource, context)
        assert now in ({wanted, False} if policy.note.startswith("it gives less") else {wanted}), (action, resource, context)
