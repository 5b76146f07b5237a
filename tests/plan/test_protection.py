"""Nothing is taken from what is protected, whatever is found about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.actions import involved
from guardrails.model.changes import Limits
from guardrails.plan.hazards import hazards, of_changes
from guardrails.plan.planning import Planning, objects
from guardrails.plan.protection import Protected
from guardrails.testing.remedied import memory_meaning
from plan.companies import DECLARED, Company
from plan.plans import AT, change_of

PEOPLE = ("ann", "bob", "carol", "dan")
GROUPS = ("ops", "admins", "root")


def rules(found):
    return [hazard.rule for hazard in found]


def reasons(planning):
    return [held.reason for held in planning.held]


def limited(**limits: int) -> str:
    written = ", ".join(f"{name.replace('_', '-')}: {value}" for name, value in limits.items())
    return f"{DECLARED}apply: {{limits: {{{written}}}}}\n"


def planned(company: Company, protected: Protected) -> Planning:
    world, findings = company.world(), company.findings()
    images = {ref: company.systems[ref.system].current(ref) for ref in objects(world, findings, company.writers)}
    planning = Planning(world, images, company.writers, memory_meaning, protected)
    planning.plan(findings)
    return planning


def test_what_is_never_to_be_touched_is_held_and_still_reported():
    company = Company(DECLARED + 'apply: {never: {"app:user/carol": any}}\n')
    company.person("carol", left=True)

    planning = company.planned()

    assert planning.changes == []
    assert ["app:user/carol is protected: nothing is taken from it (file.yaml:4)" in reason for reason in reasons(planning)] == [True]


def test_a_group_that_is_protected_keeps_its_members():
    company = Company(DECLARED + 'apply: {never: {"app:group/ops": any}}\n')
    company.person("carol", left=True)
    company.person("bob")
    company.app.add("group", "ops", member=("carol", "bob"))

    assert [str(change.ref) for change in company.planned().changes] == ["app:user/carol"]


def test_an_account_for_emergencies_is_protected():
    company = Company(DECLARED + 'emergency: {bg-1: {principals: ["app:user/carol"]}}\n')
    company.person("carol", left=True)

    assert company.planned().changes == []


@pytest.mark.parametrize(
    ("declared", "fields", "is_theirs"),
    [
        ("{tag: 'made-by=terraform'}", {"tag made-by": ("terraform",)}, True),
        ("{tag: stack}", {"tag stack": ("net",)}, True),
        ("{tag: 'made-by=terraform'}", {"tag made-by": ("hand",)}, False),
        ("{tag: 'made-by=terraform'}", {}, False),
    ],
)
def test_what_something_else_is_declared_to_write_is_not_changed_behind_its_back(declared, fields, is_theirs):
    company = Company(DECLARED + f"apply: {{managed-by: {{terraform: {declared}}}}}\n")
    company.person("carol", left=True, **fields)

    planning = company.planned()

    assert bool(planning.changes) is not is_theirs
    told = "app:user/carol: it is managed by terraform, which would undo the change"
    assert [told in reason for reason in reasons(planning)][:1] == [True] * is_theirs


def test_guardrails_does_not_lock_itself_out_by_a_group_either():
    company = Company()
    carol = company.person("carol", left=True)
    company.person("bob")

    assert planned(company, Protected(own=frozenset({carol}))).changes == []


def test_whose_signature_counts_is_not_touched_before_the_roster_is():
    company = Company()
    company.person("carol", left=True)

    planning = planned(company, Protected(approvers=frozenset({"carol"})))

    assert planning.changes == []
    assert "have the roster changed first" in reasons(planning)[0]


def test_a_protected_name_that_nobody_has_stops_the_plan():
    company = Company(DECLARED + 'apply: {never: {"app:user/guardrail": any}}\n')
    company.person("carol", left=True)
    company.person("bob")

    found = hazards(company.planned().changes, company.world(), {})

    assert rules(found) == ["protected-not-seen"]
    assert "app:user/guardrail is to be protected and was not seen" in found[0].message


@pytest.mark.parametrize(("most", "said"), [(2, ["changes-in-all"]), (3, [])])
def test_more_changes_than_the_limit_stop_the_plan(most, said):
    company = Company(limited(changes=most, percent=100))
    for name in ("ann", "bob", "carol"):
        company.person(name, left=True)
    company.person("dan")

    found = hazards(company.planned().changes, company.world(), {})

    assert rules(found) == said
    assert not said or found[0].message == "3 changes, and one plan may make 2"


@pytest.mark.parametrize(("percent", "said"), [(49, ["changes-in-percent"]), (50, [])])
def test_a_larger_part_of_a_kind_than_the_limit_stops_the_plan(percent, said):
    company = Company(limited(percent=percent))
    for name in PEOPLE:
        company.person(name, left=name in {"ann", "bob"})

    found = hazards(company.planned().changes, company.world(), {})

    assert rules(found) == said
    assert not said or found[0].message == "2 of 4 user of app lose something, and one plan may touch 1 (49 %)"


def test_one_object_may_always_be_touched():
    company = Company(limited(percent=0))
    company.person("ann", left=True)
    company.person("bob")

    assert hazards(company.planned().changes, company.world(), {}) == ()


def test_all_of_a_kind_is_never_closed():
    company = Company(limited(percent=100))
    company.person("ann", left=True)

    assert rules(hazards(company.planned().changes, company.world(), {})) == ["all-of-a-kind"]


def test_too_many_changes_of_one_person_stop_the_plan():
    company = Company(limited(per_person=2, percent=100))
    company.person("ann", left=True)
    company.person("bob")
    for name in ("one", "two"):
        company.app.add("group", name, member=("ann", "bob"))

    assert rules(hazards(company.planned().changes, company.world(), {})) == ["changes-of-one-person"]


def test_a_freeze_stops_every_plan_that_changes_anything():
    company = Company(DECLARED + 'apply: {freeze: "moving house"}\n')
    company.person("bob")
    assert hazards(company.planned().changes, company.world(), {}) == ()

    company.person("ann", left=True)
    found = hazards(company.planned().changes, company.world(), {})
    assert rules(found) == ["freeze"]
    assert found[0].message == "everything is frozen: moving house"


def test_an_observation_that_shrank_stops_the_plan():
    company = Company()
    company.person("ann", left=True)
    for name in ("bob", "carol", "dan"):
        company.person(name)
    last = {name: system.observed(AT) for name, system in company.systems.items()}
    del company.dir.held[company.dir.ref("user", "dan")]

    found = hazards(company.planned().changes, company.world(), last)

    # whoever the directory lost sight of looks like nobody
    assert rules(found) == ["changes-in-percent", "shrunken-observation"]
    assert found[1].message == "dir shows 3 Principal where 4 were seen at 2026-11-25 12:00 UTC"
    assert hazards((), company.world(), last) == ()


def test_a_plan_alone_tells_what_it_must_not_touch():
    applying = Company(DECLARED.replace("app:", "vault:") + 'apply: {never: {"vault:entity/carol": any}}\n').declaration.applying

    assert rules(of_changes([change_of("carol"), change_of("bob")], applying)) == ["protected"]
    assert Limits() == applying.limits


people = st.fixed_dictionaries({name: st.booleans() for name in PEOPLE})
members = st.fixed_dictionaries({group: st.sets(st.sampled_from(PEOPLE)) for group in GROUPS})
protections = st.lists(st.sampled_from([f"user/{name}" for name in PEOPLE] + [f"group/{name}" for name in GROUPS]), unique=True, max_size=3)


@given(people, members, protections, st.sets(st.sampled_from(PEOPLE)), st.sets(st.sampled_from(PEOPLE)))
def test_from_no_state_is_anything_taken_from_what_is_protected(left, groups, never, own, approvers):
    written = ", ".join(f'"app:{name}": any' for name in never)
    company = Company(f"{DECLARED}apply: {{never: {{{written}}}}}\n")
    for name, gone in left.items():
        company.person(name, left=gone)
    for name, listed in groups.items():
        company.app.add("group", name, member=tuple(sorted(listed)), policies=("p",))
    company.app.policies["p"] = frozenset({("read", "x")})
    mine = frozenset(company.app.ref("user", name) for name in own)

    changes = planned(company, Protected(own=mine, approvers=frozenset(approvers))).changes

    touched = {ref for change in changes for ref in involved(change.action)}
    assert not {f"{ref.kind}/{ref.name}" for ref in touched} & set(never)
    assert not touched & mine
    assert not {ref.name for ref in touched} & approvers
    for name, listed in groups.items():
        gone = {change.action.member.name for change in changes if change.ref == company.app.ref("group", name)}
        assert not listed or gone < listed
