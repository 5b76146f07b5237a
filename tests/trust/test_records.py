"""A claim stands only when enough members signed exactly this entry."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from types import MappingProxyType

import pytest

from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import Covered, NotCovered, read_decisions
from guardrails.trust.errors import BadSignature, UntrustedRoster
from guardrails.trust.records import RECORD_NAMESPACE, Record, RecordKind
from guardrails.trust.roster import digest
from guardrails.trust.sign import new_record, sign_record
from guardrails.trust.sshsig import public_key_blob, verify
from guardrails.trust.succession import Anchor

TODAY = date(2026, 11, 25)
ENTRY = "a" * 64
SUBJECT = "asset:call-records"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    room = tmp_path_factory.mktemp("keys")
    kinds = {"dana": "ed25519", "erin": "ecdsa", "femi": "ed25519", "stranger": "ed25519", "dana2": "ed25519"}
    for name, kind in kinds.items():
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(room / name)], check=True)
    return room


def line(keys, name):
    return " ".join((keys / f"{name}.pub").read_text().split()[:2])


@pytest.fixture
def isg(tmp_path, keys):
    def member(name, *own, **more):
        return {"id": name, "keys": [line(keys, key) for key in own], "from": "2026-01-01", "until": None, "revoked": None, **more}

    roster = {
        "schema": "guardrails.roster/1", "version": 1, "on": "2026-01-01", "max_ttl": None, "require_uv": False, "expires": "2027-12-31",
        "previous": None, "thresholds": {"record": 2, "roster": 2},
        "members": [member("dana", "dana", "dana2"), member("erin", "erin"), member("femi", "femi")],
    }  # fmt: skip
    (tmp_path / "roster.json").write_text(json.dumps(roster))
    (tmp_path / "decisions").mkdir()
    return tmp_path


def anchor(isg):
    return Anchor(digest=digest((isg / "roster.json").read_bytes()), minimum_quorum=2)


def signed(isg, keys, *signers, by="femi", **change):
    fields = {"id": "ISG-2026-001", "kind": RecordKind.ACCEPTANCE, "covers": MappingProxyType({SUBJECT: ENTRY})}
    record = Record(**{**fields, "on": date(2026, 9, 1), "until": None, "by": by, "note": "", **change})
    path = new_record(isg / "decisions", record)
    for member, key in signers:
        sign_record(path, keys / key, member)
    return path


def coverage(isg, entry=ENTRY, record="ISG-2026-001"):
    return read_decisions(isg / "decisions", read_roster(isg / "roster.json", anchor(isg), TODAY), TODAY).covers(record, SUBJECT, entry)


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


def test_a_revoked_member_counts_for_nothing(isg, keys):
    signed(isg, keys, DANA, ERIN)
    path = isg / "roster.json"
    path.write_text(path.read_text().replace('"revoked": null', '"revoked": "2026-10-01"', 1))
    assert isinstance(coverage(isg), NotCovered)


def test_a_roster_that_the_host_does_not_pin_counts_for_nothing(isg, keys):
    pinned = anchor(isg)
    path = isg / "roster.json"
    path.write_text(path.read_text().replace('"record": 2', '"record": 1'))
    with pytest.raises(UntrustedRoster):
        read_roster(path, pinned, TODAY)


def test_a_signature_for_another_purpose_is_refused(keys, tmp_path):
    message = tmp_path / "m"
    message.write_bytes(b"text")
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(keys / "dana"), "-n", "git", str(message)], check=True)
    armored = (tmp_path / "m.sig").read_bytes()
    roster = {public_key_blob(line(keys, "dana")): "dana"}
    assert verify(b"text", armored, "git", roster) == "dana"
    with pytest.raises(BadSignature):
        verify(b"text", armored, RECORD_NAMESPACE, roster)


@pytest.mark.parametrize("signer", ["dana", "erin"])
def test_never_looser_than_ssh_keygen_on_mutated_signatures(keys, tmp_path, signer):
    message = tmp_path / "m"
    message.write_bytes(b"text")
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(keys / signer), "-n", "t", str(message)], check=True)
    armored = (tmp_path / "m.sig").read_bytes()
    allowed = tmp_path / "allowed"
    allowed.write_text(f"{signer} {line(keys, signer)}\n")
    roster = {public_key_blob(line(keys, signer)): signer}
    mutated = [armored[:at] + bytes([armored[at] ^ 1]) + armored[at + 1 :] for at in range(0, len(armored), 5)]
    mutated += [armored[:at] for at in range(0, len(armored), 29)] + [armored.replace(b"\n", b"\r\n"), armored + b"x", b" " + armored]
    for case in [armored, *mutated]:
        (tmp_path / "c.sig").write_bytes(case)
        command = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", signer, "-n", "t", "-s", str(tmp_path / "c.sig")]
        theirs = subprocess.run(command, input=b"text", capture_output=True, check=False).returncode == 0
        try:
            ours = verify(b"text", case, "t", roster) == signer
        except BadSignature:
            ours = False
        assert theirs or not ours, case
    assert verify(b"text", armored, "t", roster) == signer
