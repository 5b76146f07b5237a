"""A sealed file gives back what was put in, to whoever has the key, as long as not one byte of it was changed or moved."""

from __future__ import annotations

import io
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.errors import OperatorError
from guardrails.ports import DataKey, Wrapped
from guardrails.trust.errors import SealError, UnreadableFile
from guardrails.trust.files import check_folder, opened_own
from guardrails.trust.sealed import segments
from guardrails.trust.sealed.head import SCHEMA, Head, Kind, is_sealed
from guardrails.trust.sealed.keys import Keys, Opened
from guardrails.trust.sealed.lines import SealedLines
from guardrails.trust.sealed.segments import SEGMENT_BYTES, sealed, unsealed

CANARY = b"canary-of-a-snapshot"


class Chest:
    """A keeper of keys in memory, which gives each back for the context that it was made for."""

    def __init__(self, name: str, length: int = 32) -> None:
        self.name, self.length, self.held = name, length, {}

    def fresh(self, context):
        key, number = os.urandom(self.length), str(len(self.held))
        self.held[number] = (key, dict(context))
        return DataKey(key), Wrapped(by="chest", key=self.name, version="7", content=number)

    def has_wrapped(self, wrapped):
        return (wrapped.by, wrapped.key) == ("chest", self.name)

    def unwrapped(self, wrapped, context):
        key, of = self.held.get(wrapped.content, (b"", {}))
        if of != dict(context):
            raise SealError("made for something else")
        return DataKey(key)


@pytest.fixture
def keys():
    return Keys(Chest("new"), (Chest("old"),))


def packed(keys, content, kind=Kind.SNAPSHOT, name="one"):
    return b"".join(sealed(content, keys.fresh(kind, name)))


def opened(keys, content, kind=Kind.SNAPSHOT):
    return unsealed(io.BytesIO(content), keys, kind)


@pytest.mark.parametrize("length", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES])
def test_what_was_sealed_comes_back_and_nothing_of_it_is_seen(keys, length):
    content = (CANARY * (length // len(CANARY) + 1))[:length]
    file = packed(keys, content)
    assert opened(keys, file) == content
    assert is_sealed(file)
    assert CANARY not in file


def test_the_same_content_is_never_the_same_file(keys):
    one, two = (packed(keys, CANARY * 9).partition(b"\n")[2] for _ in range(2))
    assert one != two


def test_every_changed_byte_is_found(keys):
    file = packed(keys, CANARY)
    for at in range(len(file)):
        for bits in (1, 128):
            with pytest.raises(SealError):
                opened(keys, file[:at] + bytes([file[at] ^ bits]) + file[at + 1 :])


def test_every_cut_and_every_addition_is_found(keys, monkeypatch):
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 4)
    monkeypatch.setattr(segments, "_SEALED_BYTES", 20)
    file = packed(keys, CANARY)
    assert opened(keys, file) == CANARY
    for size in range(len(file)):
        with pytest.raises(SealError):
            opened(keys, file[:size])
    with pytest.raises(SealError):
        opened(keys, file + b"x")


@given(order=st.lists(st.integers(0, 4), max_size=6))
def test_segments_in_any_other_order_are_found(order):
    keys, content = Keys(Chest("new")), CANARY[:20]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "SEGMENT_BYTES", 4)
        patch.setattr(segments, "_SEALED_BYTES", 20)
        head, _, rest = packed(keys, content).partition(b"\n")
        pieces = [rest[at : at + 20] for at in range(0, len(rest), 20)]
        file = head + b"\n" + b"".join(pieces[number] for number in order)
        if order == [0, 1, 2, 3, 4]:
            assert opened(keys, file) == content
        else:
            with pytest.raises(SealError):
                opened(keys, file)


def test_parts_of_two_files_make_no_third(keys):
    one, two = (packed(keys, CANARY).partition(b"\n") for _ in range(2))
    with pytest.raises(SealError):
        opened(keys, one[0] + b"\n" + two[2])


def test_a_file_of_one_kind_or_name_does_not_pass_for_another(keys):
    file = packed(keys, CANARY, Kind.JOURNAL)
    with pytest.raises(SealError, match="it is the journal one, and should be a snapshot"):
        opened(keys, file)
    renamed = file.replace(b'"journal"', b'"snapshot"')
    with pytest.raises(SealError, match="made for something else"):
        opened(keys, renamed)
    made = keys.fresh(Kind.JOURNAL, "one")
    with pytest.raises(SealError, match="it is the journal one, and should be a journal two"):
        keys.opened(made.head, Kind.JOURNAL, "two")


def test_what_an_older_key_sealed_is_read_while_that_key_is_kept(keys):
    before = Keys(keys.older[0])
    file = packed(before, CANARY)
    assert opened(keys, file) == CANARY
    with pytest.raises(SealError, match=r"sealed with the chest key old version 7, and no such key is at hand \(name it in the host file"):
        opened(Keys(keys.current), file)
    assert b'"key":"new"' in packed(keys, CANARY)


def test_a_key_that_seals_and_does_not_open_is_found_before_anything_rests_on_it():
    chest = Chest("new")
    chest.unwrapped = lambda *_: DataKey(b"x" * 32)
    with pytest.raises(SealError, match="does not give back what it wrapped"):
        Keys(chest).proven(Kind.JOURNAL, "one")
    with pytest.raises(SealError, match="another length"):
        Keys(Chest("short", 16)).fresh(Kind.JOURNAL, "one")


@pytest.mark.parametrize(
    "line",
    [b"", b"{}\n", b"not json\n", b'{"schema":"guardrails.sealed/2"}\n', b'{"schema":"guardrails.sealed/1","by":1}\n', b"[]\n", b"\xff\n"],
)
def test_what_is_no_head_is_told(line):
    with pytest.raises(SealError, match="the head of the sealed file is damaged"):
        Head.read(line)


def test_a_head_has_one_spelling(keys):
    line = keys.fresh(Kind.SNAPSHOT, "one").head.written()
    assert Head.read(line).written() == line
    assert SCHEMA.encode() in line
    for other in (line[:-1], line.replace(b":", b": "), line.replace(b'"snapshot"', b'"state"')):
        with pytest.raises(SealError):
            Head.read(other)


def test_a_key_never_prints(keys):
    made = keys.fresh(Kind.SNAPSHOT, "one")
    raw = made.key.reveal()
    assert "***" in repr(made)
    assert raw.hex() not in repr(made)
    assert repr(raw) not in repr(made)
    with pytest.raises(TypeError, match="holds a secret"):
        made.key.__reduce__()


def lines_of(keys):
    return SealedLines(keys.fresh(Kind.JOURNAL, "one"))


def test_a_line_is_of_its_place_alone(keys):
    form, other = lines_of(keys), lines_of(keys)
    line = form.sealed(3, CANARY)
    assert form.unsealed(3, line[:-1]) == CANARY
    assert CANARY not in line
    for number, whose in ((2, form), (4, form), (3, other)):
        with pytest.raises(SealError, match=f"line {number + 1} of the sealed file was changed or moved"):
            whose.unsealed(number, line[:-1])


def test_every_changed_byte_of_a_line_is_found(keys):
    form = lines_of(keys)
    line = form.sealed(0, CANARY)[:-1]
    for at in range(len(line)):
        for bits in (1, 2, 32):
            assert form.if_whole(0, line[:at] + bytes([line[at] ^ bits]) + line[at + 1 :]) is None
    for cut in range(len(line)):
        assert form.if_whole(0, line[:cut]) is None


def test_a_line_that_is_written_again_has_another_nonce(keys):
    form = lines_of(keys)
    assert len({form.sealed(0, CANARY) for _ in range(50)}) == 50


def test_the_context_is_bound_to_the_head():
    made = Keys(Chest("new")).fresh(Kind.JOURNAL, "one")
    other = Opened(Head(kind=Kind.JOURNAL, id="two", wrapped=made.head.wrapped), made.key)
    line = SealedLines(made).sealed(0, CANARY)
    assert SealedLines(other).if_whole(0, line[:-1]) is None


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CANARY)
    path.chmod(0o600)
    return path


def reading(path):
    with opened_own(path) as stream:
        return stream.read()


def test_a_file_of_ours_is_read(file):
    assert reading(file) == CANARY
    file.chmod(0o644)  # what is sealed may be seen by all
    assert reading(file) == CANARY


def test_a_file_that_others_could_have_written_is_refused(file):
    for mode in (0o620, 0o602, 0o666):
        file.chmod(mode)
        with pytest.raises(UnreadableFile, match="others could change it"):
            reading(file)
    file.chmod(0o600)
    if os.getuid() == 0:
        os.chown(file, 12345, 0)
        with pytest.raises(UnreadableFile, match="others could change it"):
            reading(file)


def test_a_link_a_pipe_and_a_folder_are_no_files(file, tmp_path):
    link, pipe, second = tmp_path / "link", tmp_path / "pipe", tmp_path / "second"
    link.symlink_to(file)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, tmp_path / "none"):
        with pytest.raises(UnreadableFile):
            reading(path)
    os.link(file, second)
    with pytest.raises(UnreadableFile, match="one name"):
        reading(file)


def test_a_folder_that_everybody_can_change_is_refused(tmp_path, file):
    tmp_path.chmod(0o777)
    with pytest.raises(UnreadableFile, match="everybody can change what lies in it"):
        reading(file)
    tmp_path.chmod(0o777 | stat.S_ISVTX)
    assert reading(file) == CANARY
    tmp_path.chmod(0o700)
    with pytest.raises(OperatorError, match="No such file"):
        check_folder(tmp_path / "none")
