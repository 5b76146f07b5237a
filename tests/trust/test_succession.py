"""Which roster is trusted: the pinned one, or one to which enough old and enough new members led, step by step."""

from __future__ import annotations

import json
from datetime import date

import pytest

from guardrails.trust.chain import read_roster
from guardrails.trust.errors import RosterError, UnreadableFile, UntrustedRoster
from guardrails.trust.roster import ROSTER_NAMESPACE, digest
from guardrails.trust.succession import Anchor, SignedRoster, trusted_roster
from trust.group import anchor, member, put, roster, write

TODAY = date(2026, 11, 25)
FIRST = ("dana", "erin", "femi")


class Office:
    """Makes version after version, as the group would: the old one is kept, the new one names it."""

    def __init__(self, room, keys):
        self.room, self.keys, self.path = room, keys, room / "roster.json"

    def make(self, *names, signers=(), **change):
        members = [member(self.keys, name) if isinstance(name, str) else name for name in names]
        fields = {}
        if self.path.exists():
            old = self.path.read_bytes()
            version = json.loads(old)["version"]
            (self.room / "rosters").mkdir(exist_ok=True)
            for file in sorted(self.room.glob("roster.json*")):
                file.rename(self.room / "rosters" / file.name.replace("roster.json", f"{version}.json"))
            fields = {"version": version + 1, "previous": digest(old), "on": "2026-06-01"}
        write(self.path, roster(members, **{**fields, **change}))
        for signer in signers:
            put(self.path, self.keys / signer, signer, ROSTER_NAMESPACE)
        return anchor(self.path)

    def trusted(self, pinned, at=TODAY):
        return read_roster(self.path, pinned, at)


@pytest.fixture
def office(tmp_path, keys):
    return Office(tmp_path, keys)


def test_the_pinned_roster_needs_no_signature(office):
    assert office.trusted(office.make(*FIRST)).version == 1


def test_a_new_roster_follows_from_the_old_quorum(office):
    pinned = office.make(*FIRST)
    office.make("dana", "erin", "gail", signers=("dana", "erin"))
    assert [one.id for one in office.trusted(pinned).members] == ["dana", "erin", "gail"]
    office.make("gail", "erin", "stranger", signers=("gail", "erin"))
    assert office.trusted(pinned).version == 3


@pytest.mark.parametrize(
    ("names", "signers", "said"),
    [
        (FIRST, (), "needs 2 members, has 0"),
        (FIRST, ("dana",), "needs 2 members, has 1"),
        (("dana", "gail", "stranger"), ("gail", "stranger", "dana"), "by the rules of roster 1: needs 2 members, has 1 (dana)"),
        (("gail", "stranger"), ("dana", "erin"), "by the rules of roster 2: needs 2 members, has 0"),
    ],
)
def test_neither_the_old_nor_the_new_members_alone_take_it_over(office, names, signers, said):
    pinned = office.make(*FIRST)
    office.make(*names, signers=signers)
    with pytest.raises(UntrustedRoster) as caught:
        office.trusted(pinned)
    assert said in str(caught.value).replace("roster 2 by the rules of roster 2", "by the rules of roster 2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 3}, "3.json: No such file|2.json: No such file"),
        ({"previous": "0" * 64}, "roster 2 follows 0000"),
        ({"on": "2025-12-31"}, "made on 2025-12-31, before roster 1"),
        ({"thresholds": {"record": 1, "roster": 2}}, "asks 1 signatures for record, the host 2"),
    ],
)
def test_a_step_that_is_not_the_next_is_refused(office, change, said):
    pinned = office.make(*FIRST)
    office.make(*FIRST, signers=FIRST, **change)
    with pytest.raises((UntrustedRoster, UnreadableFile), match=said):
        office.trusted(pinned)


def test_a_skipped_version_is_refused_even_where_its_place_is_filled(office, tmp_path):
    pinned = office.make(*FIRST)
    office.make(*FIRST, signers=FIRST, version=3)
    (tmp_path / "rosters/2.json").write_bytes((tmp_path / "rosters/1.json").read_bytes())
    with pytest.raises(UntrustedRoster, match="roster 3 cannot follow roster 1"):
        office.trusted(pinned)


def test_a_signature_of_a_record_signs_no_roster(office, keys):
    pinned = office.make(*FIRST)
    office.make(*FIRST)
    for signer in FIRST:
        put(office.path, keys / signer, signer, "guardrails-record-v1")
    with pytest.raises(UntrustedRoster, match="signed for the namespace"):
        office.trusted(pinned)


def test_an_older_roster_is_a_rollback(office, tmp_path):
    pinned = office.make(*FIRST)
    office.make("dana", "erin", signers=("dana", "erin"))
    newest = anchor(office.path)
    (tmp_path / "old.json").write_bytes((tmp_path / "rosters/1.json").read_bytes())
    office.path.write_bytes((tmp_path / "old.json").read_bytes())
    assert office.trusted(pinned).version == 1
    with pytest.raises(UntrustedRoster, match="older than 2, which this host has seen"):
        office.trusted(Anchor(digest=pinned.digest, minimum_version=2))
    with pytest.raises(UntrustedRoster, match="does not lead back to the digest that the host pins"):
        office.trusted(newest)


def test_the_way_must_lead_to_the_pinned_roster_itself(office, keys, tmp_path):
    pinned = office.make(*FIRST)
    foreign = Office(tmp_path / "foreign", keys)
    foreign.make("gail", "stranger")
    foreign.make("gail", "stranger", signers=("gail", "stranger"))
    with pytest.raises(UntrustedRoster, match="does not lead back"):
        foreign.trusted(pinned)
    links = [SignedRoster(foreign.path.read_bytes(), {})]
    with pytest.raises(UntrustedRoster, match="roster 2 has the digest"):
        trusted_roster(links, pinned, TODAY)


def test_a_way_in_circles_ends(office, tmp_path):
    pinned = office.make(*FIRST)
    office.make(*FIRST, version=2)
    (tmp_path / "rosters/1.json").write_bytes(office.path.read_bytes())
    with pytest.raises(UntrustedRoster, match="does not lead back"):
        office.trusted(pinned)


def test_who_has_left_cannot_date_a_roster_back(office, keys):
    leavers = [member(keys, name, until="2026-09-30") for name in ("dana", "erin")]
    pinned = office.make(*leavers, "femi")
    office.make("dana", "erin", "gail", signers=("dana", "erin"), on="2026-06-01")
    assert office.trusted(pinned, date(2026, 9, 30)).version == 2
    with pytest.raises(UntrustedRoster, match="was a member until 2026-09-30"):
        office.trusted(pinned, date(2026, 10, 1))


def test_a_lapsed_roster_can_be_renewed(office):
    pinned = office.make(*FIRST, expires="2026-03-31")
    office.make(*FIRST, signers=("dana", "erin"))
    assert office.trusted(pinned).version == 2


def test_the_pinned_version_too_must_ask_for_enough_signatures(office):
    office.make(*FIRST, thresholds={"record": 2, "roster": 1})
    pinned = anchor(office.path)
    office.make(*FIRST, signers=("dana", "erin"))
    with pytest.raises(UntrustedRoster, match="roster 1 asks 1 signatures for roster, the host 2"):
        office.trusted(pinned)


def test_junk_cannot_crowd_out_a_signature(office, tmp_path):
    pinned = office.make(*FIRST)
    office.make(*FIRST, signers=("dana", "erin"))
    for number in range(500):
        (tmp_path / f"roster.json.a{number:04}.sig").write_bytes(b"junk")
    assert office.trusted(pinned).version == 2


def test_a_signature_that_cannot_be_read_does_not_count(office, tmp_path):
    pinned = office.make(*FIRST)
    office.make(*FIRST, signers=("dana", "erin"))
    link = tmp_path / "roster.json.erin.sig"
    link.rename(tmp_path / "elsewhere")
    link.symlink_to("elsewhere")
    with pytest.raises(UntrustedRoster, match=r"roster\.json\.erin\.sig: Too many levels of symbolic links"):
        office.trusted(pinned)


def test_a_malformed_roster_on_the_way_is_told(office, tmp_path):
    pinned = office.make(*FIRST)
    office.make(*FIRST, signers=("dana", "erin"))
    (tmp_path / "rosters/1.json").write_text("{}")
    with pytest.raises(RosterError):
        office.trusted(pinned)
