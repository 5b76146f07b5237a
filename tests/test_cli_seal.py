"""Sealed files on the command line: written, judged, planned from and sealed anew, and never in clear on the disk."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pyrage
import pytest

from guardrails.apply.journal import Step, opened_journal
from guardrails.errors import AuthorError, Leased, OperatorError, SnapshotError
from guardrails.trust.errors import SealError
from test_commands import declaration, run

__all__ = ["declaration"]

PLAN = "ab" * 32


@pytest.fixture
def room(tmp_path, declaration):
    (tmp_path / "state/journal").mkdir(parents=True, mode=0o700)
    for name in ("key", "next"):
        (tmp_path / name).write_text(base64.b64encode(name[:1].encode() * 32).decode())
        (tmp_path / name).chmod(0o600)
    pinned(tmp_path, f'seal: {{file: "{tmp_path}/key"}}\n')
    return tmp_path


def pinned(room: Path, text: str) -> None:
    (room / "host.yaml").write_text(text)
    (room / "host.yaml").chmod(0o600)


def observed(room: Path, name="seen", *more: str) -> Path:
    out = room / name
    code, _, said = run("observe", str(room / "declaration"), "--out", str(out), "--host", str(room / "host.yaml"), *more)
    assert code == 3
    assert ("is in clear" in said) == (out.read_bytes()[:6] != b'{"by":')
    return out


def reconciled(room: Path, snapshot: Path) -> str:
    code, said, _ = run(
        "reconcile", str(room / "declaration"), "--from", str(snapshot), "--output", "json", "--host", str(room / "host.yaml")
    )
    assert code == 3
    return [finding["id"] for finding in json.loads(said)["findings"]]


def test_a_sealed_snapshot_is_judged_as_one_in_clear_and_shows_nothing(room):
    sealed, plain = observed(room), room / "plain"
    run("observe", str(room / "declaration"), "--out", str(plain), "--host", str(room / "none.yaml"))
    assert b"AROA1" in plain.read_bytes()
    assert b"AROA1" not in sealed.read_bytes()
    ids = reconciled(room, sealed)
    pinned(room, f'roster-digest: "{"0" * 64}"\n')
    assert ids == reconciled(room, plain) != []


def test_the_content_is_never_on_the_disk_in_clear(room, monkeypatch):
    """Everything that is written anywhere while observing is looked at, whatever becomes of it."""
    seen, write = [], os.write
    names: list[str] = []
    real = os.open

    def opening(path, flags, *more, **rest):
        names.append(str(path))
        return real(path, flags, *more, **rest)

    monkeypatch.setattr(os, "open", opening)
    monkeypatch.setattr(os, "write", lambda descriptor, content: seen.append(bytes(content)) or write(descriptor, content))
    observed(room)
    for folder, _, files in os.walk(room):
        seen += [(Path(folder) / name).read_bytes() for name in files if name != "export.json"]
    assert not any(b"AROA1" in content for content in seen)
    assert {Path(name).parent for name in names if ".draft-" in name} <= {room}


@pytest.mark.parametrize("command", ["reconcile", "plan", "adopt", "gate"])
def test_every_command_refuses_a_snapshot_in_clear_where_a_key_is_named(room, command):
    plain = room / "plain"
    run("observe", str(room / "declaration"), "--out", str(plain), "--host", str(room / "none.yaml"))
    more = {"plan": ["--out", str(room / "p.json")], "gate": ["--vault-policy", str(plain)]}.get(command, [])
    with pytest.raises(SealError, match=r"is not sealed, and this host opens sealed files alone \(look at it, then: guardrails seal"):
        run(command, str(room / "declaration"), "--from", str(plain), "--host", str(room / "host.yaml"), *more)


def test_a_sealed_snapshot_without_its_key_is_told_which_one_it_needs(room):
    sealed = observed(room)
    pinned(room, f'seal: {{file: "{room}/next"}}\n')
    with pytest.raises(SealError, match=rf"{sealed}: the file is sealed with the file key [0-9a-f]{{16}}, and no such key"):
        reconciled(room, sealed)
    (room / "host.yaml").unlink()
    with pytest.raises(SealError, match="no such key is at hand"):
        reconciled(room, sealed)


def test_what_an_old_key_sealed_is_sealed_anew(room):
    sealed = observed(room)
    before, ids = sealed.read_bytes(), reconciled(room, sealed)
    pinned(room, f'seal: {{file: "{room}/next", older: [{{file: "{room}/key"}}]}}\n')
    assert reconciled(room, sealed) == ids
    code, said, _ = run("seal", str(sealed), "--host", str(room / "host.yaml"))
    assert (code, "destroy every copy" in said) == (0, True)
    assert sealed.read_bytes() != before
    pinned(room, f'seal: {{file: "{room}/next"}}\n')
    assert reconciled(room, sealed) == ids


def test_a_snapshot_in_clear_is_sealed_and_nothing_else_is(room):
    plain = room / "plain"
    run("observe", str(room / "declaration"), "--out", str(plain), "--host", str(room / "none.yaml"))
    text = plain.read_text()
    run("seal", str(plain), "--host", str(room / "host.yaml"))
    assert run("unseal", str(plain), "--host", str(room / "host.yaml"))[1] == text
    (room / "other").write_text("{}")
    with pytest.raises(SnapshotError):
        run("seal", str(room / "other"), "--host", str(room / "host.yaml"))
    assert (room / "other").read_text() == "{}"
    with pytest.raises(AuthorError, match="names no key"):
        run("seal", str(plain), "--host", str(room / "none.yaml"))
    with pytest.raises(AuthorError, match="names no key"):
        run("unseal", str(plain), "--host", str(room / "none.yaml"))


def test_a_host_that_has_a_recipient_alone_seals_and_cannot_open(room):
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    sealed = observed(room, "seen", "--seal", recipient)
    assert b"AROA1" not in sealed.read_bytes()
    pinned(room, f'seal: {{age: ["{recipient}"]}}\n')
    with pytest.raises(SealError, match=f"sealed with the age key {recipient}"):
        reconciled(room, sealed)


def test_a_file_that_was_changed_or_that_others_could_write_is_not_judged(room):
    sealed = observed(room)
    content = sealed.read_bytes()
    sealed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(SealError, match="segment 1 of the sealed file was changed"):
        reconciled(room, sealed)
    sealed.write_bytes(content)
    sealed.chmod(0o602)
    with pytest.raises(OperatorError, match="others could change it"):
        reconciled(room, sealed)


def test_nothing_is_written_when_the_key_cannot_be_used(room):
    (room / "key").chmod(0o644)
    with pytest.raises(OperatorError, match="only its owner can read"):
        observed(room)
    assert not (room / "seen").exists()
    assert not [path for path in room.iterdir() if path.name.startswith(".draft")]


def test_nothing_is_written_into_a_folder_that_everybody_can_change(room):
    (room / "open").mkdir()
    (room / "open").chmod(0o777)
    with pytest.raises(OperatorError, match="everybody can change what lies in it"):
        observed(room, "open/seen")
    assert list((room / "open").iterdir()) == []


def test_a_folder_may_be_a_link(room):
    (room / "real").mkdir()
    (room / "link").symlink_to(room / "real")
    assert reconciled(room, observed(room, "link/seen"))


def journal(room: Path) -> Path:
    path = room / f"state/journal/{PLAN}.jsonl"
    with opened_journal(path) as made:
        made.append(Step.BEGIN, values={"by": "canary"})
        made.append(Step.END, values={"outcome": "applied"})
    return path


def test_a_journal_in_clear_is_sealed_and_sealed_anew(room):
    path = journal(room)
    text = path.read_text()
    run("seal", str(path), "--host", str(room / "host.yaml"))
    assert b"canary" not in path.read_bytes()
    pinned(room, f'seal: {{file: "{room}/next", older: [{{file: "{room}/key"}}]}}\n')
    run("seal", str(path), "--host", str(room / "host.yaml"))
    pinned(room, f'seal: {{file: "{room}/next"}}\n')
    assert run("unseal", str(path), "--host", str(room / "host.yaml"))[1] == text


def test_a_journal_is_not_sealed_while_a_run_writes_to_it(room):
    from guardrails.apply.lease import leased  # noqa: PLC0415  # of this test alone

    path = journal(room)
    with leased(room / "state/lease", "another"), pytest.raises(Leased):
        run("seal", str(path), "--host", str(room / "host.yaml"))
    assert b"canary" in path.read_bytes()


def test_a_damaged_journal_is_not_sealed(room):
    path = journal(room)
    path.write_text(path.read_text().replace("canary", "forged"))
    with pytest.raises(OperatorError, match="damaged"):
        run("seal", str(path), "--host", str(room / "host.yaml"))
