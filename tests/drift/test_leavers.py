"""Who has left, when directories disagree or do not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from drift.worlds import NOW, account, group, judge, kinds, person, ref
from guardrails.model.facts import Credential, Edge
from guardrails.model.words import CredentialForm, EdgeKind, State
from guardrails.ports import Issued

PEOPLE = "people: {sources: {dir: {key: entryUUID, name: uid}}, join: {app: {iam-user: tag/uid}}}\n"
TWO = PEOPLE.replace("sources: {", "sources: {app: {key: entryUUID, name: uid}, ")
SECOND = replace(person("bob"), ref=ref("person", "bob"))
"""Bob's entry in another directory."""


def test_a_leaver_who_can_still_act_in_a_second_directory_is_a_finding():
    found = judge(TWO, person("bob", State.DISABLED), SECOND)

    assert kinds(found) == [("leaver", "person:bob", "violation")]
    assert found[0].places == (SECOND.ref,)


def test_an_account_that_is_disabled_is_not_held():
    found = judge(PEOPLE, person("bob", State.DISABLED), account("b", "bob", State.DISABLED), account("c", "bob"))

    assert [d.places for d in found] == [(ref("user", "c"),)]


def test_a_leaver_whose_account_was_not_seen_to_be_disabled_is_unknown():
    found = judge(PEOPLE, person("bob", State.DISABLED), account("b", "bob", State.UNKNOWN))

    assert kinds(found) == [("leaver", "person:bob", "unknown")]


def test_a_leaver_with_one_account_that_is_active_and_one_not_seen_is_certain():
    found = judge(PEOPLE, person("bob", State.DISABLED), account("b", "bob", State.UNKNOWN), account("c", "bob"))

    assert kinds(found) == [("leaver", "person:bob", "violation")]


def test_somebody_who_may_have_left_is_unknown_while_they_can_act():
    assert kinds(judge(PEOPLE, person("bob", State.UNKNOWN), account("b", "bob"))) == [("leaver", "person:bob", "unknown")]
    assert judge(PEOPLE, person("bob", State.UNKNOWN), account("b", "bob", State.DISABLED)) == []
    assert judge(PEOPLE, person("bob", State.UNKNOWN), group("g"), account("b", "eve"), person("eve")) == []


def test_somebody_who_may_have_left_is_judged_as_if_they_had_not():
    held = {ref("user", "b"): frozenset({("s3:get", "cdr")})}
    found = judge(PEOPLE, person("bob", State.UNKNOWN), account("b", "bob"), held=held)

    assert [d.kind.value for d in found] == ["access-excess", "leaver"]


def token(name, holder=None, *, login="", usable=True, leaves="", nobodys=False):
    names = (("tag/uid", login),) if login else ()
    return Issued(ref=ref("token", name), holder=holder, names=names, usable=usable, leaves=leaves, nobodys=nobodys, how=f"accessor {name}")


GONE = person("bob", State.DISABLED)
CLOSED = account("b", "bob", State.DISABLED)


def test_a_token_is_of_whose_account_it_acts_as_whoever_logged_in_for_it():
    eve = account("e", "eve")
    found = judge(PEOPLE, GONE, person("eve"), CLOSED, eve, out=[token("t", eve.ref, login="bob")])

    assert found == []


def test_a_token_of_an_account_that_is_nobodys_is_of_who_logged_in_for_it_in_any_letters():
    other = account("x")
    found = judge(PEOPLE, GONE, CLOSED, other, out=[token("t", other.ref, login="BOB")])

    assert kinds(found) == [("leaver", "person:bob", "violation"), ("principal-undeclared", "app@r:user/x", "violation")]
    assert found[0].message == "person bob has left and still holds app@r:token/t (accessor t)"
    assert found[0].places == (GONE.ref, ref("token", "t"))


def test_a_name_that_is_several_peoples_tells_nobody():
    second = replace(person("BOB"), ref=ref("person", "other", "dir"))
    assert judge(PEOPLE, GONE, second, CLOSED, out=[token("t", login="bob")]) == []


def test_tokens_are_told_beside_the_accounts():
    active = account("c", "bob")
    found = judge(PEOPLE, GONE, active, out=[token("t", active.ref), token("u", active.ref, usable=False, leaves="left")])

    assert found[0].message == "person bob has left and still holds app@r:user/c, app@r:token/t (accessor t)"
    assert found[0].places == (active.ref, ref("token", "t"))


def test_what_a_refused_token_may_have_left_is_unknown_and_nothing_left_is_no_finding():
    assert judge(PEOPLE, GONE, CLOSED, out=[token("t", CLOSED.ref, usable=False)]) == []
    found = judge(PEOPLE, GONE, CLOSED, out=[token("t", CLOSED.ref, usable=False, leaves="may have left leases")])

    assert kinds(found) == [("leaver", "person:bob", "unknown")]
    assert found[0].message == "person bob has left: app@r:token/t (accessor t) may have left leases"


def test_a_token_of_nobody_may_be_of_a_leaver_who_may_make_such():
    nobodys = token("n", nobodys=True)
    assert judge(PEOPLE, GONE, CLOSED, out=[nobodys]) == []
    found = judge(PEOPLE, GONE, CLOSED, out=[nobodys], making=[CLOSED.ref])

    assert kinds(found) == [("leaver", "person:bob", "unknown")]
    assert "app@r:token/n (accessor n) may be theirs" in found[0].message
    assert judge(PEOPLE, person("bob"), account("b", "bob"), out=[nobodys, token("t", login="bob")], making=[ref("user", "b")]) == []


def test_of_somebody_who_may_have_left_the_tokens_are_told():
    found = judge(PEOPLE, person("bob", State.UNKNOWN), account("b", "bob", State.DISABLED), out=[token("t", login="bob")])

    assert kinds(found) == [("leaver", "person:bob", "unknown")]


ROLE = """
roles: {core: {members: ["dir:group/core"], may: [read], must: [read]}}
entitlements: {read: {app: {allow: ["s3:get"], resources: ["cdr"]}}}
"""


@pytest.mark.parametrize(("system", "entry"), [("dir", person("bob")), ("app", SECOND)])
def test_the_groups_of_every_directory_count(system, entry):
    core = replace(group("core"), ref=ref("group", "core", system))
    in_core = Edge(kind=EdgeKind.MEMBER, source=entry.ref, target=core.ref)
    world = (person("bob"), SECOND, core, in_core)
    held = {SECOND.ref: frozenset({("s3:get", "cdr")})}

    assert judge(TWO + ROLE.replace("dir:", f"{system}:"), *world, held=held) == []


@pytest.mark.parametrize(
    ("hours", "limit", "said"),
    [
        (13, "12h", "is 13 hours old; at most 12 hours"),
        (49, "2d", "is 2 days old; at most 2 days"),
        (241, "36h", "10 days old; at most 36 hours"),
    ],
)
def test_the_age_of_a_credential_is_told_in_words_that_fit(hours, limit, said):
    text = f'workloads: {{etl: {{is: ["app:user/etl"], credentials: {{max-age: {limit}}}}}}}\n'
    made = NOW - timedelta(hours=hours)
    key = Credential(ref=ref("access-key", "k"), holder=ref("user", "etl"), form=CredentialForm.ACCESS_KEY, created_at=made)
    (found,) = judge(text, account("etl"), key)

    assert said in found.message


def test_a_credential_whose_age_was_not_seen_is_unknown_only_where_an_age_is_asked():
    text = 'workloads: {etl: {is: ["app:user/etl"], credentials: {%s}}}\n'
    key = Credential(ref=ref("access-key", "k"), holder=ref("user", "etl"), form=CredentialForm.ACCESS_KEY)

    assert kinds(judge(text % "max-age: 90d", account("etl"), key)) == [("credential-old", "app@r:access-key/k", "unknown")]
    assert judge(text % "", account("etl"), key) == []
