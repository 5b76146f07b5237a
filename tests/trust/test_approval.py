"""A plan counts only with enough distinct members behind exactly its bytes, for its environment, and never with its author's word."""

from __future__ import annotations

import json
from datetime import date

import pytest

from guardrails.errors import Refused
from guardrails.trust.approval import approvers, plan_namespace, read_signatures
from guardrails.trust.errors import SigningError
from guardrails.trust.roster import parse_roster
from guardrails.trust.sign import sign_plan
from trust.group import made, member, put, roster, theirs

CONTENT = b'{"schema":"guardrails.plan/1"}'
AT = date(2026, 11, 26)
PROD = "guardrails-plan-v1@prod"


@pytest.fixture
def trusted(keys):
    def of(**more):
        return parse_roster(json.dumps(roster([member(keys, name) for name in ("dana", "erin", "femi")], **more)).encode())

    return of


def signed(keys, *names, namespace=PROD, content=CONTENT):
    return {name: made(content, keys / name, namespace) for name in names}


def judged(trusted_roster, signatures, **more):
    given = {"environment": "prod", "author": ""} | more
    return approvers(CONTENT, signatures, trusted_roster, given.pop("at", AT), **given)


def test_two_of_three_are_enough_where_two_are_asked(keys, trusted):
    assert judged(trusted(), signed(keys, "dana", "femi")).signers == ("dana", "femi")


def test_plans_have_a_threshold_of_their_own(keys, trusted):
    strict = trusted(thresholds={"record": 2, "roster": 2, "plan": 3})

    with pytest.raises(Refused, match="needs 3 members, has 2"):
        judged(strict, signed(keys, "dana", "femi"))
    assert len(judged(strict, signed(keys, "dana", "erin", "femi")).signers) == 3


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (("dana",), {}),
        (("dana", "erin"), {"author": "erin"}),
        (("dana", "erin"), {"environment": "test"}),
        (("dana", "erin"), {"at": date(2028, 1, 1)}),
    ],
)
def test_too_few_an_author_another_environment_or_an_old_roster_are_refused(keys, trusted, names, more):
    with pytest.raises(Refused):
        judged(trusted(), signed(keys, *names), **more)


@pytest.mark.parametrize("wrong", [{"namespace": "guardrails-record-v1"}, {"namespace": "git"}, {"content": CONTENT + b" "}])
def test_a_signature_for_something_else_does_not_count(keys, trusted, wrong):
    with pytest.raises(Refused, match="has 1"):
        judged(trusted(), signed(keys, "dana") | signed(keys, "erin", **wrong))


def test_one_key_under_two_names_counts_once(keys, trusted):
    own = signed(keys, "dana")

    with pytest.raises(Refused, match="has 1"):
        judged(trusted(), own | {"erin": own["dana"]})


def test_who_has_left_does_not_count(keys, trusted):
    gone = parse_roster(json.dumps(roster([member(keys, "dana"), member(keys, "erin", until="2026-11-25"), member(keys, "femi")])).encode())

    with pytest.raises(Refused, match="was a member until 2026-11-25"):
        judged(gone, signed(keys, "dana", "erin"))


def test_what_is_signed_here_ssh_keygen_verifies_and_the_other_way_round(tmp_path, keys, trusted):
    path = tmp_path / "plan.json"
    path.write_bytes(CONTENT)
    first = sign_plan(path, CONTENT, keys / "dana", trusted(), environment="prod", author="femi")
    put(path, keys / "erin", "erin", plan_namespace("prod"))
    (tmp_path / "plan.json.stranger.sig").write_bytes(b"junk")

    assert first == tmp_path / "plan.json.dana.sig"
    assert theirs(CONTENT, first.read_bytes(), PROD, (keys / "dana.pub").read_text(), tmp_path)
    found = read_signatures(path, trusted())
    assert sorted(found) == ["dana", "erin"]
    assert judged(trusted(), found).signers == ("dana", "erin")


def test_an_author_does_not_even_sign(tmp_path, keys, trusted):
    path = tmp_path / "plan.json"
    path.write_bytes(CONTENT)

    with pytest.raises(SigningError, match="nobody approves a proposal of their own"):
        sign_plan(path, CONTENT, keys / "dana", trusted(), environment="prod", author="dana")


def test_two_keys_of_one_member_are_one_signature(keys):
    both = parse_roster(json.dumps(roster([member(keys, "dana", "dana", "dana2"), member(keys, "erin")])).encode())
    for key in ("dana", "dana2"):
        with pytest.raises(Refused, match="has 1"):
            judged(both, {"dana": made(CONTENT, keys / key, PROD)})
    with pytest.raises(Refused, match="has 1"):
        judged(both, {"dana": made(CONTENT, keys / "dana", PROD), "erin": made(CONTENT, keys / "dana2", PROD)})


def test_who_was_revoked_does_not_count_for_any_day(keys):
    members = [member(keys, "dana"), member(keys, "erin", revoked="2026-11-27"), member(keys, "femi")]
    gone = parse_roster(json.dumps(roster(members)).encode())

    with pytest.raises(Refused, match="has 1"):
        judged(gone, signed(keys, "dana", "erin"))


def test_a_stranger_does_not_count_whatever_name_the_signature_has(keys, trusted):
    foreign = made(CONTENT, keys / "stranger", PROD)
    for name in ("stranger", "erin"):
        with pytest.raises(Refused, match="has 1"):
            judged(trusted(), signed(keys, "dana") | {name: foreign})
