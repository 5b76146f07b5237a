"""Laws of planning, from random companies: a plan leaves nothing new, ends what it is for, and is all that there is to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.changes import Effect, edited
from plan.companies import DECLARED, Company

PEOPLE = ("ann", "bob", "carol")
POLICIES = {
    "reader": frozenset({("read", "cdr")}),
    "writer": frozenset({("update", "cdr")}),
    "both": frozenset({("read", "cdr"), ("update", "cdr")}),
}
DECLARATION = (
    DECLARED
    + "entitlements: {read-cdr: {app: {cdr: [read]}}, write-cdr: {app: {cdr: [update]}}}\n"
    + "roles:\n"
    + '  readers: {members: ["person:ann", "person:bob"], may: [read-cdr], must: [read-cdr]}\n'
    + '  writers: {members: ["dir:group/writers"], may: [write-cdr]}\n'
    + "apply: {limits: {changes: 100, percent: 100, per-person: 100}}\n"
)
held = st.lists(st.sampled_from(sorted(POLICIES)), unique=True, max_size=2).map(tuple)
members = st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple)
companies = st.fixed_dictionaries(
    {
        "people": st.fixed_dictionaries({name: st.tuples(st.booleans(), held) for name in PEOPLE}),
        "groups": st.dictionaries(st.sampled_from(["one", "two"]), st.tuples(members, held), max_size=2),
        "writers": members,
    }
)


def company_of(drawn) -> Company:
    company = Company(DECLARATION)
    company.app.policies = dict(POLICIES)
    for name, (left, policies) in drawn["people"].items():
        company.person(name, left=left, policies=policies)
    for name, (listed, policies) in drawn["groups"].items():
        company.app.add("group", name, member=listed, policies=policies)
    company.dir.add("group", "writers", member=drawn["writers"])
    return company


def apply(company: Company, changes) -> None:
    for change in changes:
        system = company.systems[change.ref.system]
        assert system.held[change.ref].fingerprint == change.before
        system.write(change.ref, system.held[change.ref], edited(system.held[change.ref], change.edits))
        assert system.held[change.ref].fingerprint == change.after


@given(companies)
def test_a_plan_makes_no_finding_and_is_all_that_there_is_to_do(drawn):
    company = company_of(drawn)
    before = {finding.id for finding in company.findings()}
    planning = company.planned()

    apply(company, planning.changes)

    after = {finding.id for finding in company.findings()}
    assert after <= before
    told = {one.finding for one in planning.held}
    assert {change.finding for change in planning.changes} & after <= told, "what a plan does not end it says"
    assert before - {change.finding for change in planning.changes} <= told | (before - after)
    assert company.planned().changes == []


@given(companies)
def test_nobody_gains_by_a_plan_and_the_same_world_gives_the_same_plan(drawn):
    company = company_of(drawn)
    held = company.world().meanings["app"].held
    planning = company.planned()

    assert planning.changes == company.planned().changes
    assert {change.effect for change in planning.changes} <= {Effect.NARROWS, Effect.NEUTRAL}
    apply(company, planning.changes)
    assert all(now <= held[ref] for ref, now in company.world().meanings["app"].held.items())
