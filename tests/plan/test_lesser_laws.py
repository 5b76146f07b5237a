"""Laws of ending access that is too much, from random accounts: nobody gains, what is declared stays, others keep what they have."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.connectors.aws import CONNECTOR
from guardrails.model.actions import Replaces
from guardrails.model.changes import edited
from guardrails.model.findings import Witness
from guardrails.model.steps import way
from plan.accounts import ADMIN, Company, allow, deny, own

DECLARED = """\
entitlements:
  read: {aws: {allow: ["s3:GetObject", "s3:ListBucket"], resources: ["arn:aws:s3:::cdr*"]}}
  write: {aws: {allow: ["s3:Put*"], resources: ["arn:aws:s3:::cdr/*"]}}
  send: {aws: {allow: ["sqs:*"], resources: ["*"]}}
workloads:
  one: {is: ["aws:role/one", "aws:user/one"], may: [read], must: [read]}
  two: {is: ["aws:role/two", "aws:user/two"], may: [read, write], must: [write]}
  six: {is: ["aws:role/six", "aws:user/six"], may: [write, send]}
"""
pytestmark = pytest.mark.timeout(900)
NAMES = ("one", "two", "six")
ACTIONS = ("s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject", "sqs:SendMessage", "sqs:DeleteQueue", "ec2:RunInstances")
RESOURCES = ("arn:aws:s3:::cdr", "arn:aws:s3:::cdr/x", "arn:aws:s3:::other/x", "arn:aws:sqs:eu-north-1:111122223333:q", "*")
REQUESTS = tuple(product(ACTIONS, RESOURCES))

statements = st.lists(
    st.builds(
        lambda effect, action, place: effect(action, place),
        st.sampled_from([allow, allow, allow, deny]),
        st.sampled_from(["*", "s3:*", "s3:Get*", "sqs:*", ["s3:GetObject", "s3:PutObject"], *ACTIONS]),
        st.sampled_from(["*", "arn:aws:s3:::cdr/*", "arn:aws:s3:::*"]),
    ),
    min_size=1,
    max_size=2,
)
attached = st.lists(st.sampled_from([ADMIN, own("first"), own("second")]), unique=True, max_size=2)
groups = st.lists(st.sampled_from(["ops"]), unique=True)
companies = st.fixed_dictionaries(
    {
        "first": statements,
        "second": statements,
        "roles": st.fixed_dictionaries(dict.fromkeys(NAMES[:2], attached)),
        "users": st.fixed_dictionaries(dict.fromkeys(NAMES[1:], st.tuples(attached, groups))),
        "groups": st.fixed_dictionaries(dict.fromkeys(("ops",), attached)),
    }
)


def company_of(drawn) -> Company:
    company = Company(DECLARED + "apply: {limits: {changes: 100, percent: 100, per-person: 100}}\n")
    company.policy(ADMIN, allow("*"))
    for name in ("first", "second"):
        company.policy(own(name), *drawn[name])
    for name, policies in drawn["roles"].items():
        company.add("role", name, attached=policies)
    for name, (policies, member_of) in drawn["users"].items():
        company.add("user", name, attached=policies, groups=member_of)
    for name, policies in drawn["groups"].items():
        company.add("group", name, attached=policies)
    return company


def allowed(company: Company) -> dict[str, set[tuple[str, str]]]:
    """What the evaluator lets each user and role do, by its name and kind."""
    means = CONNECTOR.meaning(company.observed())
    return {
        str(ref): {
            request for request in REQUESTS if means.replay(ref, Witness(principal=ref.name, action=request[0], resource=request[1]))
        }
        for ref in company.held
        if ref.kind != "group"
    }


def declared_for(name: str) -> set[tuple[str, str]]:
    """By the words of the declaration above."""
    may = {"one": ("read",), "two": ("read", "write"), "six": ("write", "send")}[name]
    found = set()
    for action, resource in REQUESTS:
        is_cdr = resource.startswith("arn:aws:s3:::cdr")
        found |= {(action, resource)} if "read" in may and action in ACTIONS[:2] and is_cdr else set()
        found |= {(action, resource)} if "write" in may and action == "s3:PutObject" and resource.startswith("arn:aws:s3:::cdr/") else set()
        found |= {(action, resource)} if "send" in may and action.startswith("sqs:") else set()
    return found


@settings(max_examples=settings.default.max_examples // 4)
@given(companies)
def test_nobody_gains_what_is_declared_stays_and_what_is_ended_is_over(drawn):
    company = company_of(drawn)
    before, ids = allowed(company), {one.id for one in company.findings()}
    planning = company.planned()

    company.apply(planning.changes)

    after = allowed(company)
    for who, held in before.items():
        name = who.rpartition("/")[2]
        assert after[who] <= held, f"{who} gains"
        assert held & declared_for(name) <= after[who], f"{who} misses what is declared"
    told = {one.finding for one in planning.held}
    left = {one.id for one in company.findings() if one.control == "GR101"}
    assert left <= told, "what a plan does not end it says"
    assert {one.id for one in company.findings()} <= ids


@settings(max_examples=settings.default.max_examples // 4)
@given(companies)
def test_who_is_in_no_change_keeps_all_and_no_moment_between_is_worse(drawn):
    company = company_of(drawn)
    planning, before = company.planned(), allowed(company)
    held = dict(company.held)
    for change in planning.changes:
        if change.ref in company.held:
            start = company.held[change.ref]
            for image in way(change.action, change.edits, start, edited(start, change.edits))[1:-1]:
                company.held[change.ref] = image
                now = allowed(company)[str(change.ref)]
                company.held[change.ref] = start
                assert now <= before[str(change.ref)]
                assert allowed(company)[str(change.ref)] & declared_for(change.ref.name) <= now
        company.apply([change])
    touched = {change.ref for change in planning.changes}
    assert all(company.held[ref] == held[ref] for ref in held if ref not in touched)
    for change in planning.changes:
        if isinstance(change.action, Replaces):
            assert change.action.own not in touched


@settings(max_examples=settings.default.max_examples // 4)
@given(companies)
def test_the_same_account_gives_the_same_plan(drawn):
    assert company_of(drawn).planned().changes == company_of(drawn).planned().changes
