"""A journal that cannot be written stops the run before the next change, wherever the disk ends; with room again it goes on."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from pathlib import Path

from apply.test_killed import NUMBER, Kept
from guardrails.errors import OperatorError, RolledBack

_STOPPED, _APPLIED, _TAKEN_BACK = 3, 0, 5


def short(folder: Path, size: int) -> None:
    """Apply with files that may not grow beyond a size."""
    run = Kept(folder)
    run.file = Path("/dev/null")  # the system itself has room
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    written = len(run.system.writes)
    run.keep = lambda: None
    run.system.after_write = lambda _ref: None
    try:
        run.applied()
    except RolledBack:
        os._exit(_TAKEN_BACK)
    except OperatorError:
        # no change is made whose intent does not stand in the journal
        intended = run.path.read_bytes().rpartition(b"\n")[0].count(b'"step":"intent"')
        os._exit(_STOPPED if len(run.system.writes) - written == intended else 9)
    os._exit(_APPLIED)


def test_wherever_the_disk_ends_nothing_is_changed_without_its_intent(tmp_path):
    whole = Kept(tmp_path)
    whole.applied()
    size = whole.path.stat().st_size
    ended = []
    for limit in range(1, size + 400, 97):
        folder = tmp_path / str(limit)
        folder.mkdir()
        process = multiprocessing.get_context("fork").Process(target=short, args=(folder, limit))
        process.start()
        process.join()
        ended.append(process.exitcode)
    assert set(ended) == {_STOPPED, _APPLIED}
    assert ended == sorted(ended, reverse=True), "with room for all of it the run ends well"
    assert len(ended) > 4 * NUMBER
