"""Starts a real PostgreSQL on a free loopback port, with an empty database, and stops it by its process id."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from guardrails.errors import OperatorError
from guardrails.testing.servers import free_port, started

__all__ = ["HOST", "LivePostgres", "needed", "postgres", "program", "run"]

HOST = "127.0.0.1"
_OWNER = "postgres"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LivePostgres:
    """Where it is; its owner needs no password there."""

    port: int

    @property
    def arguments(self) -> list[str]:
        """By which its own programs reach it."""
        return ["-h", HOST, "-p", str(self.port), "-U", _OWNER]

    def url(self, database: str) -> str:
        """Of one of its databases."""
        return f"postgresql://{_OWNER}@{HOST}:{self.port}/{database}"

    def make(self, database: str) -> None:
        """Make a database.

        Raises:
            OperatorError: It is there already.
        """
        self.ask(f"create database {database}")

    def ask(self, statement: str, database: str = "postgres") -> None:
        """Have a statement run.

        Raises:
            OperatorError: It is refused.
        """
        run([needed("psql"), *self.arguments, "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement], {})


@contextlib.contextmanager
def postgres() -> Iterator[LivePostgres]:
    """A fresh server; it and what it stored are gone afterwards.

    Raises:
        OperatorError: One of its programs is missing, or does not do its part.
    """
    user = _OWNER if os.getuid() == 0 else None  # PostgreSQL refuses to run as root
    with tempfile.TemporaryDirectory(prefix="guardrails-postgres-") as home:
        Path(home).chmod(0o711)  # PostgreSQL's own user passes through
        folder = Path(home) / "postgres"
        folder.mkdir(mode=0o700)
        if user:
            shutil.chown(folder, user)
        run([needed("initdb"), "-D", str(folder), "-U", _OWNER, "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"], {}, user)
        settings = ["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", f"listen_addresses={HOST}"]
        port = free_port()
        with started([needed("postgres"), "-D", str(folder), "-p", str(port), *settings], port, user=user):
            server = LivePostgres(port)
            _wait(server)
            yield server


def _wait(server: LivePostgres) -> None:
    """It listens before it lets anybody in."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return server.ask("select 1")
        except OperatorError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def program(name: str) -> str | None:
    """One of its programs, of the newest version that is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*map(str, folders), os.defpath, "/usr/local/bin"]))


def needed(name: str) -> str:
    """One of its programs, or another one that is installed.

    Raises:
        OperatorError: It is not.
    """
    found = program(name) or shutil.which(name)
    if found is None:
        raise OperatorError(f"{name} is not installed", remedy="install the packages postgresql and redis-server")
    return found


def run(command: list[str], environment: Mapping[str, str], user: str | None = None) -> None:
    """Run a program to its end.

    Raises:
        OperatorError: It fails; the message ends with the last it wrote.
    """
    done = subprocess.run(command, env=environment, user=user, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603  # no shell
    if done.returncode:
        raise OperatorError(f"{Path(command[0]).name} failed: {done.stderr[-500:]}", remedy="run it by hand")
