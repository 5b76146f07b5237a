"""Plans that a real Terraform made: what they are taken to make is what the server held once they were applied."""

from __future__ import annotations

import json

import pytest
from terraform_plans import CASES, applied, facts, gaps, in_form, only, recorded

from guardrails.model.facts import AddressList, DefaultEncryption, Exposure, Key, Policy, Principal, Protection
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, EdgeKind

WHOLE = tuple(case for case in CASES if case != "shapes")
UNKNOWN = "is not known before it is made"
UNMODELLED = AtRest.NONE
"""What moto says of a bucket of which nothing was asked; AWS encrypts it (S3 User Guide, "Default encryption")."""


def known_as(observation: Observation):
    """What AWS gives an id, by the name that people gave it: keys by an alias or where they are used."""
    aliases = {
        fact.resource: next((name for name in fact.aliases if name.startswith("alias/")), "")
        for fact in observation.facts
        if isinstance(fact, Key)
    }

    def name(ref: Ref | str) -> str:
        text = ref if isinstance(ref, str) else f"{ref.kind} {ref.name}"
        for arn, alias in aliases.items():
            text = text.replace(arn, alias).replace(arn.rpartition("/")[2], alias)
        for rule in observation.facts:
            if isinstance(rule, Exposure):
                text = text.replace(rule.target.id, rule.target.name)
            if isinstance(rule, AddressList):
                text = text.replace(rule.ref.id, rule.ref.name)
        return text

    return name


def said(observation: Observation) -> dict[str, set[object]]:
    """Everything that is judged, without ids and moments."""
    name = known_as(observation)
    of = {
        form: [fact for fact in observation.facts if isinstance(fact, form)] for form in (Principal, Key, Protection, Exposure, AddressList)
    }
    return {
        "principals": {(name(fact.ref), fact.form, fact.resource, fact.tags) for fact in of[Principal]},
        "keys": {(name(fact.ref), fact.custody, fact.state, fact.rotation_days) for fact in of[Key]},
        "levels": {
            (name(fact.asset), fact.at_rest, name(fact.key)) for fact in of[Protection] if fact.at_rest not in {AtRest.SERVICE, UNMODELLED}
        },
        "rules": {(name(fact.target), fact.ports, fact.addresses, name(fact.through) if fact.through else "") for fact in of[Exposure]},
        "lists": {(fact.ref.name, fact.addresses) for fact in of[AddressList]},
        "edges": {(edge.kind, name(edge.source), name(edge.target)) for edge in observation.edges},
        "volumes": {(fact.ref.name, fact.at_rest) for fact in observation.facts if isinstance(fact, DefaultEncryption)},
    }


def statements(observation: Observation) -> dict[str, list[dict[str, object]]]:
    name = known_as(observation)
    return {name(fact.ref): json.loads(fact.text)["Statement"] for fact in observation.facts if isinstance(fact, Policy)}


def listed(value: object) -> set[object]:
    return {json.dumps(one, sort_keys=True) for one in (value if isinstance(value, list) else [value])}


@pytest.mark.parametrize("form", ["0.1", "0.2", "1.0", "1.1", "1.2"])
@pytest.mark.parametrize("case", WHOLE)
def test_what_a_plan_makes_is_what_the_server_holds_once_it_is_applied(case, form):
    plan, before, after = recorded(case)
    outcome = applied(plan if form == "1.2" else in_form(plan, form), before)

    assert (outcome.untold, gaps(outcome)) == ((), [gap.message for gap in after.gaps])
    assert said(only(outcome)) == said(after)


@pytest.mark.parametrize("case", WHOLE)
def test_documents_that_are_rebuilt_allow_no_less_than_those_that_are_made(case):
    plan, before, after = recorded(case)
    will, made = statements(only(applied(plan, before))), statements(after)

    assert will.keys() == made.keys()
    for name, real in made.items():
        for mine, one in zip(will[name], real, strict=True):
            assert mine["Effect"] == one["Effect"]
            assert listed(mine.get("Action")) == listed(one.get("Action"))
            assert mine.get("Condition") == one.get("Condition")
            assert listed(mine.get("Resource")) >= listed(one.get("Resource"))


def test_what_a_plan_does_not_tell_is_told():
    plan, before, _ = recorded("shapes")
    outcome = applied(plan, before)

    assert sorted(gaps(outcome)) == [
        "aws_iam_role_policy.encoded: the document of app/encoded is not known before it is made: it hangs on aws_sns_topic.alarms.arn",
        f"aws_iam_role_policy.hidden: the document of app/hidden {UNKNOWN}: data.aws_iam_policy_document.both: it hangs on local.topic",
        f"aws_iam_role_policy.sensitive: the document of app/sensitive {UNKNOWN}: it is marked as sensitive, so it is not read",
        "aws_sns_topic.alarms: aws_sns_topic speaks of access, exposure or encryption, and is not understood",
    ]
    assert any("kept" in note for note in outcome.notes)
    assert set(facts(outcome, Exposure)) == {"22/tcp from 192.0.2.0/24", "22/tcp from 0.0.0.0/0"}


@pytest.mark.parametrize("case", CASES)
def test_no_secret_of_a_plan_is_in_what_comes_of_it(case):
    plan, before, _ = recorded(case)
    outcome = applied(plan, before)
    tag = ("secret", "CANARY-tag")

    assert "CANARY" in json.dumps(plan) or case == "reached"
    assert "CANARY" not in repr((outcome.untold, outcome.assumed, outcome.notes, gaps(outcome)))
    assert "CANARY" not in repr(only(outcome)).replace(repr(tag), "").replace(repr(("tag/secret", tag[1])), "")


def test_what_is_replaced_under_its_name_keeps_its_identity():
    plan, before, _ = recorded("access")
    for entry in plan["resource_changes"]:
        if entry["address"] == "aws_iam_role.ci":
            entry["change"]["actions"] = ["delete", "create"]
    ids = {fact.ref.name: fact.ref.id for fact in before.facts if isinstance(fact, Principal)}
    will = {fact.ref.name: fact.ref.id for fact in only(applied(plan, before)).facts if isinstance(fact, Principal)}

    assert will["ci"] == ids["ci"]


def test_a_plan_leaves_what_it_does_not_change_as_it_was_observed():
    plan, before, _ = recorded("access")
    for entry in plan["resource_changes"]:
        entry["change"]["actions"] = ["no-op"] if entry["mode"] == "managed" else ["read"]
    outcome = with_nothing = applied(plan, before)

    assert outcome.evaluated > 0
    assert all(edited == before for edited in with_nothing.edited)
    assert {edge.kind for edge in before.edges} >= {EdgeKind.IDENTITY_POLICY}
