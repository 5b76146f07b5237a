"""A roster says who counts; whatever is wrong with it is told, and then nobody on it counts."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.trust.errors import RosterError
from guardrails.trust.roster import Member, Use, parse_roster
from trust.group import line, member, roster


def read(value):
    return parse_roster(json.dumps(value).encode())


@pytest.fixture
def group(keys):
    return roster([member(keys, "dana", "dana", "dana2"), member(keys, "erin"), member(keys, "femi")])


def test_members_stand_in_order_and_a_use_without_a_threshold_is_a_record(group):
    group["members"].reverse()
    found = read({**group, "thresholds": {"record": 2, "roster": 3, "exception": 1}})
    assert [one.id for one in found.members] == ["dana", "erin", "femi"]
    assert {use: found.threshold(use) for use in Use} == {
        Use.RECORD: 2, Use.ROSTER: 3, Use.EXCEPTION: 1, Use.ACCEPTANCE: 2, Use.STANDING: 2, Use.ATTESTATION: 2,
        Use.PLAN: 2, Use.CHANGE: 2,
    }  # fmt: skip
    assert found.member("femi")
    assert found.member("gail") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "guardrails.roster/2"}, "schema must be 'guardrails.roster/1'"),
        ({"extra": 1}, "extra is not a field"),
        ({"version": 0}, "version must be a whole number from 1"),
        ({"version": True}, "version must be a whole number from 1"),
        ({"version": "1"}, "version must be a whole number from 1"),
        ({"version": 2}, "previous must be null in version 1 and the digest of the version before in all others"),
        ({"previous": "a" * 64}, "previous must be null in version 1"),
        ({"version": 2, "previous": "A" * 64}, "previous must be 64 hexadecimal digits, in lower case, or null"),
        ({"on": "2026-13-01"}, "on is not a day of the calendar: 2026-13-01"),
        ({"on": "2026-1-1"}, "on must be a date such as 2026-11-25"),
        ({"on": "٢٠٢٦-٠١-٠١"}, "on must be a date such as 2026-11-25"),
        ({"expires": "2025-12-31"}, "expires 2025-12-31 is before on 2026-01-01"),
        ({"max_ttl": 0}, "max_ttl must be a whole number from 1"),
        ({"require_uv": "no"}, "require_uv must be true or false"),
        ({"require_uv": True}, "require_uv is set, and a key is not on a hardware token"),
        ({"members": []}, "members must be a list with at least one entry"),
        ({"members": {}}, "members must be a list with at least one entry"),
        ({"members": [1]}, "members[0] must be an object"),
        ({"thresholds": {}}, "thresholds must be an object with at least one entry"),
        ({"thresholds": {"record": 2}}, "thresholds.roster is missing"),
        ({"thresholds": {"record": 2, "roster": 2, "acceptence": 3}}, "thresholds.acceptence is not one of"),
        ({"thresholds": {"record": 2, "roster": 4}}, "thresholds roster: 4 signatures of 3 members can never be had"),
    ],
)
def test_a_mistake_in_a_roster_is_told(group, change, said):
    with pytest.raises(RosterError) as caught:
        read({**group, **change})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "Dana"}, "members[0].id must be lower-case letters"),
        ({"id": "../dana"}, "members[0].id must be lower-case letters"),
        ({"id": "dаna"}, "members[0].id must be lower-case letters"),
        ({"id": "erin"}, "erin stands there twice"),
        ({"keys": ["ssh-ed25519 AAAA"]}, "members[0].keys[0] cannot be enrolled"),
        ({"keys": [7]}, "members[0].keys[0] cannot be enrolled: not text"),
        ({"keys": []}, "members[0].keys must be a list with at least one entry"),
        ({"from": None}, "members[0].from must be a date"),
        ({"until": "2025-01-01"}, "dana: until 2025-01-01 is before from 2026-01-01"),
        ({"revoked": False}, "members[0].revoked must be a date"),
        ({"admin": True}, "members[0].admin is not a field"),
    ],
)
def test_a_mistake_in_a_member_is_told(group, change, said):
    group["members"][0].update(change)
    with pytest.raises(RosterError) as caught:
        read(group)
    assert said in str(caught.value)


def test_one_key_cannot_be_two_members(group, keys):
    group["members"][1]["keys"].append(line(keys, "dana"))
    with pytest.raises(RosterError, match="dana and erin have the same key"):
        read(group)


def test_revoked_members_do_not_make_up_a_threshold(group):
    group["members"][0]["revoked"] = group["members"][1]["revoked"] = "2026-02-01"
    with pytest.raises(RosterError, match="2 signatures of 1 members can never be had"):
        read(group)


def test_every_mistake_is_kept_and_the_message_shows_a_few(group):
    with pytest.raises(RosterError) as caught:
        read({**group, **{f"extra{number:02}": 1 for number in range(20)}})
    assert len(caught.value.mistakes) == 20
    assert str(caught.value).count("is not a field") == 8
    assert "and 12 more" in str(caught.value)


def test_what_is_no_json_is_no_roster():
    with pytest.raises(RosterError, match="not JSON"):
        parse_roster(b"{")


DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(DAYS, st.none() | DAYS, st.none() | DAYS, DAYS)
def test_nobody_counts_outside_their_span_or_once_revoked(since, until, revoked, day):
    one = Member(id="dana", keys=frozenset(), since=since, until=until, revoked_on=revoked)
    counts = revoked is None and since <= day < (until or date.max - timedelta(1)) + timedelta(1)
    assert (one.absence(day) == "") is counts
