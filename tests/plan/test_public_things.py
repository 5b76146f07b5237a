"""Buckets and keys that are open to everybody are closed, and whoever of ours is declared for something keeps it."""

from __future__ import annotations

import pytest

from guardrails.connectors.aws.editing import KINDS
from guardrails.connectors.aws.meaning.administering import RESTORED
from guardrails.connectors.aws.meaning.guarded import opens_nothing
from guardrails.connectors.aws.meaning.losing import TENDED
from guardrails.iam.proof.actions import Actions
from guardrails.model.changes import Edit, Effect
from guardrails.model.facts import Gap
from guardrails.model.findings import Witness
from guardrails.model.past import Log, Past
from guardrails.model.words import EdgeKind, GapReason
from guardrails.plan.used import Used
from plan.guarded import (
    ADMIN,
    APP,
    BUCKET,
    FAR,
    KEY,
    KEY_ARN,
    LEFT_TO_US,
    OURS,
    READER,
    ROOT,
    WRITER,
    after,
    bucket,
    declared,
    everybody,
    is_allowed,
    key,
    own,
    planned,
    reasons,
    shared_with,
    statement,
    to,
    user,
    world,
)  # fmt: skip
from plan.plans import AT
from plan.test_unadmitted import ACCOUNT, OTHER, STRANGER, VENDOR, text_of

PUBLIC = everybody(Sid="public")
OURS_TOO = everybody("s3:ListBucket", "arn:aws:s3:::b", ROOT, Sid="ours")
GUARDED_BY, GUARDED = (READER, WRITER), (*READER, *WRITER)


NOBODY_DECLARED = declared(app="elsewhere", far="elsewhere")


def test_what_nobody_of_ours_is_declared_for_is_closed():
    found = world(NOBODY_DECLARED, APP, *own(APP, statement("s3:ListAllMyBuckets")), *GUARDED, *bucket(OURS_TOO, PUBLIC))

    planning = planned(found)

    (change,) = planning.changes
    assert planning.held == []
    assert after(planning, found) == [OURS_TOO]
    assert (change.ref, change.effect) == (BUCKET.ref, Effect.NARROWS)
    assert change.breaks == (
        f"nobody outside can use {BUCKET.ref} any more, signed or not, nor whoever of ours is neither declared nor let in otherwise",
    )


def test_who_has_it_by_a_policy_of_its_own_needs_no_name():
    found = world(declared(), APP, *own(APP, statement("s3:Get*", "arn:aws:s3:::b/*")), *GUARDED, *bucket(OURS_TOO, PUBLIC))

    assert after(planned(found), found) == [OURS_TOO]


def test_who_is_declared_and_has_it_by_that_alone_is_named_in_the_place_of_everybody():
    found = world(declared(), APP, *GUARDED, *bucket(OURS_TOO, PUBLIC))
    assert is_allowed(found, APP, "s3:GetObject", "arn:aws:s3:::b/x")

    planning = planned(found)

    assert after(planning, found) == [OURS_TOO, PUBLIC | {"Principal": {"AWS": [APP.resource]}}]
    assert planning.held == []
    assert f"named in its place, for what is declared: {APP.resource}" in planning.changes[0].breaks
    assert "allows nobody anything that it does not allow now" in planning.changes[0].proof


def test_of_a_bucket_with_one_statement_the_named_ones_are_left():
    found = world(declared(), APP, *GUARDED, *bucket(everybody(principal={"AWS": "*"})))

    assert after(planned(found), found) == [everybody(principal={"AWS": [APP.resource]})]
    empty = world(NOBODY_DECLARED, APP, *GUARDED, *bucket(everybody(principal={"AWS": "*"})))
    (change,) = planned(empty).changes
    assert [edit.adds for edit in change.edits] == [()], "a bucket can be without a policy"
    assert (change.effect, planned(empty).held) == (Effect.NARROWS, [])


def test_who_is_declared_for_what_it_has_not_is_not_given_it():
    found = world(declared(app="write"), APP, *GUARDED, *bucket(OURS_TOO, PUBLIC))

    assert after(planned(found), found) == [OURS_TOO]


@pytest.mark.parametrize(
    ("policies", "boundary", "is_named"),
    [
        ([statement("s3:GetObject", "arn:aws:s3:::b/*")], None, False),
        ([statement("s3:GetObject", "arn:aws:s3:::b/*"), statement("s3:*", effect="Deny")], None, False),
        ([statement("s3:GetObject", "arn:aws:s3:::b/logs/*")], None, True),
        ([statement("s3:GetObject", "arn:aws:s3:::b/*", Condition={"Bool": {"aws:SecureTransport": "true"}})], None, True),
        ([statement("s3:GetObject", "arn:aws:s3:::b/*")], [statement("s3:*")], False),
    ],
    ids=["own", "denied anyway", "a part", "a part of the contexts", "within the boundary"],
)
def test_what_somebody_holds_besides_is_counted_exactly(policies, boundary, is_named):
    limits = own(APP, *boundary, kind=EdgeKind.BOUNDARY, name="limit") if boundary else ()
    found = world(declared(), APP, *own(APP, *policies), *limits, *GUARDED, *bucket(OURS_TOO, PUBLIC))

    left = after(planned(found), found)

    assert (PUBLIC | {"Principal": {"AWS": [APP.resource]}} in left) is is_named, reasons(planned(found))


def test_a_role_that_a_boundary_keeps_from_what_is_given_to_it_by_name_is_not_named():
    """What is given to everybody is not limited by a boundary; what is given to a role by name is, and to a user it is not."""
    for holder, is_changed in ((APP, False), (user("app"), True)):
        mine = (*own(holder, statement("s3:*")), *own(holder, statement("ec2:*"), kind=EdgeKind.BOUNDARY, name="limit"))
        said = declared().replace("aws@prod:role/app", f"aws@prod:{holder.ref.kind}/app")
        planning = planned(world(said, holder, *mine, *GUARDED, *bucket(OURS_TOO, PUBLIC)))

        assert bool(planning.changes) is is_changed
        assert any(f"{holder.ref} would lose read, which is declared for it" in reason for reason in reasons(planning)) is not is_changed


def test_across_accounts_both_sides_have_to_allow():
    mine = own(FAR, statement("s3:GetObject", "arn:aws:s3:::b/*"))
    found = world(declared(), FAR, *mine, *GUARDED, *bucket(OURS_TOO, PUBLIC))
    assert after(planned(found), found) == [OURS_TOO, PUBLIC | {"Principal": {"AWS": [FAR.resource]}}]

    # without a policy of its own it never had it
    idle = world(declared(), FAR, *GUARDED, *bucket(OURS_TOO, PUBLIC))
    assert after(planned(idle), idle) == [OURS_TOO]

    # its account is let in besides
    theirs = everybody(principal={"AWS": OTHER}, Sid="theirs")
    through = world(declared(), FAR, *mine, *GUARDED, *bucket(theirs, PUBLIC))
    assert after(planned(through), through) == [theirs]


def test_who_has_it_only_perhaps_may_lose_it():
    doubtful = own(FAR, statement("s3:GetObject", "arn:aws:s3:::b/*", Condition={"Odd": {"aws:unheard": "x"}}))
    planning = planned(world(declared(), FAR, *doubtful, *GUARDED, *bucket(OURS_TOO, PUBLIC)))

    assert planning.changes == []
    assert f"whether {FAR.ref} would lose read, which is declared for it, cannot be told: it is not certain" in reasons(planning)[0]


def test_what_is_denied_to_everybody_stays_so_and_is_no_loss():
    deny = everybody("s3:GetObject", "arn:aws:s3:::b/*", Sid="never") | {"Effect": "Deny"}
    open_too = everybody(["s3:GetObject", "s3:PutObject"], Sid="public")
    found = world(declared(), APP, *GUARDED, *bucket(OURS_TOO, deny, open_too))

    assert after(planned(found), found) == [OURS_TOO, deny]


def test_what_cannot_be_told_is_held_with_the_reason():
    odd = everybody(Sid="public", Condition={"StringNotLike": {"aws:UserAgent": "x"}})
    doubtful = own(APP, statement("s3:GetObject", "arn:aws:s3:::b/*", Condition={"Odd": {"aws:unheard": "x"}}))
    found = world(declared(), APP, *doubtful, *GUARDED, *bucket(OURS_TOO, odd))

    planning = planned(found)

    assert planning.changes == []
    assert (
        f"whether {APP.ref} would lose read, which is declared for it, cannot be told: it is not certain of s3:GetObject"
        in reasons(planning)[0]
    )


def test_who_was_not_seen_may_use_it():
    for subject, said in ((APP.ref, "cannot be told: MaybeDenied"), (None, "was not seen: MaybeDenied")):
        gap = Gap(system="aws", realm=OTHER, what="iam", reason=GapReason.DENIED, message="MaybeDenied", subject=subject)
        planning = planned(world(declared(), APP, gap, *GUARDED, *bucket(OURS_TOO, PUBLIC)))
        assert planning.changes == []
        assert any(said in reason for reason in reasons(planning)), reasons(planning)
    # a stranger by name is nobody of ours, whoever was not seen
    named = everybody(principal={"AWS": STRANGER})
    assert len(planned(world(declared(), APP, gap, *GUARDED, *bucket(OURS_TOO, named))).changes) == 1


def test_two_statements_that_give_the_same_are_cut_one_after_the_other():
    first, second = everybody(), everybody("s3:GetObject", Sid="again")
    found = world(declared(), APP, *GUARDED, *bucket(first, OURS_TOO, second))

    assert after(planned(found), found) == [OURS_TOO, second | {"Principal": {"AWS": [APP.resource]}}]


def test_statements_without_a_name_are_told_apart_by_their_places():
    first, second, last = everybody(), everybody("s3:PutObject"), everybody("s3:DeleteObject", principal=ROOT)
    found = world(NOBODY_DECLARED, APP, *GUARDED, *bucket(first, second, last))

    assert after(planned(found), found) == [last]
    named = world(declared(app="write"), APP, *GUARDED, *bucket(first, second, last))
    assert after(planned(named), named) == [second | {"Principal": {"AWS": [APP.resource]}}, last]


def test_a_doubt_that_stays_as_it_was_is_no_loss():
    odd = everybody("s3:PutObject", principal={"AWS": APP.resource}, Sid="odd", Condition={"Odd": {"aws:unheard": "x"}})
    found = world(declared(app="read, write"), APP, *GUARDED, *bucket(odd, PUBLIC))

    assert after(planned(found), found) == [odd, PUBLIC | {"Principal": {"AWS": [APP.resource]}}]


def test_each_statement_names_those_who_need_it():
    write = everybody("s3:PutObject", Sid="in")
    found = world(declared(far="write"), APP, FAR, *own(FAR, statement("s3:PutObject")), *GUARDED, *bucket(PUBLIC, OURS_TOO, write))

    left = after(planned(found), found)

    assert left == [PUBLIC | {"Principal": {"AWS": [APP.resource]}}, OURS_TOO, write | {"Principal": {"AWS": [FAR.resource]}}]


def test_who_would_hold_more_by_name_than_is_declared_is_not_named():
    wide = everybody(["s3:GetObject", "s3:PutObject"])
    found = world(declared(), APP, *GUARDED, *bucket(OURS_TOO, wide))

    planning = planned(found)

    assert planning.changes == []
    assert "it would make GR101" in reasons(planning)[0]


def test_a_declared_outsider_is_named_in_the_place_of_everybody():
    found = world(shared_with(f"aws:{VENDOR}", "aws:service/logging.s3.amazonaws.com"), *GUARDED, *bucket(OURS_TOO, PUBLIC))

    assert after(planned(found), found) == [OURS_TOO, PUBLIC | {"Principal": {"AWS": [VENDOR], "Service": ["logging.s3.amazonaws.com"]}}]

    let_in = everybody(principal={"AWS": f"arn:aws:iam::{VENDOR}:root", "Service": "logging.s3.amazonaws.com"}, Sid="theirs")
    besides = world(shared_with(f"aws:{VENDOR}", "aws:service/logging.s3.amazonaws.com"), *GUARDED, *bucket(let_in, PUBLIC))
    assert after(planned(besides), besides) == [let_in]


def test_accounts_that_conditions_name_go_with_their_statement():
    theirs = everybody(Sid="public", Condition={"StringEquals": {"aws:PrincipalAccount": [STRANGER, ACCOUNT]}})
    found = world(declared(), APP, *GUARDED, *bucket(OURS_TOO, theirs))

    assert after(planned(found), found) == [OURS_TOO, theirs | {"Principal": {"AWS": [APP.resource]}}]


@pytest.mark.parametrize("entry", [{"NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}])
def test_what_is_said_by_other_means_than_names_is_held(entry):
    odd = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **entry}

    assert "lets in all but those whom it names" in reasons(planned(world(declared(), APP, *GUARDED, *bucket(OURS_TOO, odd))))[0]


def used(holder, action="s3:GetObject", resource="arn:aws:s3:::b/x"):
    asked = Witness(principal=holder.resource, action=action, resource=resource)
    return Used([Log(system="aws", requests=(Past(holders=(holder.ref,), request=asked, last=AT),), others=0, since=AT, until=AT)])


def test_what_somebody_of_ours_used_lately_is_kept_unless_it_passes_all_the_same():
    said = (APP, *GUARDED, *bucket(OURS_TOO, PUBLIC))
    lately = planned(world(NOBODY_DECLARED, *said), used=used(APP))
    assert lately.changes == []
    assert f"used: {APP.ref} was let s3:GetObject arn:aws:s3:::b/x once" in reasons(lately)[0]

    by_itself = world(NOBODY_DECLARED, *own(APP, statement("s3:GetObject", "arn:aws:s3:::b/*")), *said)
    assert len(planned(by_itself, used=used(APP)).changes) == 1
    elsewhere = planned(world(NOBODY_DECLARED, *said), used=used(APP, resource="arn:aws:s3:::other/x"))
    assert len(elsewhere.changes) == 1
    # across accounts its own policy is not enough
    far = world(NOBODY_DECLARED, FAR, *own(FAR, statement("s3:GetObject")), *GUARDED, *bucket(OURS_TOO, PUBLIC))
    assert planned(far, used=used(FAR)).changes == []


def test_what_is_protected_loses_nothing_by_it():
    never = declared(app="elsewhere", far="elsewhere", extra='apply: {never: {"aws@prod:user/admin": any}}\n')
    found = world(never, ADMIN, *GUARDED, *bucket(OURS_TOO, PUBLIC))
    assert planned(found).changes == []
    assert f"{ADMIN.ref} is protected, and may lose something of {BUCKET.ref} by it: name it in the policy" in reasons(planned(found))[0]

    with_own = world(never, ADMIN, *own(ADMIN, statement("*")), *GUARDED, *bucket(OURS_TOO, PUBLIC))
    assert len(planned(with_own).changes) == 1


def test_guardrails_keeps_what_it_asks_for_there_and_needs_nothing_else():
    wide = everybody("s3:*", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
    found = world(NOBODY_DECLARED, *GUARDED, *bucket(OURS_TOO, wide))
    assert planned(found).changes == []
    assert f"{READER[0].ref} is guardrails itself, which may not reach {BUCKET.ref} any more" in reasons(planned(found))[0]

    able = [own(one[0], statement(list(TENDED["bucket"]))) for one in GUARDED_BY]
    assert len(planned(world(NOBODY_DECLARED, *able[0], *able[1], *GUARDED, *bucket(OURS_TOO, wide))).changes) == 1


def test_a_key_that_is_open_to_everybody_is_closed_and_whoever_uses_its_bucket_keeps_it():
    mine = own(APP, statement("s3:GetObject", "arn:aws:s3:::b/*"))
    open_key = to("*", ["kms:Decrypt"], Sid="public")
    found = world(declared(), APP, *mine, *OURS, *key(LEFT_TO_US, open_key), *bucket(by=KEY_ARN))

    named = open_key | {"Principal": {"AWS": APP.resource}, "Action": "kms:Decrypt"}
    # it uses the key for what is declared, and that it may use the key by name is not declared: both are said
    assert planned(found).changes == []
    assert "it would make GR101" in reasons(planned(found))[0]
    idle = world(declared(app="elsewhere"), APP, *mine, *OURS, *key(LEFT_TO_US, open_key), *bucket(by=KEY_ARN))
    assert after(planned(idle), idle) == [LEFT_TO_US]

    said = world(declared(app="read, decrypt"), APP, *mine, *OURS, *key(LEFT_TO_US, open_key), *bucket(by=KEY_ARN))
    assert after(planned(said), said) == [LEFT_TO_US, named]

    # by its own policy, for the key is left to the account
    by_own = own(APP, statement(["s3:GetObject", "kms:Decrypt"]), name="wide")
    holds = world(declared(app="read, decrypt"), APP, *by_own, *OURS, *key(LEFT_TO_US, open_key), *bucket(by=KEY_ARN))
    assert after(planned(holds), holds) == [LEFT_TO_US]

    # which does not count where it is not
    ours = to({"AWS": [ADMIN.resource, WRITER[0].resource]}, Sid="ours")
    alone = world(declared(app="read, decrypt"), APP, *by_own, *OURS, *key(ours, open_key), *bucket(by=KEY_ARN))
    assert after(planned(alone), alone)[1] == named


def test_a_key_that_everybody_administers_is_not_closed_before_nobody_could():
    able = [own(one[0], statement(list(TENDED["key"]))) for one in GUARDED_BY]
    found = world("teams: {}\n", ADMIN, *GUARDED, *able[0], *able[1], *key(to("*"), to(ROOT, list(TENDED["key"]))))

    planning = planned(found)

    assert planning.changes == []
    assert f"nobody who can administer {KEY.ref} now, such as {ADMIN.ref}, is certain to afterwards" in reasons(planning)[0]


def test_more_named_in_the_place_of_everybody_is_fewer():
    wide, narrow = text_of(everybody()), text_of(everybody(principal={"AWS": [APP.resource]}))
    assert opens_nothing(wide, narrow) == ""
    assert opens_nothing(text_of(everybody(principal={"AWS": ["*", APP.resource]})), narrow) == ""
    assert opens_nothing(narrow, wide)
    assert opens_nothing(wide, text_of(everybody(principal={"AWS": []})))
    assert opens_nothing(wide, text_of(everybody(principal={"Federated": "x"})))
    assert opens_nothing(wide, text_of(everybody("s3:Get*", principal={"AWS": [APP.resource]})))


def test_what_guardrails_asks_for_is_what_it_reads_and_writes_with():
    for kind, ref in (("bucket", BUCKET.ref), ("key", KEY.ref)):
        edits = [Edit(field=field, adds=("x",)) for field in ("policy", "encryption", "rotation")]
        asked = {action for one in KINDS[kind].rights(ref, edits) for action in one["Action"]}
        assert (Actions.of(sorted(asked)) - Actions.of(TENDED[kind])).is_empty()
    policy = [Edit(field="policy", adds=("x",))]
    assert {action for one in KINDS["key"].rights(KEY.ref, policy) for action in one["Action"]} == set(RESTORED)


@pytest.mark.parametrize(
    ("principal", "condition", "why"),
    [
        ("*", {"Bool": {"aws:PrincipalIsAWSService": "true"}}, "services come in by it that act for us as well, and which is told nowhere"),
        ({"Service": "cloudfront.amazonaws.com"}, {}, f"cannot tell: {BUCKET.ref} lets in cloudfront.amazonaws.com, whomever it acts for"),
    ],
)
def test_what_services_do_for_us_is_not_taken_from_them(principal, condition, why):
    services = everybody(principal=principal, **({"Condition": condition} if condition else {}))
    planning = planned(world(NOBODY_DECLARED, APP, *own(APP, statement("s3:ListAllMyBuckets")), *GUARDED, *bucket(OURS_TOO, services)))

    (held,) = planning.held
    assert (planning.changes, held.reason) == ([], why)
    assert held.remedy == "Demand aws:SourceAccount or aws:SourceOrgID of ours in the same statement"


def test_a_service_that_is_declared_is_named_in_the_place_of_all_services():
    services = everybody(Condition={"Bool": {"aws:SecureTransport": "true"}}, Sid="public")
    shared = NOBODY_DECLARED.replace("match:", 'shared-with: ["aws:service/cloudfront.amazonaws.com"], match:')
    found = world(shared, APP, *own(APP, statement("s3:ListAllMyBuckets")), *GUARDED, *bucket(OURS_TOO, services))

    assert after(planned(found), found) == [OURS_TOO, services | {"Principal": {"Service": ["cloudfront.amazonaws.com"]}}]
