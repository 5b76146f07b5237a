"""What was used is kept until somebody says otherwise; who has left keeps nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.findings import Witness
from guardrails.model.past import Log, Past, gathered
from guardrails.plan.used import Used
from plan.companies import DECLARED, Company
from plan.plans import AT

ROLES = """\
entitlements:
  read-cdr: {app: {cdr: [read]}}
roles: {ops: {members: ["person:bob", "person:carol"], may: [read-cdr], must: [read-cdr]}}
"""


@pytest.fixture
def company():
    made = Company(DECLARED + ROLES)
    made.app.policies = {"reader": frozenset({("read", "cdr")}), "writer": frozenset({("write", "cdr")})}
    return made


def used(*holders, action="write", times=1, last=AT):
    return Past(holders=holders, request=Witness(principal="", action=action, resource="cdr"), times=times, last=last)


def log(*past, system="app"):
    return Log(system=system, requests=past, others=0, since=AT, until=AT)


def test_what_was_used_is_kept(company):
    carol = company.person("carol", policies=("reader", "writer"))

    planning = company.planned(Used([log(used(carol, times=3))]))

    assert planning.changes == []
    (kept,) = (held for held in planning.held if held.control == "GR101")
    assert kept.reason.endswith(f"used: app:user/carol was let write cdr 3 times, last on {AT:%Y-%m-%d %H:%M} UTC")


def test_what_was_used_is_taken_where_that_is_said_and_the_plan_says_so(company):
    carol = company.person("carol", policies=("reader", "writer"))

    (change,) = company.planned(Used([log(used(carol))], keeps=False)).changes

    assert [line for line in change.breaks if line.startswith("used: app:user/carol was let write cdr once, last on ")]


@pytest.mark.parametrize("said", [{"action": "read"}, {"action": "delete"}])
def test_what_stays_allowed_or_never_was_keeps_nothing(company, said):
    carol = company.person("carol", policies=("reader", "writer"))

    assert len(company.planned(Used([log(used(carol, **said))])).changes) == 1


def test_what_somebody_else_used_and_what_another_system_logged_keeps_nothing(company):
    carol, bob = company.person("carol", policies=("reader", "writer")), company.person("bob", policies=("reader", "writer"))

    planning = company.planned(Used([log(used(bob)), log(used(carol), system="dir")]))

    assert [str(change.ref) for change in planning.changes] == ["app:user/carol"]
    assert [held.subject for held in planning.held if held.control == "GR101"] == ["app:user/bob"]


def test_what_a_second_way_allows_is_not_taken(company):
    """Of a token the entity and the login: what either allows is allowed."""
    carol, bob = company.person("carol", policies=("reader", "writer")), company.person("bob", policies=("reader", "writer"))

    planning = company.planned(Used([log(used(carol, bob))]))

    assert sorted(str(change.ref) for change in planning.changes) == ["app:user/bob"]
    assert [held.subject for held in planning.held if held.control == "GR101"] == ["app:user/carol"]


def test_who_has_left_keeps_nothing_and_the_plan_says_what_was_used(company):
    carol = company.person("carol", left=True)
    company.person("bob")
    company.app.add("group", "ops", member=("bob", "carol"), policies=("writer",))

    changes = company.planned(Used([log(used(carol))])).changes

    (removed,) = (change for change in changes if change.control == "GR201" and str(change.ref) == "app:group/ops")
    assert [line for line in removed.breaks if line.startswith("used: ")]


def test_of_many_requests_the_last_are_shown(company):
    carol = company.person("carol", policies=("reader", "writer"))
    company.app.policies["writer"] = frozenset(("write", f"cdr{number}") for number in range(5))
    past = [
        replace(used(carol, last=AT + timedelta(hours=number)), request=Witness(principal="", action="write", resource=f"cdr{number}"))
        for number in range(5)
    ]

    (kept,) = (held for held in company.planned(Used([log(*past)])).held if held.control == "GR101")

    assert ["cdr4" in kept.reason, "cdr2" in kept.reason, "cdr1" in kept.reason] == [True, True, False]
    assert kept.reason.endswith("used: and 2 other requests")


def test_a_log_counts_what_it_does_not_know_and_when_it_was(company):
    carol = company.person("carol")
    later = AT + timedelta(hours=1)

    found = gathered("app", [(later, used(carol, last=later)), (AT, used(carol)), (AT - timedelta(hours=1), None)])

    assert found.requests == (used(carol, times=2, last=later),)
    assert (found.others, found.since, found.until) == (1, AT - timedelta(hours=1), later)
    assert gathered("app", []) == Log(system="app", requests=(), others=0, since=None, until=None)


@pytest.mark.parametrize("last", ["move", "zap"])
def test_a_membership_that_is_kept_does_not_keep_the_others(company, last):
    """Whichever of them shows first that it is too much."""
    carol = company.person("carol", policies=("reader",))
    company.person("zoe")
    for name, gives in {"a": "delete", "b": "write", "c": last}.items():
        company.app.policies[name] = frozenset({(gives, "cdr")})
        company.app.add("group", name, member=("carol", "zoe"), policies=(name,))

    planning = company.planned(Used([log(used(carol, action="delete"), used(carol, action=last))]))

    assert [str(change.ref) for change in planning.changes if change.action.member == carol] == ["app:group/b"]
    assert [one.reason.partition(": used")[0] for one in planning.held if one.subject == "app:user/carol" and one.control == "GR101"] == [
        f"app:user/carol out of app:group/{name}" for name in "ac"
    ]


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(["bob", "carol", "dan"]), min_size=1), st.sampled_from(["read", "write"]), st.integers(1, 3)),
        max_size=6,
    ),
    st.booleans(),
)
def test_whatever_a_log_says_it_makes_no_change_that_would_not_be_made_without_it(lines, keeps):
    """Whoever can write into a log can hold changes, and have them told: nothing more."""
    company = Company(DECLARED + ROLES)
    company.app.policies = {"reader": frozenset({("read", "cdr")}), "writer": frozenset({("write", "cdr")})}
    refs = {name: company.person(name, left=name == "dan", policies=("reader", "writer")) for name in ("bob", "carol", "dan")}
    company.app.add("group", "ops", member=("bob", "dan"), policies=("writer",))
    without = company.planned()

    planning = company.planned(
        Used([log(*(used(*(refs[name] for name in names), action=does, times=n) for names, does, n in lines))], keeps=keeps)
    )

    made = {change.action for change in planning.changes}
    assert made <= {change.action for change in without.changes}
    assert keeps or made == {change.action for change in without.changes}
    assert {held.finding for held in planning.held} >= {held.finding for held in without.held}
