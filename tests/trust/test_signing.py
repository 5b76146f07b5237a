"""Who signs sees at once what would be refused later, and nothing half-made stays behind."""

from __future__ import annotations

import os
import stat
from datetime import date

import pytest

from guardrails.errors import AuthorError
from guardrails.trust.draft import draft
from guardrails.trust.errors import RecordError, RosterError, SigningError
from guardrails.trust.records import RecordKind, parse_record
from guardrails.trust.roster import parse_roster
from guardrails.trust.sign import new_record, sign_record, sign_roster
from trust.group import member, names, roster, write

DIGESTS = {"asset:a": "a" * 64, "asset:b": "b" * 64, "exception:e": "c" * 64, "vendor:v": "d" * 64}
DAY = date(2026, 9, 1)


def drafted(*subjects, **change):
    return draft(DIGESTS, subjects, **{"claim": "ISG-2026-001", "on": DAY, **change})


@pytest.fixture
def record(tmp_path):
    (tmp_path / "decisions").mkdir()
    return new_record(tmp_path / "decisions", drafted("asset:a", by="femi"))


@pytest.fixture
def group(tmp_path, keys):
    members = [member(keys, "dana", "dana", "dana2"), member(keys, "erin"), member(keys, "femi")]
    return write(tmp_path / "roster.json", roster(members))


def test_a_draft_takes_the_digests_and_the_kind_from_what_is_declared():
    found = drafted("asset:a", "asset:b")
    assert (found.kind, dict(found.covers)) == (RecordKind.ACCEPTANCE, {"asset:a": "a" * 64, "asset:b": "b" * 64})
    assert drafted("exception:e").kind is RecordKind.EXCEPTION
    assert drafted("vendor:v", kind=RecordKind.ATTESTATION).kind is RecordKind.ATTESTATION


@pytest.mark.parametrize(
    ("subjects", "said"),
    [
        (["asset:c"], "asset:c is not declared (name one of asset:a, asset:b)"),
        (["nothing"], "nothing is not declared (name one such as asset:call-records"),
        (["asset:a", "exception:e"], "does not follow from asset and exception"),
        (["vendor:v"], "does not follow from vendor"),
        ([], "does not follow from no subject"),
    ],
)
def test_a_draft_says_what_cannot_be_decided(subjects, said):
    with pytest.raises(AuthorError) as caught:
        drafted(*subjects)
    assert said in str(caught.value)


def test_a_record_is_written_once(record):
    assert parse_record(record.read_bytes()).by == "femi"
    with pytest.raises(SigningError, match="already there, and was left as it is"):
        new_record(record.parent, drafted("asset:b"))
    assert names(record.parent) == ["ISG-2026-001.json"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SigningError, match="No such file"):
        new_record(tmp_path / "nowhere", drafted("asset:a"))


@pytest.mark.parametrize("claim", ["../x", "isg", "ISG", "ISG-1.json", ""])
def test_a_claim_that_is_no_id_writes_nothing(tmp_path, claim):
    with pytest.raises(RecordError, match="id must be an id such as ISG-2026-014"):
        new_record(tmp_path, drafted("asset:a", claim=claim))
    assert not names(tmp_path)


def test_the_member_is_found_by_the_key(record, group, keys):
    found = parse_roster(group.read_bytes())
    assert sign_record(record, keys / "dana2", found).name == "ISG-2026-001.json.dana.sig"
    with pytest.raises(SigningError, match="nobody's on the roster"):
        sign_record(record, keys / "stranger", found)


def test_a_public_key_signs_where_an_agent_holds_the_private_one(record, group, keys, agent):
    agent(keys / "erin")
    public = record.parent.parent / "erin.pub"
    public.write_bytes((keys / "erin.pub").read_bytes())
    assert sign_record(record, public, parse_roster(group.read_bytes())).name == "ISG-2026-001.json.erin.sig"


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        ("femi", "femi", "femi proposed it, and nobody approves a proposal of their own"),
        ("dana", "../dana", "is not the id of a member"),
        ("short", "dana", "this signature would not count: the RSA key has not from 3072"),
        ("nokey", "dana", "ssh-keygen made no signature"),
    ],
)
def test_what_would_not_count_is_told_now(record, keys, key, name, said):
    with pytest.raises(SigningError, match=said) as caught:
        sign_record(record, keys / key, name)
    assert caught.value.remedy
    assert names(record.parent) == ["ISG-2026-001.json"]


def test_a_signature_is_never_overwritten(record, keys):
    sign_record(record, keys / "dana", "dana")
    with pytest.raises(SigningError, match="remove it first"):
        sign_record(record, keys / "dana", "dana")


def test_a_record_that_would_be_refused_is_not_signed(record, keys):
    renamed = record.rename(record.with_name("ISG-2026-002.json"))
    with pytest.raises(RecordError, match=r"ISG-2026-002\.json holds ISG-2026-001"):
        sign_record(renamed, keys / "dana", "dana")
    renamed.write_bytes(b"{}")
    with pytest.raises(RecordError):
        sign_record(renamed, keys / "dana", "dana")


def test_a_roster_that_would_be_refused_is_not_signed(group, keys):
    assert sign_roster(group, keys / "dana", "dana").name == "roster.json.dana.sig"
    group.write_bytes(b"{}")
    with pytest.raises(RosterError):
        sign_roster(group, keys / "erin", "erin")


def program(folder, text):
    path = folder / "ssh-keygen"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_ssh_keygen_the_remedy_says_what_to_install(record, keys, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SigningError, match="install openssh-client"):
        sign_record(record, keys / "dana", "dana")
    program(tmp_path, "#!/no/such/interpreter\n")
    with pytest.raises(SigningError, match="install openssh-client again"):
        sign_record(record, keys / "dana", "dana")


def test_a_program_that_signs_something_else_is_found_out(record, keys, tmp_path, monkeypatch):
    path = os.environ["PATH"]
    program(tmp_path, f'#!/bin/sh\nfor last; do :; done\nprintf evil > "$last"\nPATH={path} exec ssh-keygen "$@"\n')
    monkeypatch.setenv("PATH", f"{tmp_path}:{path}")
    with pytest.raises(SigningError, match="the signature does not fit these bytes"):
        sign_record(record, keys / "dana", "dana")
    assert names(record.parent) == ["ISG-2026-001.json"]
