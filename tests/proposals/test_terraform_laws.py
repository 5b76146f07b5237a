"""Laws of plans: whatever stands in one, it is refused, or judged, and nothing of what it holds is thrown at anybody."""

from __future__ import annotations

import copy
import json
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_plans import CASES, applied, only, recorded

from guardrails import declare, workflow
from guardrails.errors import AuthorError
from guardrails.model.facts import Principal
from guardrails.proposals.judgement import judge

DECLARED = declare.load(Path(__file__).parent / "declared")
PLANS = {case: recorded(case) for case in CASES}
ODD = st.sampled_from(
    [None, True, False, 0, -1, 1.5, "", "x", "arn:aws:iam::123456789012:role/x", [], [None], {}, {"a": "b"}, [[]], "*", "443"]
)


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


SPOTS = {
    case: [path for path in places(plan["resource_changes"], ("resource_changes",)) if len(path) > 2]
    for case, (plan, _, _) in PLANS.items()
}


@given(st.data())
def test_a_plan_that_was_tampered_with_is_refused_or_judged(data):
    case = data.draw(st.sampled_from(CASES))
    plan, before, _ = PLANS[case]
    changed = copy.deepcopy(plan)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(SPOTS[case]))
        here = changed
        try:
            for key in path[:-1]:
                here = here[key]
            here[path[-1]] = data.draw(ODD)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        outcome = applied(changed, before)
    except AuthorError:
        return
    assert outcome.evaluated or outcome.untold
    was = workflow.side_by_side(DECLARED, [before], before.taken_at)
    judge(was, reduce(workflow.with_observation, outcome.edited, was), outcome.untold)


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
def test_the_order_of_the_resources_makes_no_difference(case, data):
    plan, before, _ = PLANS[case]
    shuffled = plan | {"resource_changes": data.draw(st.permutations(plan["resource_changes"]))}

    assert only(applied(shuffled, before)) == only(applied(plan, before))


@pytest.mark.parametrize("case", CASES)
def test_a_plan_that_is_there_already_changes_nobody_else(case):
    plan, before, _ = PLANS[case]
    named = json.dumps(plan["resource_changes"])
    was, will = ({fact.ref for fact in one.facts if isinstance(fact, Principal)} for one in (before, only(applied(plan, before))))

    assert all(f'"{ref.name}"' in named for ref in was ^ will)
