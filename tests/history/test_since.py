"""What several runs changed, taken together."""

from __future__ import annotations

import pytest
from hypothesis import given

from guardrails.history.runs import Change, changes, kept_after
from guardrails.history.since import together
from history.pasts import at, pasts

NEW, GONE, BACK, WORSENED, OVERDUE = Change


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ((NEW,), NEW),
        ((NEW, WORSENED), NEW),
        ((NEW, GONE), GONE),
        ((NEW, GONE, BACK), NEW),
        ((GONE, BACK), BACK),
        ((BACK, WORSENED), BACK),
        ((GONE, BACK, GONE), GONE),
        ((WORSENED, GONE), GONE),
        ((WORSENED, WORSENED), WORSENED),
    ],
)
def test_the_outcome_is_what_became_of_a_finding_in_the_end(told, outcome):
    changed = [(at(hour), change, "f") for hour, change in enumerate(told)]
    assert {change: names for change, names in together(changed).items() if names} == {outcome: ("f",)}


@pytest.mark.parametrize(
    ("told", "outcomes"),
    [
        ((OVERDUE,), {OVERDUE}),
        ((NEW, OVERDUE), {NEW, OVERDUE}),
        ((OVERDUE, GONE), {GONE}),
        ((OVERDUE, GONE, BACK), {BACK}),
        ((WORSENED, OVERDUE), {WORSENED, OVERDUE}),
    ],
)
def test_what_is_not_gone_and_late_is_overdue_beside_what_else_became_of_it(told, outcomes):
    changed = [(at(hour), change, "f") for hour, change in enumerate(told)]
    assert {change for change, names in together(changed).items() if names} == outcomes


@given(pasts())
def test_what_is_new_or_back_is_there_and_what_is_gone_is_not(runs):
    kept, told = (), []
    for run in runs:
        told += [(run.at, change, one.id) for change, one in changes(kept, run).each()]
        kept = kept_after(kept, run)
    there = {one.sighting.id for one in kept if one.gone_at is None}
    found = together(told)
    assert {*found[NEW], *found[BACK], *found[WORSENED]} <= there
    assert not there & {*found[GONE]}
    assert there | {*found[GONE]} == {one.sighting.id for one in kept}
