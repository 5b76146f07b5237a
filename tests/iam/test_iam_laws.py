"""Laws that hold for every request and all policies, and the second opinion."""

from __future__ import annotations

import copy
import os
import random
from collections import Counter

import naive
from hypothesis import given
from hypothesis import strategies as st
from iam_small import allow, deny
from iam_worlds import seeded, statements, world_of, worlds

from guardrails.iam import Policies, Request, evaluate

_WORLDS = int(os.environ.get("GUARDRAILS_DEEP_CASES", "3000"))
_LAYERS = ("identity", "boundary", "session", "resource", "endpoint")


def verdict(world, **changed):
    by, action, resource, context, policies = world
    return evaluate(Request(principal=by, action=action, resource=resource, context=context), Policies(**{**policies, **changed})).allowed


def with_statement(world, layer, statement):
    found = copy.deepcopy(world[4][layer])
    found["Statement"].append(statement)
    return {layer: found}


def test_the_evaluator_and_the_naive_one_agree():
    seen: Counter[bool | None] = Counter()
    for seed in range(_WORLDS):
        world = world_of(seeded(seed))
        found, theirs = verdict(world), naive.verdict(*world)
        seen[found] += 1

        # in a NotResource the naive one does not look which part lacks a value, so it may be in doubt where we are not
        assert found == theirs or theirs is None, (seed, world)
    assert min(seen.values()) > _WORLDS / 200, seen


@given(worlds, st.sampled_from(_LAYERS))
def test_a_deny_of_everything_wins(world, layer):
    if world[4][layer] is not None:
        more = {"Principal": "*"} if layer in {"resource", "endpoint"} else {}

        assert verdict(world, **with_statement(world, layer, deny(**more))) is False


@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(world, rng: random.Random):
    shuffled = copy.deepcopy({name: world[4][name] for name in _LAYERS if world[4][name]})
    for found in shuffled.values():
        rng.shuffle(found["Statement"])

    assert verdict(world, **shuffled) == verdict(world)


@given(worlds)
def test_saying_it_twice_does_not_matter(world):
    twice = {name: {**world[4][name], "Statement": world[4][name]["Statement"] * 2} for name in _LAYERS if world[4][name]}

    assert verdict(world, **twice) == verdict(world)
    assert verdict(world, identity=[world[4]["identity"]] * 2) == verdict(world)


@given(worlds, statements, st.sampled_from(("identity", "boundary", "session")))
def test_one_more_allow_takes_nothing_away(world, statement, layer):
    if world[4][layer] is not None and verdict(world) is True:
        assert verdict(world, **with_statement(world, layer, {**statement, "Effect": "Allow"})) is True


@given(worlds, statements, st.sampled_from(("identity", "boundary", "session")))
def test_one_more_deny_gives_nothing(world, statement, layer):
    if world[4][layer] is not None and verdict(world) is False:
        assert verdict(world, **with_statement(world, layer, {**statement, "Effect": "Deny"})) is False


@given(worlds, statements)
def test_what_is_not_understood_never_turns_one_answer_into_the_other(world, statement):
    before, after = verdict(world), verdict(world, **with_statement(world, "identity", {**statement, "Scope": "x"}))

    assert after in {before, None}


@given(worlds)
def test_a_limit_that_allows_everything_is_none(world):
    full = {"Version": "2012-10-17", "Statement": [allow()]}

    assert verdict(world, scps=[*(world[4]["scps"] or []), [full]]) == verdict(world)
