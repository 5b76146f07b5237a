"""A sealed journal is worth what one in clear is, whatever happens to the process, and shows nothing; a changed byte stops everything."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from apply.runs import Run
from apply.test_kill_points import at_kill, cuts
from guardrails.apply.engine import Engine
from guardrails.apply.journal import Journal, opened_journal
from guardrails.apply.lines import Seal
from guardrails.errors import OperatorError
from guardrails.trust.errors import SealError, UnreadableFile
from guardrails.trust.sealed.keys import Keys
from trust.test_sealed import Chest

PLAN = "ab" * 32
CHANGES = 10


class Sealed(Run):
    """A run whose journal is sealed."""

    def __init__(self, folder, keys, number=CHANGES):
        super().__init__(folder, number)
        self.seal = Seal(keys, PLAN)

    @contextmanager
    def engine(self):
        with opened_journal(self.path, self.seal) as journal:
            yield Engine(plan=self.plan, journal=journal, remediators={"app": self.system}, note=self.note, clock=lambda: self.now)

    def journal(self) -> Journal:
        with opened_journal(self.path, self.seal) as journal:
            return journal


@pytest.fixture(scope="module")
def keys():
    return Keys(Chest("new"))


@pytest.fixture
def run(tmp_path, keys):
    return Sealed(tmp_path, keys)


def test_nothing_of_the_objects_or_steps_stands_in_the_file(run):
    run.applied()
    assert run.journal().ended == "applied"
    content = run.path.read_bytes()
    for told in (b"intent", b"before", b"policies", b"extra", b"person-1", b"applied", b'"step"'):
        assert told not in content
    run.rolled_back()
    assert run.system.held == run.before


def test_gone_on_and_back_from_every_point_that_the_disk_may_hold(tmp_path, keys):
    whole = Sealed(tmp_path, keys)
    whole.applied()
    content, points = whole.path.read_bytes(), 0
    for written in (True, False):
        for back in (True, False):
            for cut in cuts(content):
                found = at_kill(whole, content[:cut], written=written)
                if found.has_begun and not found.ended:
                    whole.rolled_back() if back else whole.resumed()
                    assert whole.system.held == (whole.before if back else whole.after)
                    points += 1
    assert points == 4 * (4 * CHANGES + 2)


def test_a_line_that_takes_the_place_of_a_torn_one_has_another_nonce(run):
    run.applied()
    content = run.path.read_bytes()
    last = content.splitlines()[-1]
    run.path.write_bytes(content[:-10])
    run.resumed()
    again = run.path.read_bytes().splitlines()[-1]
    assert run.journal().ended == "applied"
    assert again[:16] != last[:16]


def test_every_changed_byte_stops_everything(run):
    run.applied()
    content = run.path.read_bytes()
    head = content.index(b"\n") + 1
    for at in [*range(head + 20), *range(head, len(content), 7), *range(len(content) - 40, len(content))]:
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        run.path.write_bytes(changed)
        with pytest.raises(OperatorError):
            run.rolled_back()
        assert run.path.read_bytes() == changed, "what was found is left as it is"


def test_a_changed_end_of_the_last_line_is_no_torn_write(run):
    run.applied()
    content = run.path.read_bytes()
    run.path.write_bytes(content[:-1] + b"\x0b")
    with pytest.raises(SealError, match="the end of line 22 was changed"):
        run.journal()
    run.path.write_bytes(content[:-1])  # whereas this may be one
    assert run.journal().ended == ""


def test_lines_that_were_moved_doubled_or_taken_out_are_found(run):
    run.applied()
    head, *lines = run.path.read_bytes().splitlines(keepends=True)
    for other in ([*lines[1:]], [lines[0], *lines], [lines[1], lines[0], *lines[2:]], [*lines[:4], *lines[5:]]):
        run.path.write_bytes(b"".join([head, *other]))
        with pytest.raises(SealError, match=r"line . of the sealed file was changed or moved"):
            run.journal()


def test_the_journal_of_another_plan_does_not_pass_for_this_one(run, tmp_path, keys):
    run.applied()
    run.seal = Seal(keys, "cd" * 32)
    with pytest.raises(SealError, match=r"it is the journal abababababababab, and should be a journal cdcdcdcdcdcdcdcd"):
        run.journal()


def test_a_journal_in_clear_is_refused_where_sealing_is_asked_for(run, tmp_path, keys):
    plain = Run(tmp_path, CHANGES)
    plain.applied()
    with pytest.raises(SealError, match=r"is not sealed, and this host seals its journals \(look at it, then: guardrails seal"):
        run.rolled_back()
    assert run.system.writes == []


def test_a_sealed_journal_is_not_opened_without_its_key(run, keys):
    run.applied()
    with pytest.raises(SealError, match=r"sealed with the chest key new version 7, and no such key is at hand"), opened_journal(run.path):
        pass
    run.seal = Seal(Keys(Chest("other")), PLAN)
    with pytest.raises(SealError, match="no such key"):
        run.rolled_back()


def test_a_key_that_cannot_be_used_stops_the_run_before_anything_is_changed(tmp_path):
    chest = Chest("new")

    def away(*_):
        raise OperatorError("the keeper of the key is away")

    chest.unwrapped = away
    run = Sealed(tmp_path, Keys(chest))
    with pytest.raises(OperatorError, match="away"):
        run.applied()
    assert run.system.writes == []
    assert run.path.read_bytes() == b""


def test_a_journal_that_others_can_read_is_not_used(run):
    run.applied()
    run.path.chmod(0o640)
    with pytest.raises(UnreadableFile, match="others could read or change it"):
        run.rolled_back()
