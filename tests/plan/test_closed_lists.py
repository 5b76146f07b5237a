"""Access control lists of buckets lose the strangers in them and nobody else, and what could not be taken back is held."""

from __future__ import annotations

import json

import pytest

from connectors.aws_lists import EVERYBODY, LOGS, SIGNED, STRANGER, UNSEEN, by_id, listed, text
from guardrails.model.changes import Effect, edited
from guardrails.model.facts import Gap
from guardrails.model.words import GapReason
from plan.guarded import APP, BUCKET, READER, WRITER, _image, bucket, everybody, own, planned, reasons, statement, world
from plan.test_public_things import NOBODY_DECLARED, declared
from plan.test_unadmitted import ACCOUNT

GUARDED = (*READER, *WRITER)
LISTING = declared(app="list", far="elsewhere").replace(
    "entitlements:", 'entitlements:\n  list: {aws: {allow: ["s3:ListBucket"], resources: ["arn:aws:s3:::b"]}}'
)


def seen(*grants, says=NOBODY_DECLARED, also=(), entries=(), **limits):
    return world(says, APP, *also, *GUARDED, *bucket(*entries), *listed(*grants, bucket=BUCKET.ref, **limits))


def left(planning, found):
    image = _image(found, BUCKET.ref)
    for change in planning.changes:
        image = edited(image, change.edits)
    return "".join(image.values("acl"))


def test_strangers_go_from_a_list_and_the_rest_stays_as_it_is():
    found = seen((EVERYBODY, "READ"), (SIGNED, "WRITE"), (LOGS, "WRITE"), (by_id("a" * 64), "READ"))

    planning = planned(found)

    assert left(planning, found) == text((LOGS, "WRITE"))
    assert planning.held == []
    assert {change.effect for change in planning.changes} == {Effect.NARROWS}
    assert all(change.ref == BUCKET.ref for change in planning.changes)


def test_whom_it_is_shared_with_by_declaration_stays():
    says = NOBODY_DECLARED.replace("match:", f'shared-with: ["aws:{STRANGER}"], match:')
    found = seen((EVERYBODY, "READ"), (by_id(STRANGER), "WRITE"), says=says)

    assert left(planned(found), found) == text((by_id(STRANGER), "WRITE"))


def test_a_list_and_a_policy_are_closed_each_for_itself():
    found = seen((EVERYBODY, "READ"), entries=(everybody(),))

    planning = planned(found)

    assert len(planning.changes) == 2, reasons(planning)
    assert left(planning, found) == text()


def test_who_of_ours_is_declared_and_has_it_by_the_list_alone_keeps_it():
    planning = planned(seen((SIGNED, "READ"), says=LISTING))

    assert planning.changes == []
    assert any("would lose list, which is declared for it" in reason for reason in reasons(planning))
    found = seen((SIGNED, "READ"), says=LISTING, also=own(APP, statement("s3:ListBucket", "arn:aws:s3:::b")))
    assert left(planned(found), found) == text()


@pytest.mark.parametrize("limits", [{"block": ("BlockPublicAcls",)}, {"above": ("BlockPublicAcls",)}])
def test_a_list_that_could_not_be_put_back_is_left_alone(limits):
    planning = planned(seen((EVERYBODY, "READ"), **limits))

    assert planning.changes == []
    assert reasons(planning) == [
        "a list with everybody in it is not taken where BlockPublicAcls may be on: have IgnorePublicAcls on as well"
    ]


def test_a_list_is_left_alone_where_it_is_not_known_whether_it_could_be_put_back():
    planning = planned(seen((EVERYBODY, "READ"), (by_id(STRANGER), "READ"), block=UNSEEN, above=("IgnorePublicAcls",)))

    assert planning.changes == []
    assert "may be on" in reasons(planning)[0]


def test_what_is_not_certain_is_left_alone():
    for limits in ({"block": UNSEEN}, {"ownership": UNSEEN}):
        assert planned(seen((EVERYBODY, "READ"), **limits)).changes == []
    unread = Gap(system="aws", realm=ACCOUNT, what="s3:policy", reason=GapReason.DENIED, message="no", subject=BUCKET.ref)
    assert planned(seen((EVERYBODY, "READ"), also=(unread,))).changes == []


def test_the_text_that_is_written_is_what_s3_takes():
    found = seen((EVERYBODY, "READ"))
    (change,) = planned(found).changes

    assert json.loads(change.edits[0].adds[0]) == json.loads(text())
    assert change.edits[0].removes == (text((EVERYBODY, "READ")),)
