"""What must be allowed, in every context that the declaration admits: proven, or shown, with the evaluator as the judge."""

from __future__ import annotations

from itertools import product

import iam_drawn as drawn
from hypothesis import given
from iam_small import document

from connectors.aws_policies import ROLE, meaning
from guardrails.model.words import Verdict


def allowed(statements, *asked):
    return drawn.allowed(document(*statements), *asked)


@given(drawn.policies, drawn.clauses)
def test_a_floor_that_holds_is_allowed_in_every_context_that_is_declared(statements, clauses):
    if meaning(*statements).shortfall(ROLE, clauses).verdict is not Verdict.OK:
        return
    declared = drawn.declared_policy(clauses)
    for (action, resource), context in product(drawn.ASKED, drawn.CONTEXTS):
        if any(drawn.allowed(one, action, resource, context) for one in declared):
            assert allowed(statements, action, resource, context)


@given(drawn.policies, drawn.clauses)
def test_a_floor_that_is_violated_is_denied_whatever_else_the_context_is(statements, clauses):
    compared = meaning(*statements).shortfall(ROLE, clauses)
    if compared.verdict is not Verdict.VIOLATION:
        return
    witness, named = compared.witness, {key.lower() for bound in clauses for _, key, _ in bound.clause.conditions}
    assert compared.reason
    for context in drawn.CONTEXTS:
        told = {key: value for key, value in context.items() if key not in named}
        asked = {**told, **{key: value for key, value in witness.context if key in named}}
        asked.setdefault("aws:requestedregion", "eu-north-1")
        assert allowed(statements, witness.action, witness.resource, asked) is False
