"""A server that is started is stopped, whatever it does, and one that does not come up says why."""

from __future__ import annotations

import contextlib
import os
import sys

import pytest

from guardrails.errors import OperatorError
from guardrails.testing.servers import free_port, started

LISTEN = "import socket, signal; s = socket.create_server(('127.0.0.1', {port})); {more}; signal.pause()"


def program(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.server
def test_a_server_is_there_inside_and_gone_afterwards():
    port = free_port()
    with started(program(LISTEN.format(port=port, more="pass")), port) as pid:
        assert not is_gone(pid)
    assert is_gone(pid)


@pytest.mark.server
def test_a_server_that_ignores_the_signal_is_killed():
    port = free_port()
    stubborn = LISTEN.format(port=port, more="").replace("s =", "signal.signal(signal.SIGTERM, signal.SIG_IGN); s =").replace("; ;", ";")
    with started(program(stubborn), port, grace_seconds=0.2) as pid:
        assert not is_gone(pid)
    assert is_gone(pid)


@pytest.mark.server
def test_a_server_is_stopped_when_the_block_fails():
    port = free_port()
    with contextlib.suppress(ZeroDivisionError), started(program(LISTEN.format(port=port, more="pass")), port) as pid:
        _ = 1 / 0
    assert is_gone(pid)


@pytest.mark.server
def test_one_that_ends_says_its_last_words():
    with (
        pytest.raises(OperatorError, match="no such option: --nonsense") as caught,
        started(program("raise SystemExit('no such option: --nonsense')"), free_port()),
    ):
        pass
    assert caught.value.remedy.startswith("run it by hand")


@pytest.mark.server
def test_one_that_never_listens_is_not_waited_for_for_ever():
    with (
        pytest.raises(OperatorError, match="it wrote nothing"),
        started(program("import signal; signal.pause()"), free_port(), patience_seconds=0.5),
    ):
        pass
