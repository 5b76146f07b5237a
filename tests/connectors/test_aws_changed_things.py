"""What a change of the policies of buckets and keys, or of grants, gives to a principal and takes from it."""

from __future__ import annotations

import json
from itertools import product

import pytest
from aws_policies import ACCOUNT, KEY, ROLE, allow, ceiling, deny, meaning
from hypothesis import example, given
from hypothesis import strategies as st
from test_aws_grants import grant, unread
from test_aws_keys import ITSELF, ROOT, SOMEBODY, key, to

from guardrails.connectors.aws.meaning.sessions import behind, in_sessions, role_of
from guardrails.iam.proof.statements import statements
from guardrails.model.facts import Principal
from guardrails.model.findings import Witness
from guardrails.model.words import PrincipalForm, Verdict

BOX = "arn:aws:s3:::b/*"
SESSION = {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"}
OTHERS = {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/other/s"}
DECLARED = ceiling(["kms:*", "s3:*"], "*")
BOTH = [allow("kms:*"), allow("s3:*")]
OK, NOT, OPEN = Verdict.OK, Verdict.VIOLATION, Verdict.UNDECIDED


LEFT = (to(ROOT),)


def seen(*own, policies=LEFT, grants=(), bucket=None, boundary=None, gaps=()):
    facts = (*key(*policies), *(fact for each in grants for fact in each), *gaps)
    return meaning(*own, gaps=facts, resource=bucket, boundary=boundary)


def got(principal, effect=allow, action="s3:GetObject"):
    return effect(action, BOX, Principal=principal)


def otherwise(now, was):
    return now.gained(ROLE, was).verdict, now.lost(ROLE, was, DECLARED).verdict


@pytest.mark.parametrize(
    ("own", "more", "fewer", "verdict"),
    [
        # a grant gives, whatever else is said
        ([], {"grants": [grant("Decrypt")]}, {}, NOT),
        ([], {"grants": [grant("Decrypt"), grant("Encrypt")]}, {"grants": [grant("Encrypt")]}, NOT),
        ([], {"grants": [grant("Decrypt", to=f"arn:aws:iam::{ACCOUNT}:role/other")]}, {}, OK),
        # the policy of a key gives to whom it names, and takes from all others
        ([], {"policies": [to(ROOT), to(ITSELF)]}, {}, NOT),
        (BOTH, {"policies": [to(ROOT)]}, {"policies": [to(SOMEBODY)]}, NOT),
        (BOTH, {}, {"policies": [to(ROOT), deny("kms:*", Principal="*")]}, NOT),
        (BOTH, {}, {"policies": [to(ROOT), deny("kms:*", Principal=SOMEBODY)]}, OK),
        ([], {"policies": [to(ROOT), to(SOMEBODY)]}, {}, OK),
        # likewise that of a bucket, which takes away by a Deny alone
        ([], {"bucket": [got(ITSELF)]}, {"bucket": []}, NOT),
        ([], {"bucket": [got(ITSELF)]}, {}, NOT),
        ([], {"bucket": [got(SOMEBODY)]}, {}, OK),
        (BOTH, {}, {"bucket": [got("*", deny)]}, NOT),
        (BOTH, {"bucket": [got(ITSELF)]}, {}, OK),
        (BOTH, {}, {"bucket": [got(SOMEBODY, deny)]}, OK),
        # in one session of the role, which need not be the one that asks
        ([], {"bucket": [got(SESSION)]}, {}, OPEN),
        ([], {"bucket": [got(OTHERS)]}, {}, OK),
        ([], {"policies": [to(ROOT), to(SESSION)]}, {}, OPEN),
    ],
)
def test_what_a_bucket_key_or_grant_says_otherwise_is_gained_and_lost(own, more, fewer, verdict):
    """Found wrong: unless a policy of the role itself was another too, it was said that nothing is gained or lost."""
    rich, poor = seen(*own, **more), seen(*own, **fewer)

    assert otherwise(rich, poor) == (verdict, OK)
    assert otherwise(poor, rich) == (OK, verdict)


def test_what_moves_from_ones_own_policy_to_that_of_a_key_may_be_more():
    """Its own policy gives nothing of a key that does not leave it to the account; to be named there does."""
    own = seen(allow("kms:*", KEY), policies=[to(SOMEBODY)])
    named = seen(policies=[to(SOMEBODY), to(ITSELF)])

    assert otherwise(named, own) == (NOT, OK)


def test_a_session_is_not_limited_by_the_boundary_of_its_role():
    none = [allow("sqs:*")]

    assert otherwise(seen(bucket=[got(SESSION)], boundary=none), seen(boundary=none)) == (OPEN, OK)
    assert otherwise(seen(bucket=[got(ITSELF)], boundary=none), seen(boundary=none)) == (OK, OK)
    refused = [*none, deny("s3:*")]
    assert otherwise(seen(bucket=[got(SESSION)], boundary=refused), seen(boundary=refused)) == (OK, OK)


def test_what_the_policy_of_a_bucket_gives_to_a_session_counts_as_held():
    assert seen(bucket=[got(SESSION)]).excess(ROLE, ()).verdict is OPEN
    assert seen(bucket=[got(SESSION)]).excess(ROLE, DECLARED).verdict is OK
    assert seen(bucket=[got(OTHERS)]).excess(ROLE, ()).verdict is OK
    assert seen(policies=[to(ROOT), to(SESSION)]).excess(ROLE, ()).verdict is OPEN


def test_of_a_key_whose_policy_is_not_seen_any_more_it_is_not_certain():
    now, was = seen(allow("kms:*"), gaps=[unread("kms:policy")]), seen(allow("kms:*"), policies=[to(SOMEBODY)])

    assert otherwise(now, was)[0] is OPEN
    assert otherwise(was, now)[1] is OPEN


def test_the_same_words_of_another_key_are_another_access():
    """Found wrong: what two keys say in the same words was taken for one."""
    other = f"{KEY}2"
    one, two = seen(policies=[to(ROOT), to(ITSELF)]), seen(policies=[to(ROOT), to(ITSELF)], gaps=key(to(ROOT), to(ITSELF), name=other))

    assert two.gained(ROLE, one).witness.resource == other
    assert otherwise(two, one) == (NOT, OK)
    assert otherwise(one, two) == (OK, NOT)


def test_what_both_say_of_a_key_makes_no_difference():
    for policies in (LEFT, [to(SOMEBODY)], [to(ITSELF)]):
        now, was = seen(allow("s3:Get*"), policies=policies), seen(allow("s3:*"), policies=policies)
        assert otherwise(now, was) == (OK, NOT)


ARN = f"arn:aws:iam::{ACCOUNT}"


def test_the_arn_of_a_session_does_not_tell_the_path_of_its_role():
    role = Principal(ref=ROLE, form=PrincipalForm.ROLE, resource=f"{ARN}:role/some/path/r")
    user = Principal(ref=ROLE, form=PrincipalForm.USER, resource=f"{ARN}:user/r")

    assert (role_of(role), role_of(user)) == (behind(SESSION["AWS"]), None) == (f"{ACCOUNT}/r", None)
    assert behind(f"{ARN}:role/r") is None


def test_a_statement_for_sessions_of_two_roles_holds_in_ones_own():
    """Named by the id of the role, by which a request tells its session."""
    both = {"AWS": [SESSION["AWS"], OTHERS["AWS"].replace("/s", "/night")]}
    (statement,) = statements(json.dumps({"Version": "2012-10-17", "Statement": [got(both)]}), padded=False)
    mine = in_sessions(statement, Principal(ref=ROLE, form=PrincipalForm.ROLE, resource=f"{ARN}:role/r"))

    assert [dict(term)["aws:userid"].one.listed() for term in mine.context.terms] == [(f"{ROLE.id}:s",)]


REQUESTS = [*product(("kms:Decrypt", "kms:Encrypt"), [KEY]), *product(("s3:GetObject", "s3:PutObject"), ["arn:aws:s3:::b/x"])]
SIDES = st.fixed_dictionaries(
    {
        "own": st.lists(st.sampled_from([allow("kms:*"), allow("s3:*"), allow("kms:Decrypt"), deny("s3:PutObject"), deny("kms:*")]), max_size=2),
        "policies": st.lists(
            st.sampled_from([to(ROOT), to(ITSELF), to(ITSELF, "kms:Decrypt"), to(SOMEBODY), deny("kms:Encrypt", Principal="*")]),
            min_size=1,
            max_size=2,
        ),
        "grants": st.lists(st.sampled_from([grant("Decrypt"), grant("Encrypt")]), max_size=1),
        "bucket": st.one_of(
            st.none(), st.lists(st.sampled_from([got(ITSELF), got(SOMEBODY), got("*", deny), got(ITSELF, deny, "s3:*")]), max_size=2)
        ),
        "boundary": st.sampled_from([None, None, [allow("*")], [allow("s3:*")]]),
    }
)  # fmt: skip


def allowed(means):
    return {one for one in REQUESTS if means.replay(ROLE, Witness(principal="r", action=one[0], resource=one[1], context=()))}


@given(SIDES, SIDES)
@example(
    {"own": [], "policies": [to(ROOT)], "grants": [grant("Decrypt")], "bucket": None, "boundary": None},
    {"own": [], "policies": [to(ROOT)], "grants": [], "bucket": None, "boundary": None},
)
def test_who_is_said_to_gain_or_lose_nothing_does_so_whatever_changes(after, before):
    now, was = (seen(*one["own"], **{name: said for name, said in one.items() if name != "own"}) for one in (after, before))
    gained, lost = now.gained(ROLE, was), now.lost(ROLE, was, DECLARED)

    assert gained.verdict is not OK or not allowed(now) - allowed(was)
    assert lost.verdict is not OK or not allowed(was) - allowed(now)
    if gained.witness:
        assert now.replay(ROLE, gained.witness)
        assert not was.replay(ROLE, gained.witness)
