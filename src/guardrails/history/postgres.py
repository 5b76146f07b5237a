"""The history in PostgreSQL, in a schema of its own. One transaction writes at a time; the others wait. Needs `guardrails[postgresql]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from guardrails.errors import OperatorError
from guardrails.history.backend import Row
from guardrails.history.file import WAIT_SECONDS
from guardrails.secret import Secret

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresSchema", "in_postgres"]

_SCHEMA = "guardrails_history"
_LOCK = 0x67726864
_REACH_SECONDS = 10
_PATIENCE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""A server that is gone without a word is given up, for the report waits."""


@dataclass(frozen=True, slots=True)
class PostgresSchema:
    """One connection to it."""

    connection: psycopg.Connection[Row]
    name: str
    words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "number": "BIGINT", "strict": "", "keyed": ""}
    )

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run one statement; none of ours has a question mark that is not a value."""
        done = self.connection.execute(statement.replace("?", "%s").encode(), values or None)
        return done.fetchall() if done.description else []

    def many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Run it with each row of values."""
        with self.connection.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s").encode(), values)

    def version(self) -> int:
        """How many steps were taken.

        Raises:
            OperatorError: It is another program's.
        """
        if not self.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", (_SCHEMA,)):
            return 0
        tables = {name for (name,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = ?", (_SCHEMA,))}
        if not tables:
            return 0
        if "version" not in tables:
            raise OperatorError(f"{self.name}: its schema {_SCHEMA} is another program's", remedy="name another database under history:")
        found = self.rows("SELECT max(number) FROM version")
        return int(found[0][0] or 0)

    def stamp(self, version: int) -> None:
        """Write it down."""
        self.rows("CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL PRIMARY KEY)")
        self.rows("INSERT INTO version (number) VALUES (?)", (version,))


@contextmanager
def in_postgres(url: str, password: Secret | None, wait_seconds: float = WAIT_SECONDS) -> Iterator[PostgresSchema]:
    """A transaction in the database. Everything that the block writes is kept, or nothing when it raises.

    Raises:
        OperatorError: psycopg is not installed, the URL cannot be used, the server does not answer or refuses, what is there is another
            program's, or another process did not let go of it in time.
    """
    try:
        import psycopg  # noqa: PLC0415  # an extra: who keeps a file needs none of it
    except ImportError:
        raise OperatorError("psycopg is not installed", remedy="install guardrails[postgresql]") from None
    settings = _settings(url)
    name = f"postgresql://{settings.get('host', '')}:{settings.get('port', '5432')}/{settings.get('dbname', '')}"
    secret = {"password": password.reveal()} if password else {}
    try:
        with psycopg.connect(**settings, **secret, autocommit=True) as connection, connection.transaction():  # type: ignore[arg-type]  # a mapping of names
            _begin(connection, wait_seconds)
            schema = PostgresSchema(connection, name)
            if not schema.version() and not schema.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", (_SCHEMA,)):
                connection.execute(f"CREATE SCHEMA {_SCHEMA}")
            yield schema
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise OperatorError(f"{name}: {said}", remedy="let guardrails reach the database, with a schema of its own") from error


def _begin(connection: psycopg.Connection[Row], wait_seconds: float) -> None:
    """Wait for the turn, and look at our tables alone."""
    connection.execute(f"SET LOCAL lock_timeout = {int(wait_seconds * 1000)}")  # a setting takes no parameter; a number of ours
    connection.execute(f"SET LOCAL statement_timeout = {int(wait_seconds * 1000) + 1000}")
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    connection.execute(f"SET LOCAL search_path TO {_SCHEMA}, pg_catalog")


def _settings(url: str) -> dict[str, Any]:
    """What the URL says, and a certificate that fits demanded of every server that is not this host, unless it says otherwise."""
    import psycopg  # noqa: PLC0415  # likewise
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415  # likewise

    try:
        found = conninfo_to_dict(url)
    except psycopg.Error:
        raise OperatorError("history: the URL cannot be read", remedy="write postgresql://USER@HOST/DATABASE") from None
    if "password" in found:
        raise OperatorError("history: the URL holds a password", remedy='write password: "env:NAME" beside it')
    near = _is_near(str(found.get("host", "")))
    usual = {"connect_timeout": _REACH_SECONDS, "application_name": "guardrails", **_PATIENCE}
    checked = {} if near else {"sslmode": "verify-full", "sslrootcert": "system"}
    return {**usual, **(checked if "sslmode" not in found else {}), **found}


def _is_near(host: str) -> bool:
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
