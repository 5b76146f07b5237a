"""What gets no change says why, and what a person can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.drift.covers import Covers
from guardrails.model.facts import Exposure, Principal
from guardrails.model.findings import Difference, Finding
from guardrails.model.words import Direction, Kind, PrincipalForm, Severity, State, Verdict
from guardrails.plan.proposals import proposals
from plan.companies import DECLARED, Company

OFFICE = "networks: {office: {cidrs: [192.0.2.0/24]}}\nallowlists: {api: {to: {app: 'auth/api'}, ports: [all], may-from: [office]}}\n"


@pytest.fixture
def company():
    return Company(DECLARED + OFFICE)


def finding(company, kind=Kind.LEAVER, places=(), **more):
    found = Difference(kind=kind, system="app", cause="c", subject="s", message="it is so", places=places, **more)
    return Finding(id="f", control="GR201", severity=Severity.HIGH, difference=found)


def reasons(company, found):
    world = company.world()
    return [getattr(one, "reason", "") for one in proposals(world, Covers(world), found)]


def test_what_is_not_certain_gets_no_change(company):
    assert reasons(company, finding(company, verdict=Verdict.UNKNOWN)) == ["cannot tell: it is so"]


def test_a_kind_without_a_remedy_gets_no_change(company):
    assert reasons(company, finding(company, Kind.ASSET_UNDECLARED)) == ["guardrails makes no change for this kind of finding"]


def test_an_account_of_a_leaver_that_was_not_seen_is_held(company):
    company.person("carol", left=True)
    company.app.facts.append(
        Principal(ref=company.app.ref("user", "unseen"), form=PrincipalForm.USER, state=State.UNKNOWN, names=(("uid", "carol"),))
    )

    found = reasons(company, finding(company, places=(company.app.ref("user", "carol"),)))

    assert list(filter(None, found)) == ["whether it is active was not seen"]


def rule(company, **more):
    api = company.app.add("auth", "api")
    made = Exposure(ref=company.app.ref("rule", "r"), target=api, direction=Direction.IN, ports=("all",), addresses=("198.51.100.0/24",))
    company.app.facts.append(replace(made, **more))
    return finding(company, Kind.EXPOSURE_EXCESS, (api,))


def test_a_rule_that_would_let_in_nobody_is_for_its_owner(company):
    company.app.add("auth", "api", addresses=("198.51.100.0/24",))

    planning = company.planned()

    assert planning.changes == []
    assert [held.reason for held in planning.held if held.control == "GR301"] == ["app:auth/api: app:rule/api would let in nobody"]


def test_a_rule_that_names_a_list_is_not_changed_itself(company):
    assert "names app:list/l in place of addresses" in reasons(company, rule(company, through=company.app.ref("list", "l")))[0]


def test_a_rule_within_its_allowlist_needs_nothing(company):
    assert reasons(company, rule(company, addresses=("192.0.2.0/25",))) == []


def test_what_is_allowed_must_be_known():
    text = "networks: {office: {inventory: {system: inv, prefixes: {role: office}}}}\n" + OFFICE.splitlines()[1] + "\n"
    company = Company((DECLARED + text).replace("app: {connector: vault}", "app: {connector: vault}, inv: {connector: netbox}"))
    company.systems["inv"] = type(company.app)("inv")

    assert "what is allowed is not known: network office" in reasons(company, rule(company))[0]
