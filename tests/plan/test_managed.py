"""What something else writes is never written behind its back: it gets a proposal, and only one that is sound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.model.changes import DetachPolicy, Disable
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.plan.document import parse_plan, plan_bytes
from guardrails.plan.managed import managed_by
from guardrails.reports.plan import plan_as_text
from plan.companies import DECLARED, Company
from plan.plans import plan_of

TERRAFORM = 'apply: {managed-by: {terraform: {tag: "managed-by=terraform", told-by: [git_file, line]}}}\n'
TAGS = (("git_file", "infra/people.tf"), ("line", "12"), ("managed-by", "terraform"), ("team", "core"))


def company_with(declared: str = TERRAFORM) -> Company:
    made = Company(DECLARED + declared)
    made.person("bob", policies=("base", "extra"))
    made.app.policies |= {"base": frozenset(), "extra": frozenset({("read", "payroll")})}
    return made


def tagged(company: Company, name: str, **more: object) -> None:
    """What is seen of somebody says more than the system in memory can."""
    observed = company.app.observed

    def seen(at):
        found = observed(at)
        facts = tuple(replace(f, **more) if isinstance(f, Principal) and f.ref.name == name else f for f in found.facts)
        return replace(found, facts=facts)

    company.app.observed = seen


def test_nothing_else_writes_what_is_not_marked():
    company = company_with()

    (change,) = company.planned().changes
    assert isinstance(change.action, DetachPolicy)


@pytest.mark.parametrize(
    ("declared", "marks", "name", "proposal"),
    [
        (TERRAFORM, {"tags": TAGS}, "terraform", "git_file infra/people.tf, line 12: - policies extra"),
        ("", {"managed_by": "stacks"}, "stacks", "- policies extra"),
        (TERRAFORM, {"managed_by": "terraform", "tags": (("line", "3"),)}, "terraform", "line 3: - policies extra"),
        ("apply: {managed-by: {tool: {tag: team}}}\n", {"tags": TAGS}, "tool", "- policies extra"),
        ('apply: {managed-by: {tool: {objects: ["app:user/bob"]}}}\n', {}, "tool", "- policies extra"),
    ],
)
def test_what_something_else_writes_gets_a_proposal(declared, marks, name, proposal):
    company = company_with(declared)
    tagged(company, "bob", **marks)

    planning = company.planned()

    assert planning.changes == []
    (held,) = [one for one in planning.held if one.proposal]
    assert (held.control, held.proposal) == ("GR101", proposal)
    assert held.reason == f"app:policy/extra off app:user/bob: it is managed by {name}, which would undo the change"
    assert held.remedy == f"change it in {name}"


@pytest.mark.parametrize(
    ("declared", "tags"),
    [
        (TERRAFORM, (("managed-by", "hand"),)),
        (TERRAFORM, (("managed-by-x", "terraform"),)),
        ('apply: {managed-by: {tool: {objects: ["app:user/carol"]}}}\n', ()),
        ("apply: {managed-by: {tool: {}}}\n", TAGS),
    ],
)
def test_what_is_marked_otherwise_is_ours(declared, tags):
    company = company_with(declared)
    tagged(company, "bob", tags=tags)

    assert len(company.planned().changes) == 1


def test_a_leaver_whose_account_something_else_writes_is_for_that_one_in_every_part():
    company = Company(DECLARED + TERRAFORM)
    company.person("carol", left=True)
    company.app.add("group", "ops", member=("carol", "carol-2"))
    company.app.add("user", "carol-2")
    tagged(company, "carol", tags=TAGS)

    planning = company.planned()

    assert [type(change.action) for change in planning.changes] == []
    said = sorted(one.proposal for one in planning.held if one.proposal)
    assert said == ["git_file infra/people.tf, line 12: + disabled true", "git_file infra/people.tf, line 12: - member carol"]


def test_a_group_that_something_else_writes_is_not_patched_for_an_account_that_is_ours():
    company = Company(DECLARED + TERRAFORM)
    company.person("carol", left=True)
    company.app.add("group", "ops", member=("carol", "carol-2"))
    company.app.add("user", "carol-2")
    tagged(company, "ops", tags=TAGS)

    planning = company.planned()

    assert [type(change.action) for change in planning.changes] == [Disable]
    assert [one.proposal for one in planning.held if one.proposal] == ["git_file infra/people.tf, line 12: - member carol"]


def test_what_is_not_sound_is_not_proposed_either():
    """A policy that gives what is declared too stays, whoever writes it."""
    entitled = "entitlements: {read: {app: {payroll: [read]}}}\nworkloads: {bob: {is: ['app:user/bob'], may: [read]}}\n"
    company = company_with(TERRAFORM + entitled)
    company.app.policies["extra"] = frozenset({("read", "payroll"), ("write", "payroll")})
    tagged(company, "bob", tags=TAGS)

    planning = company.planned()

    assert planning.changes == []
    assert [one.proposal for one in planning.held if one.proposal] == []


def test_a_permission_set_is_changed_as_such_and_never_in_an_account():
    company = company_with("")
    ref = Ref(system="app", realm="", kind="permission-set", id="r", name="Oncall")

    found = managed_by(company.world())(ref)

    assert (found.by.name, found.where) == ("identity-center", "the permission set Oncall")
    assert managed_by(company.world())(replace(ref, kind="role")) is None


def test_a_proposal_stands_in_the_plan_and_is_shown():
    company = company_with()
    tagged(company, "bob", tags=TAGS)
    plan = plan_of(held=tuple(company.planned().held))

    assert parse_plan(plan_bytes(plan)) == plan
    assert "       propose: git_file infra/people.tf, line 12: - policies extra" in plan_as_text(plan, "d")
