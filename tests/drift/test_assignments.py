"""Who may become something by a register of the system's own: whoever has a role that goes through it, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drift.worlds import judge, person, ref
from guardrails.model.facts import Account, Edge, Gap, Principal, Reading
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, State

JOIN = "people: {sources: {dir: {key: entryUUID, name: uid}}, join: {app: {identity-center: mail}}}\n"
ROLE = 'roles: {oncall: {members: ["person:bob"], through: {app: {permission-set: Oncall}}%s}}\n'
MUST = "entitlements: {e: {app: {allow: [read:x], resources: ['*']}}}\n"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
BOB, EVE = person("bob"), person("eve")


def become(realm="r"):
    role = replace(ref("permission-set", "Oncall", realm=realm), id=f"AROA{realm}")
    return Principal(ref=role, form=PrincipalForm.ROLE, resource=f"arn:aws:iam::{realm}:role/Oncall")


def user(name, mail=""):
    names = (("identity-center", mail or f"{name}@example.se"),)
    return Principal(ref=ref("identity-center-user", name), form=PrincipalForm.USER, names=names)


def group(name):
    return Principal(ref=ref("identity-center-group", name), form=PrincipalForm.GROUP)


def assigned(holder, to=None):
    return Edge(kind=EdgeKind.ASSIGNED, source=holder.ref, target=(to or become()).ref, provenance=SET)


def member(who, of):
    return Edge(kind=EdgeKind.MEMBER, source=who.ref, target=of.ref)


def told(text, *said, kind="trust-excess"):
    read = Reading(system="app", realm="r", what="assignments", items=1)
    found = judge(text, BOB, EVE, become(), read, *said)
    return [(d.subject, d.verdict.value) for d in found if d.kind.value == kind]


def test_whoever_has_the_role_may_become_it_by_themselves_and_through_a_group():
    assert told(JOIN + ROLE % "", user("bob"), assigned(user("bob"))) == []
    assert told(JOIN + ROLE % "", user("bob"), group("g"), member(user("bob"), group("g")), assigned(group("g"))) == []


def test_whoever_has_not_is_drift_by_themselves_and_through_a_group():
    text, said = JOIN + ROLE % "", (user("bob"), user("eve"), group("g"), assigned(user("bob")))
    assert told(text, *said, assigned(user("eve"))) == [("app@r:identity-center-user/eve", "violation")]
    assert told(text, *said, member(user("eve"), group("g")), assigned(group("g"))) == [("app@r:identity-center-user/eve", "violation")]
    (found,) = (
        d for d in judge(text, BOB, EVE, become(), *said, member(user("eve"), group("g")), assigned(group("g"))) if "trust" in d.kind.value
    )
    assert found.message == (
        "permission-set/Oncall may be assumed by app@r:identity-center-user/eve as a member of app@r:identity-center-group/g in r, "
        "which is not declared"
    )


def test_one_assignment_in_several_accounts_is_one_finding_with_all_places():
    there = become("s")
    said = (
        user("eve"),
        Account(ref=ref("account", "s", realm="s"), sets=("prod",)),
        there,
        assigned(user("eve")),
        assigned(user("eve"), there),
    )
    found = [d for d in judge(JOIN + ROLE % "", BOB, EVE, become(), *said) if d.kind.value == "trust-excess"]
    assert [(d.cause, d.facet, d.places) for d in found] == [(SET, "id-identity-center-user-eve", (become().ref, there.ref))]
    assert "in r, s, which" in found[0].message


def test_what_nothing_declares_is_told_whole_and_not_once_more():
    assert told(JOIN, user("eve"), assigned(user("eve"))) == []
    assert ("app@r:permission-set/Oncall", "violation") in told(JOIN, user("eve"), assigned(user("eve")), kind="principal-undeclared")


@pytest.mark.parametrize("named", ["app:identity-center-user/eve", "app:identity-center-group/g"])
def test_a_workload_may_be_assumed_by_whom_it_names(named):
    text = JOIN + 'workloads: {w: {is: ["app:permission-set/Oncall"], assumed-by: ["%s"]}}\n'
    said = (user("eve"), group("g"), member(user("eve"), group("g")), assigned(group("g")))
    assert told(text % named, *said) == []
    assert told(text % "app:identity-center-user/other", *said) == [("app@r:identity-center-user/eve", "violation")]


def test_without_a_join_or_with_half_a_directory_nothing_is_certain():
    unjoined = JOIN.replace("{app: {identity-center: mail}}", "{app: {alias: uid}}")
    said = (user("bob"), user("eve"), assigned(user("bob")), assigned(user("eve")))
    assert [verdict for _, verdict in told(unjoined + ROLE % "", *said)] == ["unknown", "unknown"]
    half = Gap(system="dir", realm="r", what="people", reason=GapReason.DENIED, message="m")
    assert told(JOIN + ROLE % "", *said, half) == [("app@r:identity-center-user/eve", "unknown")]


def test_what_somebody_who_left_may_become_is_told_with_the_leaver():
    gone = person("gone", State.DISABLED)
    assert told(JOIN + ROLE % "", gone, user("gone"), assigned(user("gone"))) == []
    assert told(JOIN + ROLE % "", gone, user("gone"), assigned(user("gone")), kind="leaver") == [("person:gone", "violation")]


def test_whoever_must_and_is_not_assigned_cannot():
    text = JOIN + MUST + ROLE % ", may: [e], must: [e]"
    assert told(text, user("bob"), kind="access-missing") == [("app@r:permission-set/Oncall", "violation"), ("person:bob", "violation")]
    assert ("person:bob", "violation") not in told(text, user("bob"), assigned(user("bob")), kind="access-missing")
    nothing = told(JOIN + MUST + ROLE % ", may: [e]", user("bob"), kind="access-missing")
    assert nothing == []
    hole = Gap(system="app", realm="r", what="assignments", reason=GapReason.DENIED, message="m")
    assert ("person:bob", "unknown") in told(text, user("bob"), hole, kind="access-missing")


def test_where_no_register_was_read_nobody_is_missing_from_it():
    text = JOIN + MUST + ROLE % ", may: [e], must: [e]"
    found = judge(text, BOB, become(), user("bob"))
    assert [d.subject for d in found if d.kind.value == "access-missing"] == ["app@r:permission-set/Oncall"]
