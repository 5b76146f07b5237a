"""One run at a time; a dead holder keeps nobody out."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from guardrails.apply.lease import leased
from guardrails.errors import Leased, OperatorError


def hold(path, begun, ended) -> None:
    with leased(path, "another"):
        begun.set()
        ended.wait(30)


def test_a_second_run_is_told_who_holds_it(tmp_path):
    with (
        leased(tmp_path / "lease", "alice on host"),
        pytest.raises(Leased, match="alice on host, process"),
        leased(tmp_path / "lease", "bob"),
    ):
        pass
    with leased(tmp_path / "lease", "bob"):
        pass


def test_the_lease_of_a_holder_that_was_killed_is_free_at_once(tmp_path):
    context = multiprocessing.get_context("fork")
    begun, ended = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path / "lease", begun, ended))
    other.start()
    assert begun.wait(30)
    with pytest.raises(Leased, match="another, process"), leased(tmp_path / "lease", "me"):
        pass

    os.kill(other.pid, signal.SIGKILL)
    other.join()
    with leased(tmp_path / "lease", "me"):
        pass


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OperatorError, match="No such file"), leased(tmp_path / "none" / "lease", "me"):
        pass
