"""Findings become changes that end them, take nothing that is declared, and are held when that is not certain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.model.changes import DetachPolicy, Disable, Effect, RemoveMember, SetAddresses, edited
from guardrails.model.facts import Gap
from guardrails.model.words import GapReason
from plan.companies import DECLARED, Company

ROLES = """\
entitlements:
  read-cdr: {app: {cdr: [read]}}
roles: {ops: {members: ["person:bob", "person:carol"], may: [read-cdr], must: [read-cdr]}}
"""


@pytest.fixture
def company():
    made = Company()
    made.app.policies = {"reader": frozenset({("read", "cdr")}), "writer": frozenset({("write", "cdr")})}
    return made


def made(planning):
    return [(type(change.action).__name__, str(change.ref)) for change in planning.changes]


def applied(company, planning):
    for change in planning.changes:
        system = company.systems[change.ref.system]
        assert system.held[change.ref].fingerprint == change.before
        system.held[change.ref] = edited(system.held[change.ref], change.edits)
        assert system.held[change.ref].fingerprint == change.after


def test_a_leaver_is_disabled_and_leaves_every_group(company):
    carol, bob = company.person("carol", left=True), company.person("bob")
    ops = company.app.add("group", "ops", member=("bob", "carol"), policies=("reader",))

    planning = company.planned()

    assert made(planning) == [("Disable", "app:user/carol"), ("RemoveMember", "app:group/ops")]
    disabled, removed = planning.changes
    assert disabled.action == Disable(ref=carol)
    assert removed.action == RemoveMember(group=ops, member=carol)
    assert {change.effect for change in planning.changes} == {Effect.NARROWS}
    assert {change.subject for change in planning.changes} == {"person:carol"}
    assert {change.control for change in planning.changes} == {"GR201"}
    applied(company, planning)
    assert company.app.held[ops].values("member") == ("bob",)
    assert "GR201" not in {finding.control for finding in company.findings()}
    assert bob in company.app.held


def test_two_changes_of_one_object_follow_each_other(company):
    company.person("carol", left=True)
    company.person("dan", left=True)
    company.person("bob")
    ops = company.app.add("group", "ops", member=("bob", "carol", "dan"), policies=("reader",))

    planning = company.planned()

    first, second = (change for change in planning.changes if change.ref == ops)
    assert second.before == first.after
    applied(company, planning)
    assert company.app.held[ops].values("member") == ("bob",)


def test_the_last_member_of_a_group_is_held(company):
    company.person("carol", left=True)
    company.app.add("group", "ops", member=("carol",), policies=("reader",))

    planning = company.planned()

    assert made(planning) == [("Disable", "app:user/carol")]
    assert ["is the last member of app:group/ops" in held.reason for held in planning.held if held.control == "GR201"] == [True]


def test_nothing_is_changed_under_a_gap(company):
    company.person("carol", left=True)
    company.app.facts.append(Gap(system="app", realm="", what="iam", reason=GapReason.DENIED, message="no list of groups"))

    planning = company.planned()

    assert planning.changes == []
    assert any("not everything was seen there: no list of groups" in held.reason for held in planning.held)


def test_a_gap_in_the_directory_keeps_its_leavers_accounts(company):
    company.person("carol", left=True)
    company.dir.facts.append(Gap(system="dir", realm="", what="people", reason=GapReason.INCOMPLETE, message="a page is missing"))

    assert company.planned().changes == []


def test_a_gap_of_another_object_keeps_nobody(company):
    company.person("carol", left=True)
    company.person("bob")
    other = company.app.add("group", "other", member=("bob", "carol"))
    gone = Gap(system="app", realm="", what="iam", reason=GapReason.DENIED, message="no", subject=company.app.ref("group", "third"))
    company.app.facts.append(gone)
    assert made(company.planned()) == [("Disable", "app:user/carol"), ("RemoveMember", "app:group/other")]

    company.app.facts[:] = [replace(gone, subject=other)]
    assert made(company.planned()) == [("Disable", "app:user/carol")]
    assert "not everything was seen" in next(held.reason for held in company.planned().held if held.control == "GR201")


def test_a_policy_beyond_what_is_declared_is_dropped(company):
    company.declaration = Company(DECLARED + ROLES).declaration
    company.person("carol", policies=("reader", "writer"))

    planning = company.planned()

    assert [change.action for change in planning.changes] == [
        DetachPolicy(holder=company.app.ref("user", "carol"), policy=company.app.ref("policy", "writer"))
    ]
    assert planning.changes[0].edits[0].reads == "- policies writer"
    applied(company, planning)
    assert [finding for finding in company.findings() if finding.control == "GR101"] == []


def test_a_policy_that_gives_what_is_declared_too_is_held(company):
    company.declaration = Company(DECLARED + ROLES).declaration
    company.app.policies["both"] = frozenset({("read", "cdr"), ("write", "cdr")})
    company.person("carol", policies=("both",))

    planning = company.planned()

    assert planning.changes == []
    (held,) = (held for held in planning.held if held.control == "GR101")
    assert "policy/both off" in held.reason
    assert "app:user/carol would lose read-cdr, or a part of it, which is declared for it" in held.reason


def test_what_is_declared_for_an_account_of_no_person_is_not_taken(company):
    workload = 'workloads: {job: {is: ["app:user/job"], may: [read-cdr], must: [read-cdr]}}\n'
    company.declaration = Company(DECLARED + ROLES + workload).declaration
    company.app.policies["both"] = frozenset({("read", "cdr"), ("write", "cdr")})
    company.app.add("user", "job", policies=("both",))

    planning = company.planned()

    assert planning.changes == []
    assert ["app:user/job would lose read-cdr" in held.reason for held in planning.held if held.control == "GR101"] == [True]


def test_somebody_is_taken_out_of_a_group_that_gives_too_much_and_the_others_keep_it(company):
    company.declaration = Company(DECLARED + ROLES).declaration
    company.person("carol", policies=("reader",))
    company.person("bob", policies=("reader",))
    ops = company.app.add("group", "writers", member=("carol", "bob"), policies=("writer",))

    planning = company.planned()

    assert [change.action for change in planning.changes] == [RemoveMember(group=ops, member=company.app.ref("user", "bob"))]
    assert [(held.subject, held.reason) for held in planning.held] == [
        ("app:user/carol", "app:user/carol out of app:group/writers: app:user/carol is the last member of app:group/writers")
    ]


def test_a_system_that_cannot_be_changed_is_held(company):
    company.person("carol", left=True)
    company.writers = {}

    planning = company.planned()

    assert planning.changes == []
    assert "guardrails cannot change app yet" in planning.held[0].reason


def test_addresses_beyond_the_allowlist_are_closed(company):
    company.declaration = Company(
        DECLARED
        + "networks: {office: {cidrs: [192.0.2.0/24]}}\n"
        + "allowlists: {api: {to: {app: 'auth/api'}, ports: [all], may-from: [office]}}\n"
    ).declaration
    api = company.app.add("auth", "api", addresses=("192.0.2.0/25", "198.51.100.0/24"))

    planning = company.planned()

    (change,) = planning.changes
    assert change.action == SetAddresses(target=api, rule=company.app.ref("rule", "api"), addresses=("192.0.2.0/25",))
    assert change.edits[0].reads == "- addresses 198.51.100.0/24"


def test_a_change_that_would_make_a_finding_elsewhere_is_held_and_the_others_are_made(company):
    """Who is in the group has the role: without the group, what they hold in the application would be undeclared."""
    company.declaration = Company(
        DECLARED
        + "entitlements: {in-ops: {dir: {member-of: [group/ops]}}, read-cdr: {app: {cdr: [read]}}}\n"
        + 'roles: {oncall: {members: ["dir:group/ops"], may: [read-cdr]}, ops: {members: ["person:bob"], may: [in-ops]}}\n'
    ).declaration
    company.dir.policies["ops"] = frozenset({("member-of", "group/ops")})
    company.person("carol", policies=("reader",))
    company.person("bob")
    company.person("dan", left=True)
    company.dir.add("group", "ops", member=("bob", "carol"), policies=("ops",))

    planning = company.planned()

    assert made(planning) == [("Disable", "app:user/dan")]
    (held,) = (held for held in planning.held if held.subject == "dir:user/carol")
    assert held.reason == (
        "dir:user/carol out of dir:group/ops: it would make GR101: app:user/carol may do more than person carol declares"
    )


def test_beyond_the_limit_nothing_more_is_tried(company):
    company.declaration = Company(DECLARED + "apply: {limits: {changes: 2}}\n").declaration
    for name in ("ann", "bob", "carol", "dan"):
        company.person(name, left=True)

    planning = company.planned()

    assert len(planning.changes) == 3
    assert [held.reason for held in planning.held if held.subject == "person:dan"] == [
        "not tried: the plan makes more changes already than one plan may (2)"
    ]


def test_a_policy_that_gives_what_is_too_much_after_another_one_is_dropped_too(company):
    """Found by a law: the first excess is of `both` alone, and `writer` shows when that one is gone."""
    company.app.policies["both"] = frozenset({("read", "cdr"), ("write", "cdr")})
    company.person("carol", policies=("both", "writer"))

    assert [change.action.policy.name for change in company.planned().changes] == ["both", "writer"]


def test_who_lacks_a_part_of_what_is_declared_keeps_the_rest(company):
    """Seen with a denial beside a policy: the floor was not held whole, so it was not asked whether a part of it goes."""
    text = ROLES.replace("{cdr: [read]}", "{cdr: [read, update]}")
    company.declaration = Company(DECLARED + text).declaration
    company.app.policies["both"] = frozenset({("read", "cdr"), ("delete", "cdr")})
    company.person("carol", policies=("both",))

    planning = company.planned()

    assert planning.changes == []
    assert "would lose read-cdr, or a part of it" in next(held.reason for held in planning.held if held.control == "GR101")
