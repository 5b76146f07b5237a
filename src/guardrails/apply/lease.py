"""One run at a time on a host: a lock that the system takes back when its holder dies, with the holder's name in it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guardrails.errors import Leased, OperatorError

__all__ = ["leased"]

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST = 4096


@contextmanager
def leased(path: Path, holder: str) -> Iterator[None]:
    """Hold the lease for as long as the block runs; nobody waits for it.

    Raises:
        Leased: Somebody else holds it.
        OperatorError: The file cannot be written.
    """
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="let guardrails write the state folder") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Leased(f"another run changes systems: {_holder(descriptor)}", remedy="wait for its end") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"holder": holder, "process": os.getpid()}).encode())
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    try:
        found = json.loads(os.pread(descriptor, _MOST, 0))
        return f"{found['holder']}, process {found['process']}"
    except (ValueError, KeyError, TypeError):
        return "it has not said who it is"
