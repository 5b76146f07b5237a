"""Starts a real NetBox with its own PostgreSQL and Redis on free loopback ports, and stops them by their process ids.

NetBox needs Python 3.12, so it lives in an environment of its own; its `netbox` program says where. To make its database takes minutes of
CPU, so a dump of one that is empty and fits to the version is restored, where there is one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from guardrails.errors import OperatorError
from guardrails.testing.postgres import HOST, needed, postgres, run
from guardrails.testing.postgres import program as postgres_program
from guardrails.testing.servers import free_port, started

__all__ = ["LiveNetbox", "missing_servers", "netbox", "version_of", "write_seed"]

_PATIENCE_SECONDS = 180.0
_CONFIGURATION = """
ALLOWED_HOSTS = ["*"]
DATABASES = {{"default": {{"NAME": "netbox", "USER": "postgres", "PASSWORD": "", "HOST": "{host}", "PORT": "{postgres}"}}}}
REDIS = {{n: {{"HOST": "{host}", "PORT": {redis}, "USERNAME": "", "PASSWORD": "", "DATABASE": i, "SSL": False}} for i, n in enumerate(("tasks", "caching"))}}
SECRET_KEY = "{secret}"
API_TOKEN_PEPPERS = {{1: "{secret}"}}
MAX_PAGE_SIZE = PAGINATE_COUNT = {page}
CENSUS_REPORTING_ENABLED = METRICS_ENABLED = False
ISOLATED_DEPLOYMENT = True
RELEASE_CHECK_URL = None
"""  # noqa: E501  # a line of settings is a line
_ADMIN = (
    "insert into users_user (username, password, is_superuser, is_active, email, first_name, last_name, date_joined) "  # made here
    "values ('admin', '{password}', true, true, 'admin@example.test', '', '', now())"
)


@dataclass(frozen=True, slots=True)
class LiveNetbox:
    """Where it is, and a token of its only administrator for this run."""

    url: str
    token: str = field(repr=False)


def missing_servers() -> tuple[str, ...]:
    """What NetBox needs beside itself and is not installed."""
    servers = {"PostgreSQL (package postgresql)": postgres_program("initdb"), "Redis (package redis-server)": shutil.which("redis-server")}
    return tuple(name for name, found in servers.items() if found is None)


def version_of(program: Path) -> str:
    """The version of NetBox that a program belongs to."""
    found = sorted(program.parent.parent.glob("lib/python3*/site-packages/netbox-*.dist-info"))
    return found[0].name.removeprefix("netbox-").removesuffix(".dist-info") if found else ""


@contextlib.contextmanager
def netbox(program: Path, seeds: Path, *, page: int = 1000) -> Iterator[LiveNetbox]:
    """A fresh NetBox; it and what it stored are gone afterwards.

    Args:
        program: Its `netbox` program.
        seeds: A folder of dumps, `netbox-VERSION.dump`; without one for its version the database is made anew, in minutes.
        page: How many objects it gives at once, at most.

    Raises:
        OperatorError: One of the programs is missing, or does not do its part.
    """
    with _stored(program, page) as (environment, database):
        seed = seeds.resolve() / f"netbox-{version_of(program)}.dump"
        if seed.exists():
            run([needed("pg_restore"), "--no-owner", "--exit-on-error", *database, "-d", "netbox", str(seed)], {})
        else:
            run([str(program), "migrate", "--no-input"], environment)
        password, salt = secrets.token_urlsafe(16), secrets.token_hex(8)
        hashed = b64encode(hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1)).decode()
        run([needed("psql"), *database, "-d", "netbox", "-c", _ADMIN.format(password=f"pbkdf2_sha256$1${salt}${hashed}")], {})
        port = free_port()
        # gunicorn would open its control socket in the home folder
        gunicorn = [
            str(program.with_name("gunicorn")),
            "--bind",
            f"{HOST}:{port}",
            "--no-control-socket",
            "--timeout",
            "120",
            "netbox.wsgi",
        ]
        with started(gunicorn, port, patience_seconds=_PATIENCE_SECONDS, environment=environment):
            yield LiveNetbox(f"http://{HOST}:{port}", _token(port, password))


def write_seed(program: Path, seeds: Path) -> Path:
    """Make the database of a NetBox, and write its dump to the folder.

    Raises:
        OperatorError: One of the programs is missing, or does not do its part.
    """
    seed = seeds.resolve() / f"netbox-{version_of(program)}.dump"
    with _stored(program, page=1000) as (environment, database):
        run([str(program), "migrate", "--no-input"], environment)
        run([needed("pg_dump"), "-Fc", "-Z9", "--no-owner", "--no-privileges", *database, "-f", str(seed), "netbox"], {})
    return seed


@contextlib.contextmanager
def _stored(program: Path, page: int) -> Iterator[tuple[Mapping[str, str], list[str]]]:
    """The environment of a NetBox whose servers run, and the arguments by which PostgreSQL's own programs reach its empty database."""
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="guardrails-netbox-")))
        stored = running.enter_context(postgres())
        stored.make("netbox")
        ports = {"postgres": stored.port, "redis": free_port()}
        redis = [needed("redis-server"), "--bind", HOST, "--port", str(ports["redis"]), "--save", "", "--dir", str(folder)]
        running.enter_context(started(redis, ports["redis"]))
        conf = folder / "netbox" / "conf"
        conf.mkdir(parents=True)
        (conf / "__init__.py").touch()
        text = _CONFIGURATION.format(host=HOST, secret=secrets.token_urlsafe(60), page=page, **ports)
        (conf / "configuration.py").write_text(text)
        path = f"{program.parent}{os.pathsep}{os.defpath}"
        yield {"PATH": path, "NETBOX_ROOT": str(folder / "netbox"), "HOME": str(folder), "LANG": "C.UTF-8"}, stored.arguments


def _token(port: int, password: str) -> str:
    """A token of the administrator, asked for until NetBox answers: it listens before its workers have loaded it."""
    body = json.dumps({"username": "admin", "password": password})
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError, HTTPException), contextlib.closing(HTTPConnection(HOST, port, timeout=120)) as client:
            client.request("POST", "/api/users/tokens/provision/", body, {"Content-Type": "application/json"})
            answer = client.getresponse()
            if answer.status == HTTPStatus.CREATED:
                given = json.load(answer)
                return f"nbt_{given['key']}.{given['token']}"
        time.sleep(0.2)
    raise OperatorError("NetBox gives no token", remedy="run gunicorn netbox.wsgi by hand")
