"""Starts MiniStack, an emulator of AWS that refuses what IAM policies do not allow, on a free loopback port."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from guardrails.testing.servers import free_port, started

__all__ = ["ACCOUNT", "ministack"]

ACCOUNT = "123456789012"
"""Its only account; as an access key, with any secret, this is the root of it."""


@contextlib.contextmanager
def ministack(program: Path) -> Iterator[str]:
    """The URL of a fresh one that enforces policies; it is gone afterwards.

    Raises:
        OperatorError: It does not come up.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="guardrails-ministack-") as folder:
        # unless it is told where, it listens on every address
        told = {"AUTH": "true", "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "HOME": folder}
        environment = {"PATH": f"{program.parent}{os.pathsep}{os.defpath}", "LANG": "C.UTF-8", "TMPDIR": folder, **told}
        with started([str(program)], port, environment=environment, folder=Path(folder)):
            yield f"http://127.0.0.1:{port}"
