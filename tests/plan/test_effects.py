"""What rewriting a policy, encrypting and rotating do is proven on what is seen before and after; in words of AWS, whose meaning can prove it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from guardrails import declare
from guardrails.connectors.aws import CONNECTOR
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.drift.covers import Covers
from guardrails.model.changes import Disable, Effect, RewritePolicy, SetAddresses, SetEncryption, SetRotation
from guardrails.model.facts import (
    Account,
    AddressList,
    Asset,
    Credential,
    DefaultEncryption,
    Edge,
    Exposure,
    Key,
    NotSeen,
    Policy,
    Principal,
    Protection,
)
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest, CredentialForm, Custody, Direction, EdgeKind, GapReason, PrincipalForm, State
from guardrails.plan.effect import effect
from guardrails.plan.hazards import hazards
from guardrails.plan.proposals import proposals
from guardrails.plan.stage import Stage
from plan.plans import AT, change_of

ACCOUNT = "111122223333"
DECLARED = """\
guardrails: 1
systems: {{aws: {{connector: aws, sets: {{prod: {{accounts: ["111122223333"]}}}}, read: {{role: r}}}}}}
classes: {{stored: {{at-rest: {level}, in-transit: tls1.2, rotation: 365d}}}}
teams: {{x: {{aws: group/x}}}}
assets: {{calls: {{class: stored, owner: "team:x", match: {{aws@prod: ["arn:aws:s3:::calls*"]}}}}}}
{more}
"""


def ref(kind, name, identifier=""):
    return Ref(system="aws", realm=ACCOUNT, kind=kind, id=identifier or f"id-{name}", name=name)


APP, BOB, WIDE = ref("role", "app"), ref("user", "bob"), ref("policy", "wide", f"arn:aws:iam::{ACCOUNT}:policy/wide")
CALLS, OTHER = ref("bucket", "calls", "arn:aws:s3:::calls"), ref("bucket", "calls-old", "arn:aws:s3:::calls-old")
KEY, EBS = ref("key", "k", f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k"), ref("ebs-default", "eu-north-1")
API, RULE, LIST = ref("security-group", "api"), ref("rule", "r"), ref("prefix-list", "office")
ACCESS_KEY = ref("access-key", "AKIA1")


def says(*actions, effect="Allow", **more):
    entry = {"Effect": effect, "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Statement": [entry], "Version": "2012-10-17"}, sort_keys=True, separators=(",", ":"))


def world(*more, level="service", declared=""):
    said = [
        Account(ref=ref("account", ACCOUNT, ACCOUNT), sets=("prod",)),
        Principal(ref=APP, form=PrincipalForm.ROLE, resource=f"arn:aws:iam::{ACCOUNT}:role/app"),
        Principal(ref=BOB, form=PrincipalForm.USER, resource=f"arn:aws:iam::{ACCOUNT}:user/bob"),
        Policy(ref=WIDE, text=says("s3:*")),
        *(Edge(kind=EdgeKind.IDENTITY_POLICY, source=one, target=WIDE) for one in (APP, BOB)),
        Asset(ref=CALLS, resource=CALLS.id),
        *more,
    ]
    seen = fold(said, system="aws", connector="aws", taken_at=AT)
    declaration = declare.loads([("f.yaml", DECLARED.format(level=level, more=declared).encode())])
    return World(declaration, {"aws": seen}, {"aws": CONNECTOR.meaning(seen)}, AT, lambda *_: "")


def told(action, *more):
    before = Stage.of(world(*more), CONNECTOR.meaning)
    return effect(action, before, before.after(action))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (says("s3:Get*"), Effect.NARROWS),
        (says("s3:*"), Effect.NEUTRAL),
        (says("*"), Effect.WIDENS),
        (says("s3:*", Condition={"Odd": {"aws:x": "y"}}), Effect.NARROWS),
    ],
)
def test_of_a_policy_that_is_rewritten_everybody_who_has_it_is_asked(text, found):
    action = RewritePolicy(holder=APP, policy=WIDE, text=text, seen=says("s3:*"))
    stage = Stage.of(world(), CONNECTOR.meaning)

    assert set(stage.affected(action)) == {APP, BOB}
    assert effect(action, stage, stage.after(action))[0] is found


def test_of_a_policy_that_guards_something_it_is_asked_whom_it_lets_in():
    own = ref("bucket-policy", "calls/policy", f"{CALLS.id}/policy")
    denies = says("s3:*", effect="Deny", Principal="*")
    opens = says("s3:GetObject", Principal="*")

    assert told(RewritePolicy(holder=CALLS, policy=own, text=denies))[0] is Effect.NARROWS
    direction, why = told(RewritePolicy(holder=CALLS, policy=own, text=opens))
    assert (direction, "was not there before" in why) == (Effect.UNPROVEN, True)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (AtRest.NONE, AtRest.SERVICE, Effect.NARROWS),
        (AtRest.SERVICE, AtRest.CUSTOMER_KEY, Effect.NARROWS),
        (AtRest.SERVICE, AtRest.SERVICE, Effect.NEUTRAL),
        (AtRest.CUSTOMER_KEY, AtRest.SERVICE, Effect.WIDENS),
        (NotSeen(GapReason.DENIED, "no"), AtRest.SERVICE, Effect.UNPROVEN),
    ],
)
def test_encryption_becomes_stronger_or_is_not_changed(before, after, found):
    assert told(SetEncryption(target=CALLS, at_rest=after), Protection(asset=CALLS, at_rest=before))[0] is found
    assert told(SetEncryption(target=EBS, at_rest=after), DefaultEncryption(ref=EBS, at_rest=before))[0] is found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (0, 365, Effect.NEUTRAL),
        (365, 90, Effect.NEUTRAL),
        (90, 365, Effect.WIDENS),
        (90, 0, Effect.WIDENS),
        (NotSeen(GapReason.DENIED, "no"), 365, Effect.UNPROVEN),
    ],
)
def test_a_key_is_not_rotated_less_often(before, after, found):
    key = Key(ref=KEY, resource=KEY.id, custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=before)

    assert told(SetRotation(key=KEY, days=after), key)[0] is found


def test_a_list_of_addresses_is_held_against_what_it_holds():
    listed = AddressList(ref=LIST, addresses=("192.0.2.0/24", "198.51.100.0/24"))

    assert told(SetAddresses(target=API, rule=LIST, addresses=("192.0.2.0/24",)), listed)[0] is Effect.NARROWS
    assert told(SetAddresses(target=API, rule=LIST, addresses=("192.0.2.0/23",)), listed)[0] is Effect.WIDENS


def key_of(**more):
    given = {"custody": Custody.CUSTOMER, "state": State.ACTIVE, "rotation_days": 0, **more}
    return Key(ref=KEY, resource=KEY.id, aliases=("k",), **given)


def proposed(found, control):
    covers = Covers(found)
    mine = [one for one in judged(differences(found)) if one.control == control]
    return [one for finding in mine for one in proposals(found, covers, finding)]


def test_what_an_asset_lacks_is_proposed_with_the_least_that_its_class_takes():
    found = world(Protection(asset=CALLS, at_rest=AtRest.NONE))

    (at_rest,), (transit,) = proposed(found, "GR401"), proposed(found, "GR403")

    assert at_rest.action == SetEncryption(target=CALLS, at_rest=AtRest.SERVICE)
    assert isinstance(transit.action, RewritePolicy)
    assert "DenyOldTls" in transit.action.text


def test_a_key_of_ours_is_taken_only_where_its_kind_has_one_and_everybody_may_use_it():
    other = [Asset(ref=OTHER, resource=OTHER.id), Protection(asset=OTHER, at_rest=AtRest.CUSTOMER_KEY, key=KEY.id)]
    bare = Protection(asset=CALLS, at_rest=AtRest.SERVICE)

    (none,) = proposed(world(bare, level="customer-key"), "GR401")
    assert none.action == SetEncryption(target=CALLS, at_rest=AtRest.CUSTOMER_KEY)
    (shut_out,) = proposed(world(bare, *other, key_of(), level="customer-key"), "GR401")
    assert "aws@111122223333:role/app, aws@111122223333:user/bob may use" in shut_out.reason
    everything = Policy(ref=ref("policy", "more"), text=says("kms:*"))
    edges = [Edge(kind=EdgeKind.IDENTITY_POLICY, source=one, target=everything.ref) for one in (APP, BOB)]
    (taken,) = proposed(world(bare, *other, key_of(), everything, *edges, level="customer-key"), "GR401")
    assert taken.action == SetEncryption(target=CALLS, at_rest=AtRest.CUSTOMER_KEY, key=KEY.id)
    (disabled,) = proposed(world(bare, *other, key_of(state=State.DISABLED), level="customer-key"), "GR401")
    assert disabled.action.key == ""


def test_the_key_of_an_asset_is_rotated_as_its_class_demands():
    (found,) = proposed(world(Protection(asset=CALLS, at_rest=AtRest.CUSTOMER_KEY, key="k"), key_of()), "GR402")

    assert found.action == SetRotation(key=KEY, days=365)


LISTS = """\
networks: {office: {cidrs: [192.0.2.0/24], owner: "team:x"}, shop: {cidrs: [198.51.100.0/24], owner: "team:x"}}
allowlists:
  api: {to: {aws@prod: {security-group: {name: api}}}, ports: ["443/tcp"], may-from: [office], owner: "team:x"}
  web: {to: {aws@prod: {security-group: {name: web}}}, ports: ["443/tcp"], may-from: [shop], owner: "team:x"}
"""
LISTED = AddressList(ref=LIST, addresses=("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))


def rule(name, target=API, ports="443/tcp", **more):
    return Exposure(ref=ref("rule", name), target=target, direction=Direction.IN, ports=(ports,), **more)


def test_entries_leave_a_list_only_when_nobody_who_uses_it_allows_them():
    alone = world(rule("r", through=LIST), LISTED, declared=LISTS)
    (found,) = proposed(alone, "GR301")
    assert found.action == SetAddresses(target=API, rule=LIST, addresses=("192.0.2.0/24",))

    web = ref("security-group", "web")
    shared = world(rule("r", through=LIST), rule("w", web, through=LIST), LISTED, declared=LISTS)
    assert {getattr(one, "reason", "") for one in proposed(shared, "GR301")} == {
        "aws@111122223333:prefix-list/office holds addresses that aws@111122223333:security-group/web may be reached from",
        "aws@111122223333:prefix-list/office holds addresses that aws@111122223333:security-group/api may be reached from",
    }


def test_a_rule_for_more_ports_than_are_allowed_does_not_lose_what_is():
    found = world(rule("r", ports="all", addresses=("0.0.0.0/0",)), declared=LISTS)
    (held,) = proposed(found, "GR301")
    assert "lets in what may reach some of its ports only" in held.reason

    found = world(rule("r", addresses=("0.0.0.0/0",)), rule("s", addresses=("203.0.113.0/24",)), declared=LISTS)
    assert [one.action.addresses for one in proposed(found, "GR301")] == [("192.0.2.0/24",), ()]


def test_a_credential_is_taken_from_its_holder_in_the_count_of_hazards():
    credential = Credential(ref=ACCESS_KEY, holder=BOB, form=CredentialForm.ACCESS_KEY, created_at=AT, last_used_at=AT)
    found = world(credential, declared="workloads: {bob: {is: ['aws@prod:user/bob'], credentials: {static: none}, owner: 'team:x'}}")
    (proposal,) = proposed(found, "GR203")

    assert proposal.action == Disable(ref=ACCESS_KEY, holder=BOB)
    assert "last used on 2026-11-25" in proposal.breaks[0]
    change = replace(change_of("x"), action=proposal.action)
    assert [one.rule for one in hazards([change], found, {})] == ["all-of-a-kind"], "bob is the only user"


def test_whoever_has_a_policy_that_is_rewritten_loses_in_the_count_of_hazards():
    change = replace(change_of("x"), action=RewritePolicy(holder=APP, policy=WIDE, text=says("s3:Get*")))

    assert [one.rule for one in hazards([change], world(), {})] == ["all-of-a-kind", "all-of-a-kind"]


def test_what_is_only_made_stronger_takes_from_nobody():
    changes = [
        replace(change_of("x"), action=action)
        for action in (SetEncryption(target=CALLS, at_rest=AtRest.SERVICE), SetRotation(key=KEY, days=365))
    ]

    assert hazards(changes, world(), {}) == ()
