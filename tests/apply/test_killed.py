"""A real process is killed with SIGKILL at every call of a run; another one goes on from what the disk holds."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from apply.runs import Run
from guardrails.model.changes import Image
from guardrails.model.coding import decoded, encoded

NUMBER = 10


class Kept(Run):
    """A run whose system is a file that outlives the process; each write of it is whole."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, NUMBER)
        self.file, self.calls = folder / "system.json", 0
        if self.file.exists():
            kept = json.loads(self.file.read_text())
            self.system.held = {ref: decoded(Image, kept[ref.id]) for ref in self.before}
        self.system.after_write = lambda _ref: self.keep()

    def keep(self) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({ref.id: encoded(image) for ref, image in self.system.held.items()}))
        draft.replace(self.file)

    def dies_at(self, point: int) -> None:
        def count(*_: object) -> None:
            self.calls += 1
            if self.calls == point:
                os.kill(os.getpid(), signal.SIGKILL)

        def written(_ref) -> None:
            self.keep()
            count()

        self.system.before_write, self.system.after_write, self.note = count, written, count


def die(folder: Path, point: int, step: str) -> None:
    run = Kept(folder)
    run.dies_at(point)
    getattr(run, step)()


def killed(folder: Path, point: int, step: str) -> bool:
    process = multiprocessing.get_context("fork").Process(target=die, args=(folder, point, step))
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("back", [False, True])
def test_killed_at_every_call_another_process_goes_on_or_back(tmp_path, back):
    points = 0
    for point in range(1, 1000):
        folder = tmp_path / str(point)
        folder.mkdir()
        if not killed(folder, point, "applied"):
            break
        points += 1
        run = Kept(folder)
        if not run.journal().has_begun or run.journal().ended:
            continue
        killed(folder, 3, "rolled_back" if back else "resumed")  # and once more on the way
        run = Kept(folder)
        if not run.journal().ended:
            run.rolled_back() if back else run.resumed()
        assert Kept(folder).system.held == (run.before if back else run.after)
        assert run.journal().ended == ("rolled-back" if back else "applied")
    assert points == 4 * NUMBER + 2
