"""Strangers go from the policies of keys, and never so that nobody could open the key again, guardrails itself among them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from guardrails import declare
from guardrails.connectors.aws import CONNECTOR as AWS
from guardrails.connectors.ldap import CONNECTOR as LDAP
from guardrails.drift import World
from guardrails.model.changes import Cas, Effect, Restore
from guardrails.model.facts import Account, Edge, Gap, Policy, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, State
from guardrails.plan.hazards import hazards
from guardrails.plan.protection import NOBODY, Protected
from plan.guarded import (
    ADMIN,
    ADMINISTERED,
    APP,
    BUCKET,
    KEY,
    KEY_ARN,
    LEFT_TO_US,
    NOTHING_DECLARED,
    OTHER_KEY,
    OURS,
    ROOT,
    STRANGE,
    THEIRS,
    WRITER,
    WRITING,
    after,
    bucket,
    everybody,
    key,
    own,
    planned,
    reasons,
    role,
    shared_with,
    statement,
    to,
    user,
    world,
)  # fmt: skip
from plan.plans import AT
from plan.test_unadmitted import ACCOUNT, SETS, STRANGER, VENDOR, ref


def test_a_stranger_goes_from_the_policy_of_a_key_and_all_else_stays():
    deny = to("*", "kms:ReEncrypt*", Sid="never") | {"Effect": "Deny"}
    found = world(NOTHING_DECLARED, *OURS, *key(deny, LEFT_TO_US, THEIRS))

    planning = planned(found)

    (change,) = planning.changes
    assert planning.held == []
    assert (change.ref, change.effect, change.cas, change.undo) == (KEY.ref, Effect.NARROWS, Cas.EMULATED, Restore())
    assert after(planning, found) == [deny, LEFT_TO_US]
    assert change.proof == (
        f"the policy of {KEY.ref} allows nobody anything that it does not allow now, and denies no less; "
        f"{ADMIN.ref} can administer the key afterwards, and {WRITER[0].ref} can take the change back"
    )
    assert change.breaks == (f"{STRANGE} can no longer use {KEY.ref}",)


def test_of_a_statement_for_several_only_the_stranger_goes():
    both = to({"AWS": [STRANGE, ROOT["AWS"]]})
    found = world(NOTHING_DECLARED, *OURS, *key(both))

    assert after(planned(found), found) == [to(ROOT)]


def test_a_vendor_with_whom_a_bucket_is_shared_keeps_its_key():
    declared = shared_with(f"aws:{VENDOR}")
    both = to({"AWS": [STRANGE, f"arn:aws:iam::{VENDOR}:root"]}, "kms:Decrypt")
    found = world(declared, *OURS, *key(LEFT_TO_US, both), *bucket(by=KEY_ARN))

    assert after(planned(found), found) == [LEFT_TO_US, to({"AWS": f"arn:aws:iam::{VENDOR}:root"}, "kms:Decrypt")]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        # the account is not named, so what an identity's own policy says does not count
        ([to({"AWS": f"arn:aws:iam::{ACCOUNT}:role/gone"})], "nobody but guardrails is certain to administer"),
        ([to(ROOT, ["kms:Describe*", "kms:Decrypt", "kms:Get*"])], "nobody but guardrails is certain to administer"),
        ([to(ROOT, ["kms:Describe*", "kms:PutKeyPolicy"])], "nobody but guardrails is certain to administer"),
        # denied to all, or to all but somebody else
        ([LEFT_TO_US, to("*", "kms:PutKeyPolicy") | {"Effect": "Deny"}], "nobody but guardrails is certain to administer"),
        # only with what is not known
        ([to(ROOT, Condition={"Odd": {"aws:unheard": "x"}})], "nobody but guardrails is certain to administer"),
        # guardrails alone
        ([to({"AWS": WRITER[0].resource})], "nobody but guardrails is certain to administer"),
        # the one who administers it is there, and guardrails could not take it back
        ([to({"AWS": ADMIN.resource})], "writes for guardrails, and is not certain to be able to take the change"),
        ([LEFT_TO_US, to({"AWS": WRITER[0].resource}, "kms:GetKeyPolicy") | {"Effect": "Deny"}], "is not certain to be able to take"),
        (
            [LEFT_TO_US, to({"AWS": WRITER[0].resource}, Condition={"Null": {"aws:MultiFactorAuthPresent": "true"}}) | {"Effect": "Deny"}],
            "is not certain to be able to take",
        ),
        (
            [
                LEFT_TO_US,
                to("*", "kms:PutKeyPolicy", Condition={"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "false"}}) | {"Effect": "Deny"},
            ],
            "is not certain to be able to take",
        ),
    ],
)
def test_without_the_proof_that_it_can_be_opened_again_it_is_held(entries, why):
    found = world(NOTHING_DECLARED, *OURS, *key(*entries, THEIRS))

    planning = planned(found)

    assert planning.changes == []
    assert why in reasons(planning)[0]


def without(*gone):
    return tuple(said for said in OURS if said not in gone)


@pytest.mark.parametrize(
    "ours",
    [
        (*without(ADMIN), replace(ADMIN, state=State.DISABLED)),
        (*without(ADMIN), replace(ADMIN, state=State.UNKNOWN)),
        (*without(ADMIN), replace(ADMIN, form=PrincipalForm.PROVIDER)),
        (*without(ADMIN, *ADMINISTERED), replace(APP, form=PrincipalForm.PROVIDER), *role("app")[1:], *own(APP, statement("kms:*"))),
        without(*ADMINISTERED),
        (*OURS, *own(ADMIN, statement("iam:*"), kind=EdgeKind.BOUNDARY, name="limit")),
        (*OURS, Gap(system="aws", realm=ACCOUNT, what="iam", reason=GapReason.DENIED, message="no", subject=ADMIN.ref)),
        # a role that nobody may become, and one of somebody deleted
        (*without(ADMIN, *ADMINISTERED), APP, *own(APP, statement("kms:*"))),
        (*without(ADMIN, *ADMINISTERED), *role("app", trusted={"AWS": "AROAABCDEFGHIJKLMNOPQ"}), *own(APP, statement("kms:*"))),
    ],
    ids=[
        "disabled",
        "state unknown",
        "of a service",
        "role of a service",
        "no policy",
        "boundary",
        "not seen",
        "no trust",
        "trust of a deleted one",
    ],
)
def test_who_cannot_be_counted_on_does_not_administer(ours):
    planning = planned(world(NOTHING_DECLARED, *ours, *key(LEFT_TO_US, THEIRS)))

    assert planning.changes == []
    assert "nobody but guardrails is certain to administer" in reasons(planning)[0]


def test_a_role_that_somebody_may_become_administers():
    ours = (*without(ADMIN, *ADMINISTERED), *role("app"), *own(APP, statement("kms:*")))
    found = world(NOTHING_DECLARED, *ours, *key(LEFT_TO_US, THEIRS))

    assert f"{APP.ref} can administer the key afterwards" in planned(found).changes[0].proof


def test_what_everybody_of_the_account_is_given_counts():
    all_of_us = to("*", Sid="us", Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}})
    found = world(NOTHING_DECLARED, *without(*ADMINISTERED), *key(all_of_us, THEIRS))

    assert after(planned(found), found) == [all_of_us]


def test_nobody_is_certain_of_what_was_not_seen():
    gone = Ref(system="aws", realm=ACCOUNT, kind="user", id="x", name="x")
    found = world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, THEIRS), *bucket()).meanings["aws"]
    assert found.administers(ADMIN.ref, KEY.ref)
    assert found.restores(WRITER[0].ref, KEY.ref)
    for holder, thing in ((gone, KEY.ref), (ADMIN.ref, OTHER_KEY), (ADMIN.ref, BUCKET.ref)):
        assert not found.administers(holder, thing)
        assert not found.restores(holder, thing)


def test_who_is_named_needs_no_policy_of_its_own():
    named = to({"AWS": [WRITER[0].resource, ADMIN.resource]})
    found = world(NOTHING_DECLARED, *without(*ADMINISTERED, *WRITING), *key(named, THEIRS))

    assert after(planned(found), found) == [named]


def test_a_second_factor_may_be_asked_of_people():
    when = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    found = world(NOTHING_DECLARED, *without(*ADMINISTERED), *own(ADMIN, statement("kms:*", **when)), *key(LEFT_TO_US, THEIRS))

    assert len(planned(found).changes) == 1


def test_guardrails_itself_is_not_who_administers():
    found = world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, THEIRS))

    planning = planned(found, Protected(own=frozenset({ADMIN.ref, WRITER[0].ref}), writers=frozenset({WRITER[0].ref})))

    assert "nobody but guardrails is certain to administer" in reasons(planning)[0]


@pytest.mark.parametrize("left", [False, True])
def test_who_has_left_does_not_administer(left):
    people = (
        f"guardrails: 1\nsystems: {{dir: {{connector: ldap}}, aws: {{connector: aws, sets: {SETS}}}}}\n"
        "people: {sources: {dir: {key: entryUUID, name: uid}}, leaver: disabled-in-any, join: {aws: {iam-user: tag/uid}}}\n"
    )
    entry = Principal(
        ref=Ref(system="dir", realm="", kind="person", id="1", name="admin"),
        form=PrincipalForm.USER,
        state=State.DISABLED if left else State.ACTIVE,
        names=(("uid", "admin"),),
    )
    somebody = replace(ADMIN, names=(("tag/uid", "admin"),))
    said = [Account(ref=ref("account", ACCOUNT, ACCOUNT), sets=("prod",)), *without(ADMIN), somebody, *key(LEFT_TO_US, THEIRS)]
    seen = {
        "aws": fold(said, system="aws", connector="aws", taken_at=AT),
        "dir": fold([entry], system="dir", connector="ldap", taken_at=AT),
    }
    meanings = {"aws": AWS.meaning(seen["aws"]), "dir": LDAP.meaning(seen["dir"])}
    found = World(declare.loads([("f.yaml", people.encode())]), seen, meanings, AT, lambda *_: "")
    assert [person.has_left for person in found.people.by_name.values()] == [left]

    planning = planned(found)

    assert len(planning.changes) == int(not left)
    assert any("nobody but guardrails is certain to administer" in reason for reason in reasons(planning)) is left


def test_where_it_is_not_known_who_writes_nothing_is_changed():
    found = world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, THEIRS))

    assert "as whom guardrails writes in 111122223333 is not known" in reasons(planned(found, NOBODY))[0]


def test_the_one_who_administers_it_by_the_statement_that_goes_is_not_counted():
    """The stranger's account is where the only one who could administer it was let in."""
    far = user("keeper", realm=STRANGER)
    found = world(NOTHING_DECLARED, *without(ADMIN, *ADMINISTERED), far, *own(far, statement("kms:*")), *key(
        to(ROOT, ["kms:Describe*", "kms:Get*", "kms:List*", "kms:PutKeyPolicy"]), to({"AWS": STRANGE})
    ))  # fmt: skip

    planning = planned(found)

    assert planning.changes == []
    assert f"nobody who can administer {KEY.ref} now, such as {far.ref}, is certain to afterwards" in reasons(planning)[0]


def test_a_policy_keeps_a_statement():
    found = world(NOTHING_DECLARED, *OURS, *key(THEIRS))

    assert "would have no statement left" in reasons(planned(found))[0]


def grant_to(whom, name="g"):
    own_ref = ref("grant", f"k/{name}", f"{KEY_ARN}/grant/{name}")
    text = json.dumps({"GranteePrincipal": whom, "Operations": ["Decrypt"]}, sort_keys=True, separators=(",", ":"))
    return Policy(ref=own_ref, text=text), Edge(kind=EdgeKind.GRANT, source=KEY.ref, target=own_ref)


def test_a_grant_is_no_part_of_the_policy():
    grantee = f"arn:aws:iam::{STRANGER}:role/theirs"
    alone = planned(world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US), *grant_to(grantee)))
    assert alone.changes == []
    assert f"{grantee} comes in by a grant" in reasons(alone)[0]
    assert "revoke the grant by hand" in alone.held[0].remedy

    beside = planned(world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, to({"AWS": grantee}, "kms:Decrypt")), *grant_to(grantee)))
    assert len(beside.changes) == 1
    assert f"grants of {KEY.ref} are no part of its policy, and stay: {grantee}" in beside.changes[0].breaks
    assert [reason for reason in reasons(beside) if "comes in by a grant" in reason]


def test_nothing_is_changed_under_a_gap_of_the_key():
    under = [("kms:policy", KEY.ref), ("kms:grants", KEY.ref), ("kms", None), ("kms:aliases", None), ("iam", None), ("account", None)]
    for what, subject in under:
        gap = Gap(system="aws", realm=ACCOUNT, what=what, reason=GapReason.DENIED, message="no", subject=subject)
        planning = planned(world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, THEIRS), gap))
        assert planning.changes == [], what


def test_all_keys_are_never_changed_at_once():
    found = world(NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, THEIRS))
    assert [one.rule for one in hazards(planned(found).changes, found, {})] == []

    alone = world(NOTHING_DECLARED, *OURS, *(said for said in key(LEFT_TO_US, THEIRS) if getattr(said, "ref", None) != OTHER_KEY))
    assert [one.rule for one in hazards(planned(alone).changes, alone, {})] == ["all-of-a-kind"]


def test_of_several_keys_each_is_proven_by_itself():
    found = world(
        NOTHING_DECLARED, *OURS, *key(LEFT_TO_US, THEIRS), *bucket(everybody(principal={"AWS": STRANGE}), everybody(principal=ROOT))
    )

    assert {change.ref for change in planned(found).changes} == {KEY.ref, BUCKET.ref}
