"""Access that is too much where the policy that gives it stays as it is: a policy of the holder's own in its place, or a denial beside it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from guardrails.connectors.aws import CONNECTOR
from guardrails.model.actions import AddDenial, DetachPolicy, RemoveMember, ReplaceMembership, ReplacePolicy, RewritePolicy
from guardrails.model.applying import ACTIONS, Standing
from guardrails.model.changes import Effect, Restore
from guardrails.model.findings import Witness
from guardrails.model.past import Log, Past
from guardrails.model.steps import way
from guardrails.model.words import Kind, Verdict
from guardrails.plan.standing import consent_of
from guardrails.plan.used import Used
from guardrails.reports.plan import plan_as_text
from plan.accounts import ADMIN, Company, allow, deny, own
from plan.plans import AT, plan_of

DECLARED = """\
entitlements:
  read: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}
  write: {aws: {allow: ["s3:PutObject"], resources: ["arn:aws:s3:::cdr/*"]}}
workloads:
  app: {is: ["aws:role/app", "aws:user/app"], may: [read], must: [read]}
  other: {is: ["aws:role/other", "aws:user/other"], may: [read, write]}
"""
READ, WRITE = allow("s3:GetObject", "arn:aws:s3:::cdr/*"), allow("s3:PutObject", "arn:aws:s3:::cdr/*")
BOTH = allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::cdr/*")


@pytest.fixture
def company():
    made = Company(DECLARED)
    made.policy(ADMIN, allow("*"))
    made.policy(own("both"), BOTH)
    return made


def forms(planning):
    return [type(change.action) for change in planning.changes]


def reasons(planning):
    return [held.reason for held in planning.held if held.control == "GR101"]


def test_a_policy_of_aws_goes_and_what_is_declared_of_it_comes(company):
    app = company.add("role", "app", attached=[ADMIN])

    (change,) = company.planned().changes

    assert isinstance(change.action, ReplacePolicy)
    assert [(edit.field, len(edit.removes), len(edit.adds)) for edit in change.edits] == [
        ("inline/guardrails-declared", 0, 1),
        ("policy", 1, 0),
    ]
    assert (change.effect, change.undo, change.ref) == (Effect.NARROWS, Restore(), app)
    assert any(told.startswith(f"{app} loses ") for told in change.breaks)
    company.apply([change])
    assert company.inline(app, "guardrails-declared") == [{**READ, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::cdr/*"]}]
    assert not company.held[app].values("policy")
    assert company.excess() == set()
    assert "GR102" not in {finding.control for finding in company.findings()}


def test_a_policy_that_others_are_declared_for_is_replaced_for_one_holder_alone(company):
    app, other = company.add("role", "app", attached=[own("both")]), company.add("role", "other", attached=[own("both")])
    before = company.held[other], company.managed[own("both")]

    planning = company.planned()

    assert forms(planning) == [ReplacePolicy]
    assert planning.held == []
    company.apply(planning.changes)
    assert (company.held[other], company.managed[own("both")]) == before
    assert company.inline(app, "guardrails-declared")
    assert company.excess() == set()


@pytest.mark.parametrize("attached", [[ADMIN], [own("both")], [ADMIN, own("both")]], ids=["replaced", "rewritten", "several"])
def test_one_cause_in_several_holders_is_ended_for_all_of_them_by_one_plan(company, attached):
    """A number that is one role and another user, as systems count that give each kind numbers of its own."""
    role, user = (company.add(kind, "app", attached=attached) for kind in ("role", "user"))
    (finding,) = (found for found in company.findings() if found.control == "GR101")
    assert finding.difference.places == (role, user)

    planning = company.planned()

    assert planning.held == []
    assert {change.finding for change in planning.changes} == {finding.id}
    company.apply(planning.changes)
    assert company.excess() == set()


def test_what_is_held_of_one_holder_takes_nothing_from_what_is_made_for_another(company):
    company.declaration = Company(DECLARED + 'apply: {managed-by: {terraform: {tag: "made-by=terraform"}}}\n').declaration
    company.add("role", "app", attached=[ADMIN])
    user = company.add("user", "app", attached=[ADMIN], tags={"made-by": "terraform"})

    planning = company.planned()

    assert [change.ref.kind for change in planning.changes] == ["role"]
    assert {(held.control, held.subject) for held in planning.held} == {("GR101", str(user))}


def test_what_is_not_certain_of_one_holder_is_not_changed_on_the_certainty_of_another(company):
    company.add("role", "app", attached=[ADMIN])
    company.policy(own("odd"), {**allow("*"), "Condition": {"StringSomehow": {"aws:UserAgent": "x"}}})
    user = company.add("user", "app", attached=[own("odd")])
    (finding,) = (found for found in company.findings() if found.control == "GR101")
    assert finding.difference.verdict is Verdict.VIOLATION

    planning = company.planned()

    assert [change.ref.kind for change in planning.changes] == ["role"]
    assert [held.subject for held in planning.held if held.reason.startswith("cannot tell: ")] == [str(user)]


def test_what_can_be_rewritten_for_all_is(company):
    company.add("role", "app", attached=[own("both")])

    assert forms(company.planned()) == [RewritePolicy]


def test_what_gives_nothing_declared_is_taken_off(company):
    company.policy(own("writes"), WRITE)
    company.add("role", "app", attached=[own("writes")], own=[READ])
    company.add("role", "other", attached=[own("writes")])

    assert forms(company.planned()) == [DetachPolicy]


def test_each_next_excess_gets_its_smallest_edit(company):
    """Replacing the second policy would do as well: after the first change the search begins again."""
    more = DECLARED.replace("may: [read, write]}", "may: [read, write, send]}") + "  "
    company.declaration = Company(more.replace("workloads:", '  send: {aws: {allow: ["sqs:*"], resources: ["*"]}}\nworkloads:')).declaration
    company.policy(own("a"), READ, allow("sqs:*"))
    company.policy(own("b"), WRITE, allow("s3:GetObject", "arn:aws:s3:::cdr/b/*"))
    company.add("role", "app", attached=[own("a"), own("b")])
    company.add("role", "other", attached=[own("a")])

    planning = company.planned()

    assert [(type(one.action), one.action.policy.name) for one in planning.changes] == [(ReplacePolicy, "a"), (RewritePolicy, "b")]
    company.apply(planning.changes)
    assert company.excess() == set()


def test_somebody_leaves_a_group_that_others_need_and_keeps_what_is_declared(company):
    app = company.add("user", "app", groups=["ops"])
    company.add("user", "other", groups=["ops"])
    ops = company.add("group", "ops", attached=[own("both")], own=[deny("s3:GetObject", "arn:aws:s3:::cdr/secret/*")])

    (change,) = (one for one in company.planned().changes if one.ref == app)

    assert isinstance(change.action, ReplaceMembership)
    assert [(edit.field, edit.removes) for edit in change.edits] == [("inline/guardrails-declared", ()), ("group", ("ops",))]
    before = company.held[ops]
    company.apply([change])
    assert deny("s3:GetObject", "arn:aws:s3:::cdr/secret/*") in company.inline(app, "guardrails-declared")
    assert (company.held[ops], company.held[app].values("group")) == (before, ())
    assert not any(subject.endswith("user/app") for subject in company.excess())


def test_the_last_member_of_a_group_is_denied_the_rest(company):
    app = company.add("user", "app", groups=["ops"])
    company.add("group", "ops", attached=[own("both")])

    changes = [one for one in company.planned().changes if one.ref == app]

    assert [type(one.action) for one in changes] == [AddDenial]
    company.apply(changes)
    assert company.inline(app, "guardrails-denied") == [{"Effect": "Deny", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::cdr/*"]}]
    assert not any(subject.endswith("user/app") for subject in company.excess())
    assert "GR102" not in {finding.control for finding in company.findings()}


def test_what_two_policies_give_alike_is_denied(company):
    """Neither of them alone has to do with it: without the one the other gives it all the same."""
    app = company.add("role", "app", attached=[ADMIN, own("both")])
    company.add("role", "other", attached=[own("both")])

    planning = company.planned()

    company.apply(planning.changes)
    assert company.excess() == set()
    assert AddDenial in forms(planning)
    assert company.inline(app, "guardrails-denied")


def test_a_name_that_is_taken_is_never_written_over(company):
    app = company.add("role", "app", attached=[ADMIN], **{"Guardrails-Declared": [deny("sqs:*")], "guardrails-declared-2": [deny("sqs:*")]})

    (change,) = company.planned().changes

    assert change.edits[0].field == "inline/guardrails-declared-3"
    assert company.held[app].values("inline/Guardrails-Declared")


def test_inline_policies_have_a_limit(company):
    large = [allow("s3:GetObject", [f"arn:aws:s3:::cdr/{'x' * 90}{number}/*" for number in range(19)])]
    company.add("user", "app", attached=[ADMIN], large=large)

    planning = company.planned()

    assert planning.changes == []
    assert any("the inline policies of a user may have 2048 characters" in why for why in reasons(planning))


def test_what_is_managed_elsewhere_is_proposed_there_and_not_worked_around(company):
    company.declaration = Company(DECLARED + 'apply: {managed-by: {terraform: {tag: "made-by=terraform"}}}\n').declaration
    company.add("role", "app", attached=[ADMIN], tags={"made-by": "terraform"})

    planning = company.planned()

    assert planning.changes == []
    proposed = next(held.proposal for held in planning.held if "guardrails-declared" in held.proposal)
    come, gone = proposed.split("; ")
    assert json.loads(come.removeprefix("+ inline/guardrails-declared "))["Statement"] == [
        {**READ, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::cdr/*"]}
    ]
    assert gone == f"- policy {ADMIN}"
    assert not any("guardrails-denied" in held.proposal for held in planning.held)


def test_what_was_used_keeps_the_policy(company):
    app = company.add("role", "app", attached=[ADMIN])
    asked = Witness(principal=f"arn:aws:iam::{app.realm}:role/app", action="s3:PutObject", resource="arn:aws:s3:::cdr/x")
    log = Log(system="aws", requests=(Past(holders=(app,), request=asked, times=1, last=AT),), others=0, since=AT, until=AT)

    planning = company.planned(Used([log]))

    assert planning.changes == []
    assert any("in the place of" in why and "used: " in why for why in reasons(planning))
    assert any("guardrails-denied" in why and "used: " in why for why in reasons(planning))


def test_who_may_do_nothing_is_not_denied_everything(company):
    company.declaration = Company('workloads: {app: {is: ["aws:user/app"], may: []}}\n').declaration
    company.add("user", "app", groups=["ops"])
    company.add("group", "ops", attached=[ADMIN])

    planning = company.planned()

    assert [one for one in planning.changes if one.ref.kind == "user"] == []
    assert any("it would be denied everything, for nothing of it is declared" in why for why in reasons(planning))


def test_what_no_policy_can_say_is_held_with_the_reason(company):
    """All of a service but some, in any of its resources, takes NotAction: that would deny other services too, whoever gives them."""
    company.declaration = Company(DECLARED.replace('"s3:GetObject"', '"ec2:Describe*"').replace("arn:aws:s3:::cdr/*", "*")).declaration
    company.add("user", "app", groups=["ops"])
    company.add("group", "ops", own=[allow("ec2:*")])

    planning = company.planned()

    assert [one for one in planning.changes if one.ref.kind == "user"] == []
    assert any("no policy can deny just what is too much: none denies ec2:" in why for why in reasons(planning))


@pytest.mark.parametrize(
    ("changes", "made"),
    [
        (("replace-policy",), [ReplacePolicy]),
        (("add-denial",), [AddDenial]),
        (("detach-policy", "rewrite-policy"), []),
        (ACTIONS, [ReplacePolicy]),
    ],
)
def test_a_standing_approval_names_them_one_by_one(company, changes, made):
    company.add("role", "app", attached=[ADMIN])
    standing = Standing(approved="ISG-2026-030", kinds=(Kind.ACCESS_EXCESS,), changes=changes, systems=("aws",), per_day=5, until=AT.date())

    planning = company.planned(consent=consent_of(standing, 5))

    assert forms(planning) == made
    assert made or any("does not name replace-policy, so members have to sign" in why for why in reasons(planning))


def test_a_plan_shows_what_the_policy_said_and_what_takes_its_place(company):
    company.add("role", "app", attached=[ADMIN])
    (change,) = company.planned().changes

    told = plan_as_text(plan_of(change), "d")

    assert "NARROW aws@111122223333:role/app" in told
    assert f"- policy {ADMIN}" in told
    assert '- {"Action": "*", "Effect": "Allow", "Resource": "*"}' in told
    assert '+ {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::cdr/*"]}' in told


def test_what_takes_the_place_comes_before_the_other_goes(company):
    app = company.add("role", "app", attached=[ADMIN])
    (change,) = company.planned().changes
    before = company.held[app]
    company.apply([change])

    first, between, last = way(change.action, change.edits, before, company.held[app])

    assert (first, last) == (before, company.held[app])
    assert between.values("policy") == (ADMIN,)
    assert between.values("inline/guardrails-declared")
    assert way(RemoveMember(group=app, member=app), change.edits, before, last) == (before, last)


def test_a_denial_that_would_allow_something_is_refused(company):
    app = company.add("role", "app")
    policy = replace(app, kind="inline-policy", id=f"{app.id}/guardrails-denied", name="app/guardrails-denied")
    action = AddDenial(holder=app, policy=policy, text=json.dumps({"Statement": [deny("s3:*"), allow("s3:*")]}))

    with pytest.raises(ValueError, match="would not only deny"):
        CONNECTOR.edits(action, company.held[app], {})
