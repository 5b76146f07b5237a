"""Whoever can add files beside the records can have a record refused, and nothing more: no run stops, hangs or believes them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest

from guardrails.trust.decisions import MAX_RECORD_BYTES, NotCovered, read_decisions
from guardrails.trust.errors import UnreadableFile
from guardrails.trust.files import names_in, opened_folder, publish, read_file
from guardrails.trust.records import Approved, Record, RecordKind, Refused
from guardrails.trust.roster import parse_roster
from guardrails.trust.sign import new_record
from trust.group import member, names, put, roster, write

TODAY = date(2026, 11, 25)
COVERS = MappingProxyType({"asset:call-records": "a" * 64})


@pytest.fixture
def folder(tmp_path, keys):
    place = tmp_path / "decisions"
    place.mkdir()
    fields = {"kind": RecordKind.ACCEPTANCE, "covers": COVERS, "on": date(2026, 9, 1), "until": None, "by": None, "note": ""}
    for number in (1, 2):
        path = new_record(place, Record(id=f"ISG-2026-00{number}", **fields))
        for name in ("dana", "erin"):
            put(path, keys / name, name)
    return place


@pytest.fixture
def group(tmp_path, keys):
    return parse_roster(write(tmp_path / "roster.json", roster([member(keys, "dana"), member(keys, "erin")])).read_bytes())


def judged(folder, group):
    """Of the record that was meddled with; the other must stand, whatever was done."""
    found = read_decisions(folder, group, TODAY)
    assert isinstance(found.standing("ISG-2026-002"), Approved)
    return found.standing("ISG-2026-001")


def a_link(path: Path) -> None:
    path.rename(path.with_name("hidden"))
    path.symlink_to("hidden")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_long_file(path: Path) -> None:
    path.write_bytes(b" " * (MAX_RECORD_BYTES + 1))


def a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.parametrize("name", ["ISG-2026-001.json", "ISG-2026-001.json.dana.sig"])
@pytest.mark.parametrize("turned", [a_link, a_pipe, a_folder, a_long_file, a_dangling_link], ids=lambda turned: turned.__name__)
def test_only_plain_files_of_a_sane_size_are_read(folder, group, name, turned):
    turned(folder / name)
    found = judged(folder, group)
    assert isinstance(found, Refused)
    assert found.reason
    assert found.remedy


def test_a_folder_in_place_of_a_record_leaves_no_descriptor_open(folder, group):
    for number in range(100, 150):
        (folder / f"ISG-2026-{number}.json").mkdir()
    before = len(names(Path("/proc/self/fd")))
    judged(folder, group)
    assert len(names(Path("/proc/self/fd"))) == before


def test_deep_nesting_refuses_one_record_and_stops_nothing(folder, group):
    for levels in (50, 500, 900, 980, 5000):
        (folder / "ISG-2026-001.json").write_bytes(b"[" * levels + b"]" * levels)
        assert "nested too deep" in judged(folder, group).reason


@pytest.mark.parametrize(
    "name",
    [
        "isg-2026-001.json",
        "ISG-2026-001.JSON.json",
        "ISG_2026.json",
        ".json",
        "ISG-2026-001 .json",
        "ISG-2026-\u0661.json",
        "x\x1b[2J.json",
    ],
)
def test_a_file_that_is_not_named_like_a_record_is_told_and_stands_for_nothing(folder, group, name):
    (folder / name).write_bytes((folder / "ISG-2026-001.json").read_bytes())
    assert isinstance(judged(folder, group), Approved)
    found = read_decisions(folder, group, TODAY).standing(name.removesuffix(".json"))
    assert "not named like a record" in found.reason


def test_names_that_are_not_text_stop_nothing(folder, group):
    for name in (b"\xff.json", b"ISG-2026-001.json.\xff.sig", b"ISG-2026-001.json..sig", b"ISG-2026-001.json.sig", b".sig"):
        (folder / os.fsdecode(name)).write_bytes(b"junk")
    assert isinstance(judged(folder, group), Approved)


@pytest.mark.parametrize(
    "claim", ["../secret", "..", "", "/etc/passwd", "ISG-2026-001/../ISG-2026-001", "ISG-2026-001.json", "isg-2026-001", "ISG-2026-001\n"]
)
def test_a_claim_is_a_name_and_never_a_path(folder, group, claim):
    (folder.parent / "secret.json").write_bytes((folder / "ISG-2026-001.json").read_bytes())
    found = read_decisions(folder, group, TODAY).covers(claim, "asset:call-records", "a" * 64)
    assert isinstance(found, NotCovered)
    assert "there is no record" in found.reason


def test_a_signature_of_another_record_does_not_carry_over(folder, group):
    for name in ("dana", "erin"):
        (folder / f"ISG-2026-002.json.{name}.sig").rename(folder / f"ISG-2026-001.json.{name}.sig")
        (folder / f"ISG-2026-002.json.{name}.sig").write_bytes(b"")
    found = read_decisions(folder, group, TODAY).standing("ISG-2026-001")
    assert "dana: the signature does not fit these bytes" in found.reason


@pytest.mark.parametrize("turn", ["absent", "link", "file"])
def test_a_folder_that_cannot_be_read_refuses_every_claim(tmp_path, folder, group, turn):
    place = tmp_path / "other"
    if turn == "link":
        place.symlink_to(folder)
    elif turn == "file":
        place.write_bytes(b"")
    found = read_decisions(place, group, TODAY)
    assert found.folder_problem
    covered = found.covers("ISG-2026-001", "asset:call-records", "a" * 64)
    assert isinstance(covered, NotCovered)
    assert str(place) in covered.reason


def test_a_folder_is_read_where_it_was_opened(folder, tmp_path):
    (tmp_path / "evil").mkdir()
    with opened_folder(folder) as opened:
        folder.rename(tmp_path / "moved")
        (tmp_path / "evil").rename(folder)
        assert "ISG-2026-001.json" in names_in(opened)


def test_a_new_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    publish(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o644
    with pytest.raises(FileExistsError):
        publish(path, b"two")
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        publish(tmp_path / "link", b"two")
    assert path.read_bytes() == b"one"
    assert names(tmp_path) == ["file", "link"]


def test_the_folder_of_a_single_file_may_not_be_a_link(tmp_path, folder):
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(UnreadableFile, match="Not a directory"):
        read_file(tmp_path / "link" / "ISG-2026-001.json", 10_000)
