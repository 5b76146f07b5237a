"""Starts servers on free loopback ports, and stops each by its own process id."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from guardrails.errors import OperatorError

__all__ = ["aws_credentials", "free_port", "moto", "started"]

_SHOWN_BYTES = 2000
_POLL_SECONDS = 0.02


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """The URL of a fresh server; it is gone afterwards.

    Raises:
        OperatorError: moto is not installed, or does not answer.
    """
    if importlib.util.find_spec("moto") is None:
        raise OperatorError("moto is not installed", remedy="install guardrails[demo]")
    port = free_port()
    with started([sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def started(
    command: Sequence[str],
    port: int,
    *,
    patience_seconds: float = 60.0,
    grace_seconds: float = 10.0,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    folder: Path | None = None,
) -> Iterator[int]:
    """The process id of a server once it listens on a loopback port; it has ended afterwards, killed if it would not go.

    It has this process's environment, user and working folder, unless others are given.

    Raises:
        OperatorError: It ended, or did not listen in time; the message ends with the last it wrote.
    """
    # A file, for nobody reads a pipe while the server runs, and a full one would stop it.
    with tempfile.TemporaryFile() as output:
        server = subprocess.Popen(  # noqa: S603  # no shell
            command, env=environment, user=user, cwd=folder, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        try:
            if not _listens(port, server, patience_seconds):
                said = _tail(output)
                raise OperatorError(f"{command[0]} did not come up: {said}", remedy=f"run it by hand: {shlex.join(command)}")
            yield server.pid
        finally:
            _end(server, grace_seconds)


@contextlib.contextmanager
def aws_credentials(identifier: str = "testing", secret: str = "testing", **more: str) -> Iterator[None]:  # noqa: S107  # of a server on loopback
    """The access key of a server that was started for a test; without one, what means nothing and some servers ask for.

    `more` are further variables that the AWS SDK reads.
    """
    given = {"AWS_ACCESS_KEY_ID": identifier, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true", **more}
    before = {name: os.environ.get(name) for name in given}  # noqa: TID251  # set for boto3 and put back
    os.environ.update(given)  # noqa: TID251  # likewise
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]  # noqa: TID251  # likewise
            else:
                os.environ[name] = value  # noqa: TID251  # likewise


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int, server: subprocess.Popen[bytes], patience_seconds: float) -> bool:
    end = time.monotonic() + patience_seconds
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            # Another server on this port would answer too: ours must still be there.
            return server.poll() is None
        time.sleep(_POLL_SECONDS)
    return False


def _end(server: subprocess.Popen[bytes], grace_seconds: float) -> None:
    server.terminate()
    try:
        server.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _tail(output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - _SHOWN_BYTES))
    return output.read().decode(errors="replace").strip() or "it wrote nothing"
