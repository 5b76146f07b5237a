"""Starts moto's AWS server on a free loopback port, and stops it by its process id."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from guardrails.errors import OperatorError

__all__ = ["aws_credentials", "free_port", "moto"]

_PATIENCE_SECONDS = 60.0
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}  # moto asks for some


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """The URL of a fresh server; it is gone afterwards.

    Raises:
        OperatorError: moto is not installed, or does not answer.
    """
    if importlib.util.find_spec("moto") is None:
        raise OperatorError("moto is not installed", remedy="install guardrails[demo]")
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  # no shell, our own interpreter
    try:
        _await(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def aws_credentials() -> Iterator[None]:
    """Credentials that mean nothing, for a server that asks for any."""
    before = {name: os.environ.get(name) for name in _CREDENTIALS}  # noqa: TID251  # set for boto3 and put back
    os.environ.update(_CREDENTIALS)  # noqa: TID251  # likewise
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]  # noqa: TID251  # likewise
            else:
                os.environ[name] = value  # noqa: TID251  # likewise


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise OperatorError("moto's server did not come up", remedy="run it by hand: python -m moto.server")
