"""A claim stands only when enough members signed exactly this entry."""

from __future__ import annotations

import json
from datetime import date
from types import MappingProxyType

import pytest

from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import Covered, NotCovered, read_decisions
from guardrails.trust.errors import RecordError, RosterError, UntrustedRoster
from guardrails.trust.records import Approved, Record, RecordKind, Refused, parse_record
from guardrails.trust.sign import new_record
from trust.group import anchor, member, put, roster, write

TODAY = date(2026, 11, 25)
ENTRY = "a" * 64
SUBJECT = "asset:call-records"


@pytest.fixture
def isg(tmp_path, keys):
    write(tmp_path / "roster.json", roster([member(keys, "dana", "dana", "dana2"), member(keys, "erin"), member(keys, "femi")]))
    (tmp_path / "decisions").mkdir()
    return tmp_path


def signed(isg, keys, *signers, by="femi", **change):
    fields = {"id": "ISG-2026-001", "kind": RecordKind.ACCEPTANCE, "covers": MappingProxyType({SUBJECT: ENTRY})}
    record = Record(**{**fields, "on": date(2026, 9, 1), "until": None, "by": by, "note": "", **change})
    path = new_record(isg / "decisions", record)
    for name, key in signers:
        put(path, keys / key, name)
    return path


def decisions(isg, at=TODAY, quorum=2):
    path = isg / "roster.json"
    return read_decisions(isg / "decisions", read_roster(path, anchor(path, minimum_quorum=quorum), at), at)


def coverage(isg, entry=ENTRY, record="ISG-2026-001"):
    return decisions(isg).covers(record, SUBJECT, entry)


def reroster(isg, **change):
    path = isg / "roster.json"
    write(path, {**json.loads(path.read_text()), **change})


def remember(isg, name, **change):
    members = json.loads((isg / "roster.json").read_text())["members"]
    reroster(isg, members=[{**one, **change} if one["id"] == name else one for one in members])


DANA, ERIN, FEMI = ("dana", "dana"), ("erin", "erin"), ("femi", "femi")


def test_two_members_stand_behind_exactly_this_entry(isg, keys):
    signed(isg, keys, DANA, ERIN)
    assert isinstance(coverage(isg), Covered)
    assert isinstance(coverage(isg, entry="b" * 64), NotCovered)
    assert isinstance(coverage(isg, record="ISG-2026-002"), NotCovered)


@pytest.mark.parametrize(
    ("signers", "change"),
    [
        pytest.param([DANA], {}, id="one signer"),
        pytest.param([DANA, FEMI], {}, id="the proposer does not count"),
        pytest.param([DANA, ("erin", "stranger")], {}, id="a stranger's key under a member's name"),
        pytest.param([DANA, ("erin", "dana2")], {}, id="one member's second key under another's name"),
        pytest.param([DANA, ERIN], {"until": date(2026, 10, 1)}, id="past its date"),
        pytest.param([DANA, ERIN], {"on": date(2026, 12, 1)}, id="of the future"),
    ],
)
def test_anything_less_is_refused_with_a_reason(isg, keys, signers, change):
    signed(isg, keys, *signers, **change)
    found = coverage(isg)
    assert isinstance(found, NotCovered)
    assert found.reason


def test_a_record_changed_by_one_space_is_refused(isg, keys):
    path = signed(isg, keys, DANA, ERIN)
    path.write_bytes(path.read_bytes().replace(b'{"by"', b'{ "by"'))
    assert isinstance(coverage(isg), NotCovered)


def test_a_record_under_another_name_is_refused(isg, keys):
    path = signed(isg, keys, DANA, ERIN)
    for file in sorted(path.parent.iterdir()):
        file.rename(file.with_name(file.name.replace("001", "002")))
    assert isinstance(coverage(isg, record="ISG-2026-002"), NotCovered)


def test_a_revoked_member_counts_for_nothing_even_before_that_day(isg, keys):
    signed(isg, keys, DANA, ERIN)
    remember(isg, "dana", revoked="2027-06-01")
    assert "dana: was revoked on 2027-06-01" in decisions(isg).standing("ISG-2026-001").reason


@pytest.mark.parametrize(
    ("change", "at", "stands"),
    [
        ({"until": "2026-11-25"}, TODAY, True),
        ({"until": "2026-11-24"}, TODAY, False),
        ({"from": "2026-11-25"}, TODAY, True),
        ({"from": "2026-11-26"}, TODAY, False),
    ],
)
def test_a_member_counts_from_the_first_to_the_end_of_the_last_day(isg, keys, change, at, stands):
    signed(isg, keys, DANA, ERIN)
    remember(isg, "erin", **change)
    assert isinstance(decisions(isg, at).standing("ISG-2026-001"), Approved) is stands


@pytest.mark.parametrize(
    ("record", "group", "until"),
    [
        pytest.param({}, {}, "2027-12-31", id="the roster's end"),
        pytest.param({"until": date(2026, 11, 25)}, {}, "2026-11-25", id="its own end, today included"),
        pytest.param({"until": date(2026, 12, 1)}, {"max_ttl": 91}, "2026-12-01", id="as long as the roster allows"),
        pytest.param({}, {"max_ttl": 85}, "2026-11-25", id="as old as the roster allows"),
        pytest.param({}, {"max_ttl": 2**53 - 1}, "2027-12-31", id="a limit beyond the calendar"),
        pytest.param({}, {"expires": "2026-11-25"}, "2026-11-25", id="the roster's last day"),
    ],
)
def test_an_approval_knows_its_last_day(isg, keys, record, group, until):
    signed(isg, keys, DANA, ERIN, **record)
    reroster(isg, **group)
    assert str(decisions(isg).standing("ISG-2026-001").until) == until


def test_an_approval_ends_with_the_signer_without_whom_too_few_are_left(isg, keys):
    signed(isg, keys, DANA, ERIN, FEMI, by=None)
    remember(isg, "dana", until="2026-12-01")
    assert str(decisions(isg).standing("ISG-2026-001").until) == "2027-12-31"
    remember(isg, "erin", until="2026-12-24")
    assert str(decisions(isg).standing("ISG-2026-001").until) == "2026-12-24"
    last = decisions(isg, date(2026, 12, 24)).standing("ISG-2026-001")
    after = decisions(isg, date(2026, 12, 25)).standing("ISG-2026-001")
    assert (type(last), type(after)) == (Approved, Refused)


@pytest.mark.parametrize(
    ("record", "group", "reason"),
    [
        ({}, {"expires": "2026-11-24"}, "the roster expired on 2026-11-24"),
        ({"until": date(2026, 12, 2)}, {"max_ttl": 91}, "would stand 92 days, the roster allows 91"),
        ({}, {"max_ttl": 84}, "is 85 days old, the roster allows 84"),
        ({}, {"thresholds": {"record": 2, "roster": 2, "acceptance": 3}}, "needs 3 members, has 2 (dana, erin)"),
        ({}, {"require_uv": True, "members": None}, "not on a hardware token"),
    ],
)
def test_what_the_roster_does_not_allow_does_not_stand(isg, keys, record, group, reason):
    signed(isg, keys, DANA, ERIN, **record)
    if "members" in group:
        group = {key: value for key, value in group.items() if key != "members"}
        with pytest.raises(RosterError, match=reason):
            reroster(isg, **group) or decisions(isg)
        return
    reroster(isg, **group)
    assert reason in decisions(isg).standing("ISG-2026-001").reason


def test_a_kind_with_a_lower_threshold_cannot_stand_behind_an_asset(isg, keys):
    reroster(isg, thresholds={"record": 2, "roster": 2, "attestation": 1})
    with pytest.raises(RecordError, match="asset:call-records needs the kind acceptance, not attestation"):
        signed(isg, keys, DANA, kind=RecordKind.ATTESTATION)
    subject = MappingProxyType({"restore:billing": ENTRY})
    signed(isg, keys, DANA, kind=RecordKind.ATTESTATION, covers=subject)
    assert isinstance(decisions(isg, quorum=1).standing("ISG-2026-001"), Approved)


def test_two_keys_of_one_member_count_once(isg, keys):
    path = signed(isg, keys, DANA)
    for name in ("dana2", "DANA", "Dana"):
        put(path, keys / "dana2", name)
    standing = decisions(isg).standing("ISG-2026-001")
    assert standing.reason.startswith("ISG-2026-001 needs 2 members, has 1 (dana)")
    assert "DANA: is not on the roster" in standing.reason


def test_a_signature_that_does_not_count_takes_nothing_away(isg, keys):
    path = signed(isg, keys, DANA, ERIN)
    put(path, keys / "stranger", "femi")
    assert decisions(isg).standing("ISG-2026-001").ignored == ("femi: proposed it, and nobody approves a proposal of their own",)


def test_of_many_signatures_that_do_not_count_the_message_shows_a_few(isg, keys):
    path = signed(isg, keys, DANA)
    for number in range(20):
        path.with_name(f"{path.name}.junk{number}.sig").write_bytes(b"junk")
    reason = decisions(isg).standing("ISG-2026-001").reason
    assert reason.endswith("and 12 more")


def test_an_entry_that_the_record_does_not_name_is_not_covered(isg, keys):
    signed(isg, keys, DANA, ERIN)
    found = decisions(isg).covers("ISG-2026-001", "asset:other", ENTRY)
    assert "does not cover asset:other" in found.reason


def test_a_member_whose_name_looks_like_a_file_still_counts(isg, keys):
    reroster(isg, members=[member(keys, "a.json.dana", "dana"), member(keys, "erin"), member(keys, "femi")])
    signed(isg, keys, ("a.json.dana", "dana"), ERIN)
    assert isinstance(decisions(isg).standing("ISG-2026-001"), Approved)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"kind":"acceptance"', b'"kind":"whim"', "kind must be one of"),
        (b'"note":""', b'"note":"a\\nb"', "note must be one line"),
        ('"note":""', '"note":"safe \u202eevil"', "note must be one line"),
        ('"note":""', '"note":"in\u200bvisible"', "note must be one line"),
        (b'"note":""', b'"note":"","note":""', "key twice in one object: 'note'"),
        (b'"note":""', b'"note":"\\u0041"', "not canonical"),
        (b'"note":""', b'"note":"\\ud800"', "lone surrogate"),
        (b'"note":""', b'"note":1.0', "1.0 is not a whole number"),
        (b'"note":""', b'"extra":1,"note":""', "extra is not a field"),
        (b'"note":"",', b"", "note is missing"),
        (b'"on":"2026-09-01"', b'"on":"2026-02-30"', "on is not a day of the calendar"),
        (b'"on":"2026-09-01"', b'"on":20260901', "on must be a date"),
        (b'"until":null', b'"until":"2026-08-31"', "2026-08-31 is before on 2026-09-01"),
        (b'"by":"femi"', b'"by":"Femi"', "by must be the id of a member, or null"),
        (b'"by":"femi"', b'"by":true', "by must be the id of a member, or null"),
        (b'"asset:call-records"', b'"asset call-records"', "covers.asset call-records is not a subject"),
        (b'"aaaa', b'"AAAA', "covers.asset:call-records must be 64 hexadecimal digits"),
        (b'"asset:call-records":"' + b"a" * 64 + b'"', b"", "covers must be an object with at least one entry"),
        (b"guardrails.record/1", b"guardrails.record/2", "schema must be 'guardrails.record/1'"),
        (b'{"by"', b'\xef\xbb\xbf{"by"', "not JSON at line 1, column 1"),
        (b'"femi"', b'"\xff"', "not UTF-8"),
        (b'{"by"', b'[{"by"', "not JSON"),
    ],
)
def test_a_record_that_could_be_read_in_two_ways_is_refused(isg, keys, old, new, said):
    path = signed(isg, keys)
    old, new = (text.encode() if isinstance(text, str) else text for text in (old, new))
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    for signer in ("dana", "erin"):
        put(path, keys / signer, signer)
    standing = decisions(isg).standing("ISG-2026-001")
    assert isinstance(standing, Refused)
    assert said in standing.reason


def test_a_record_that_is_no_object_is_refused():
    with pytest.raises(RecordError, match="the document must be an object"):
        parse_record(b"[]")


def test_a_text_that_cannot_be_written_makes_no_record(isg, keys):
    with pytest.raises(RecordError, match="lone surrogate"):
        signed(isg, keys, note="\ud800")


def test_a_roster_that_the_host_does_not_pin_counts_for_nothing(isg, keys):
    path = isg / "roster.json"
    pinned = anchor(path)
    path.write_text(path.read_text().replace('"record": 2', '"record": 1'))
    with pytest.raises(UntrustedRoster):
        read_roster(path, pinned, TODAY)
