"""Without signatures of its own a change is made only when the standing approval names it and it is proven to narrow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from guardrails.model.applying import ACTIONS, Standing
from guardrails.model.changes import DetachPolicy, Effect, Irreversible
from guardrails.model.words import Kind
from guardrails.plan.planning import Planning, objects
from guardrails.plan.standing import beyond, consent_of
from guardrails.testing.remedied import memory_meaning
from plan.companies import Company
from plan.plans import change_of, ref

STANDING = Standing(
    approved="ISG-2026-030", kinds=(Kind.LEAVER,), changes=("disable",), systems=("vault",), per_day=40, until=date(2027, 6, 30)
)
CHANGE = change_of("carol")


def test_what_it_names_is_within():
    assert beyond(STANDING, CHANGE) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replace(CHANGE, control="GR101"), "does not name access-excess"),
        (replace(CHANGE, control="GR000"), "does not name GR000"),
        (replace(CHANGE, action=DetachPolicy(holder=ref("carol"), policy=ref("p", "policy"))), "does not name detach-policy"),
        (replace(CHANGE, ref=ref("carol", system="aws")), "does not name aws"),
        (replace(CHANGE, effect=Effect.NEUTRAL), "it is neutral, and without members who sign only what is proven to narrow"),
        (replace(CHANGE, effect=Effect.UNPROVEN), "it is unproven"),
        (replace(CHANGE, effect=Effect.WIDENS), "it is widens"),
        (replace(CHANGE, undo=Irreversible(reason="it is deleted")), "it cannot be taken back"),
    ],
)
def test_all_else_is_beyond(change, said):
    assert said in beyond(STANDING, change)


def planned(company: Company, standing: Standing, left: int) -> Planning:
    world, findings = company.world(), company.findings()
    images = {one: company.systems[one.system].current(one) for one in objects(world, findings, company.writers)}
    planning = Planning(world, images, company.writers, memory_meaning, consent=consent_of(standing, left))
    planning.plan(findings)
    return planning


@pytest.fixture
def company():
    made = Company()
    for name in ("carol", "dan"):
        made.person(name, left=True, policies=("base",))
    made.person("bob", policies=("base", "extra"))
    made.app.policies |= {"base": frozenset(), "extra": frozenset({("read", "payroll")})}
    return made


def test_only_what_is_named_is_planned_and_the_rest_is_held_with_the_reason(company):
    standing = replace(STANDING, systems=("app", "dir"))
    all_of_it = company.planned()
    assert {type(change.action).__name__ for change in all_of_it.changes} == {"Disable", "DetachPolicy"}

    some = planned(company, standing, 40)

    assert [str(change.ref) for change in some.changes] == ["app:user/carol", "app:user/dan"]
    assert any("ISG-2026-030 does not name access-excess, so members have to sign" in one.reason for one in some.held)


def test_no_more_is_planned_than_is_left_of_the_day(company):
    one = planned(company, replace(STANDING, systems=("app", "dir"), changes=ACTIONS, kinds=tuple(Kind)), 1)

    assert len(one.changes) == 1
    assert any("lets 40 changes be made in a day, and 1 were left" in held.reason for held in one.held)
    assert planned(company, replace(STANDING, systems=("app",)), 0).changes == []
