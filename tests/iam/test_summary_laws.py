"""What is in excess, told in parts: every request that is in excess is in one of them, and every action that they name is in excess."""

from __future__ import annotations

from functools import cache
from itertools import product

import iam_drawn as drawn
from hypothesis import given
from test_summary import part, region_of

from guardrails.iam.catalogue import catalogue, forms, shapes
from guardrails.iam.proof.access import space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.summary import summary
from guardrails.model.findings import Excess
from guardrails.sets import Language, Pattern


def resources_of(found: Excess) -> Language:
    return Language.of(*map(Pattern.arn, found.resources)) - Language.of(*map(Pattern.arn, found.but_resources))


def names(found: Excess, action: str) -> bool:
    def any_of(texts):
        return any(Pattern.glob(text.lower()).matches(action.lower()) for text in texts)

    return any_of(found.actions) and not any_of(found.but_actions)


@cache
def could_be_asked(action, resource):
    if action.lower() not in catalogue():
        return True
    ((_, shape),) = shapes(catalogue().of([action.lower()]))
    return resource in forms(shape, "*")


@given(drawn.policies, drawn.clauses)
def test_the_parts_leave_nothing_of_the_excess_out(entries, clauses):
    ceiling = [
        part(b.clause.actions, *b.clause.resources, but_actions=b.clause.but_actions, conditions=b.clause.conditions) for b in clauses
    ]
    region = region_of(entries, ceiling)
    parts = summary(region, drawn.ACTIONS)

    for (action, resource), context in product(drawn.ASKED, drawn.CONTEXTS):
        point = {"action": action.lower(), "resource": resource, "context": context}
        if region.contains(point) and could_be_asked(action, resource):
            assert any(names(each, action) and resource in resources_of(each) for each in parts), point


@given(drawn.policies, drawn.clauses)
def test_every_action_that_is_named_is_in_excess(entries, clauses):
    ceiling = [
        part(b.clause.actions, *b.clause.resources, but_actions=b.clause.but_actions, conditions=b.clause.conditions) for b in clauses
    ]
    region = region_of(entries, ceiling)

    for each in summary(region, drawn.ACTIONS):
        for action in {action for action, _ in drawn.ASKED if names(each, action) and each.published and action.lower() in catalogue()}:
            where = space().region(action=Actions.of([action]), resource=resources_of(each))
            assert not (region & where).is_empty()
            if each.whole and not each.conditions:
                assert region.covers(where)
