"""Joiners, movers and leavers: who is who across systems, and what that lets them hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from drift.worlds import NOW, account, group, judge, kinds, person, ref
from guardrails.model.facts import Credential, Edge, Gap
from guardrails.model.words import CredentialForm, EdgeKind, GapReason, State

PEOPLE = """
people: {sources: {dir: {key: entryUUID, name: uid}}, leaver: disabled-in-any, join: {app: {iam-user: tag/uid}}}
entitlements: {read: {app: {allow: ["s3:get"], resources: ["cdr"]}}, shell: {dir: {allow: ["m:of"], resources: ["x"]}}}
"""
ROLE = """
roles: {oncall: {members: ["dir:group/core"], may: [read], must: [read], owner: "team:t"}}
teams: {t: {}}
"""
READ = frozenset({("s3:get", "cdr")})


def member(name: str, of: str, kind: str = "person") -> Edge:
    return Edge(kind=EdgeKind.MEMBER, source=ref(kind, name, "dir"), target=ref("group", of, "dir"))


def test_a_person_may_what_the_roles_of_their_groups_may_through_groups_within_groups():
    world = (person("bob"), group("core"), group("night"), member("bob", "night"), member("night", "core", "group"), account("b", "bob"))
    assert judge(PEOPLE + ROLE, *world, held={ref("user", "b"): READ}) == []


def test_a_person_outside_the_group_may_nothing():
    found = judge(PEOPLE + ROLE, person("bob"), group("core"), account("b", "bob"), held={ref("user", "b"): READ})
    assert kinds(found) == [("access-excess", "app@r:user/b", "violation")]
    assert found[0].witness.action == "s3:get"


def test_a_role_by_name_and_groups_in_circles():
    circle = (member("core", "night", "group"), member("night", "core", "group"))
    named = PEOPLE + ROLE.replace("dir:group/core", "person:bob")
    assert judge(named, person("bob"), *circle, account("b", "bob"), held={ref("user", "b"): READ}) == []


def test_a_leaver_who_can_still_act_is_one_finding_with_all_their_accounts():
    found = judge(PEOPLE, person("bob", State.DISABLED), account("b", "bob"), account("b2", "bob"), held={ref("user", "b"): READ})
    assert kinds(found) == [("leaver", "person:bob", "violation")]
    assert {place.name for place in found[0].places} == {"b", "b2"}
    assert found[0].witness.resource == "cdr"


def test_a_leaver_whose_accounts_are_disabled_is_no_finding():
    assert judge(PEOPLE, person("bob", State.DISABLED), account("b", "bob", State.DISABLED)) == []


def test_an_account_whose_key_nobody_has_is_told_once():
    found = judge(PEOPLE, person("bob"), account("g", "ghost"), held={ref("user", "g"): READ})
    assert kinds(found) == [("account-of-nobody", "app@r:user/g", "violation")]


def test_an_account_that_is_declared_by_name_needs_no_person():
    declared = PEOPLE + 'teams: {t: {}}\nworkloads: {w: {is: ["app:user/g"], owner: "team:t"}}\n'
    assert judge(declared, person("bob"), account("g", "ghost")) == []


def test_a_person_without_an_account_where_a_role_must_act_is_a_finding():
    found = judge(PEOPLE + ROLE, person("bob"), group("core"), member("bob", "core"), person("eve"), account("e", "eve"))
    assert kinds(found) == [("access-missing", "person:bob", "violation")]


def test_while_the_directory_is_partial_nobody_is_a_nobody_and_no_excess_is_certain():
    gap = Gap(system="dir", realm="r", what="people", reason=GapReason.DENIED, message="sizelimit")
    found = judge(PEOPLE, person("bob"), account("b", "bob"), account("g", "ghost"), gap, held={ref("user", "b"): READ})
    assert {(d.kind.value, d.verdict.value) for d in found} == {
        ("access-excess", "unknown"),
        ("account-of-nobody", "unknown"),
        ("evidence-gap", "unknown"),
    }


def test_an_account_without_a_key_is_undeclared_and_unknown_while_its_person_could_be_unseen():
    gap = Gap(system="dir", realm="r", what="people", reason=GapReason.DENIED, message="sizelimit")
    assert ("principal-undeclared", "app@r:user/x", "violation") in kinds(judge(PEOPLE, person("bob"), account("x")))
    assert ("principal-undeclared", "app@r:user/x", "unknown") in kinds(judge(PEOPLE, person("bob"), account("x"), gap))


GRANT = """
exceptions: {EX-1: {grant: {to: "person:bob", may: [read]}, why: w, risk-owner: "team:t", approved: ISG-1, from: %s, until: %s}}
teams: {t: {}}
"""


def test_a_grant_counts_from_its_first_day_to_the_end_of_its_last_when_it_is_approved():
    world = (person("bob"), account("b", "bob"))
    held = {ref("user", "b"): READ}
    assert judge(PEOPLE + GRANT % ("2026-11-25", "2026-11-25"), *world, held=held) == []
    assert ("access-excess", "app@r:user/b", "violation") in kinds(judge(PEOPLE + GRANT % ("2026-11-26", "2026-12-25"), *world, held=held))
    over = kinds(judge(PEOPLE + GRANT % ("2026-11-01", "2026-11-24"), *world, held=held))
    assert over == [("access-excess", "app@r:user/b", "violation"), ("exception-expired", "exception:EX-1", "violation")]
    unsigned = judge(PEOPLE + GRANT % ("2026-11-01", "2026-12-24"), *world, held=held, approval=lambda *_: "no record")
    assert kinds(unsigned) == [("access-excess", "app@r:user/b", "violation"), ("exception-not-approved", "exception:EX-1", "violation")]


LOAD = """
workloads: {etl: {is: ["app:user/etl"], credentials: %s, owner: "team:t"}}
teams: {t: {}}
"""


def key(hours: float, state: State = State.ACTIVE) -> Credential:
    made = NOW - timedelta(hours=hours)
    return Credential(
        ref=ref("access-key", "AKIA1"), holder=ref("user", "etl"), form=CredentialForm.ACCESS_KEY, state=state, created_at=made
    )


def test_a_static_credential_where_none_may_be():
    assert kinds(judge(LOAD % "{static: none}", account("etl"), key(1))) == [
        ("credential-forbidden", "app@r:access-key/AKIA1", "violation")
    ]
    assert judge(LOAD % "{static: none}", account("etl"), key(1, State.DISABLED)) == []


def test_a_credential_past_its_age_to_the_hour():
    assert judge(LOAD % "{max-age: 12h}", account("etl"), key(11.9)) == []
    assert kinds(judge(LOAD % "{max-age: 12h}", account("etl"), key(12.1))) == [("credential-old", "app@r:access-key/AKIA1", "violation")]


def test_a_key_that_two_people_have_makes_an_account_nobodys():
    join = PEOPLE.replace("{iam-user: tag/uid}", "{tag/mail: mail}")
    shared = (("mail", "ops@example.se"),)
    two = [replace(person(name), names=(*person(name).names, *shared)) for name in ("bob", "eve")]
    mine = replace(account("b"), names=(("tag/mail", "ops@example.se"),))
    found = judge(join, *two, mine, held={mine.ref: READ})
    assert kinds(found) == [("account-of-nobody", "app@r:user/b", "violation")]
    assert "bob and eve alike" in found[0].message
    assert judge(join, two[0], mine) == []


def test_an_exception_for_somebody_who_is_not_there_is_told():
    found = kinds(judge(PEOPLE + GRANT % ("2026-11-01", "2026-12-25"), person("eve"), account("e", "eve")))
    assert found == [("declared-absent", "person:bob", "violation")]
    debt = (
        PEOPLE
        + """
teams: {t: {}}
exceptions: {D-1: {debt: {of: "app:user/gone", actions: ["s3:*"], resources: ["*"]}, approved: ISG-1, risk-owner: "team:t", until: 2036-01-01}}
"""
    )
    assert kinds(judge(debt, person("eve"), account("e", "eve"))) == [("declared-absent", "app:user/gone", "violation")]


def test_a_person_of_several_accounts_must_be_able_by_one_of_them():
    world = (person("bob"), group("core"), member("bob", "core"), account("b1", "bob"), account("b2", "bob"))
    assert judge(PEOPLE + ROLE, *world, held={ref("user", "b2"): READ}) == []
    assert kinds(judge(PEOPLE + ROLE, *world)) == [("access-missing", "app@r:user/b1", "violation")]


def test_an_account_whose_key_was_not_read_is_unknown_and_no_other_is():
    gap = Gap(system="app", realm="r", what="iam", reason=GapReason.DENIED, message="denied", subject=ref("user", "x"))
    found = kinds(judge(PEOPLE, person("bob"), account("x"), account("y"), gap))
    assert ("principal-undeclared", "app@r:user/x", "unknown") in found
    assert ("principal-undeclared", "app@r:user/y", "violation") in found
