"""What a directory adds to the declaration: settings and memberships. It holds no assets and guards no addresses. No SDK here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from guardrails.connectors.ldap.meaning import MEMBER_OF
from guardrails.errors import DeclarationError, Mistake
from guardrails.model import dn
from guardrails.model.declaration import Clause, System
from guardrails.model.reference import NOWHERE, Place, Scope
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes
from guardrails.secret import SecretRef

__all__ = ["Settings", "mistaken", "read_clauses", "read_settings", "read_target"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one directory is read.

    Attributes:
        base: The name under which its people are.
        groups: The name under which its groups are.
        url: `ldaps://HOST[:PORT]`; `ldap://` with `start_tls`, or on loopback.
        bind: The name to read as.
        password: Where the password is kept.
        write_bind: The name to write as; empty when nothing is written.
        write_password: Where its password is kept.
        ca: A file with the authorities to trust; empty for those of the machine.
        start_tls: Whether to begin in clear text and turn to TLS before anything is said.
        export: An LDIF file, read in place of the live directory.
    """

    base: str
    groups: str
    url: str = ""
    bind: str = ""
    password: SecretRef | None = None
    write_bind: str = ""
    write_password: SecretRef | None = None
    ca: str = ""
    start_tls: bool = False
    export: str = ""

    @property
    def of_writer(self) -> Settings:
        """The same directory for the one who writes."""
        return replace(self, bind=self.write_bind, password=self.write_password)

    @property
    def realm(self) -> str:
        """The suffix that people and groups share."""
        return dn.text(dn.common(dn.parse(self.base), dn.parse(self.groups)))

    @property
    def searches(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What to read: names to begin at, none inside another, each with what is expected there."""
        base, groups = dn.parse(self.base), dn.parse(self.groups)
        if dn.within(groups, base):
            return ((self.base, ("people", "groups")),)
        if dn.within(base, groups):
            return ((self.groups, ("people", "groups")),)
        return ((self.base, ("people",)), (self.groups, ("groups",)))


def read_settings(system: System) -> Settings:
    """Read and check the settings.

    Raises:
        DeclarationError: With every mistake in them.
    """
    notes = Notes()
    fields = Fields(system.settings, notes, f"systems.{system.name}")
    for known in ("connector", "owner"):  # the core's own
        fields.text(known)
    export = _path(system, fields.text("export"))
    reading = fields.fields("read", required=not export)
    writing = fields.fields("write")
    settings = Settings(
        base=_name(fields, "base", required=True),
        groups=_name(fields, "groups", required=True),
        url=fields.text("url", required=not export),
        bind=_name(reading, "bind", required=not export),
        password=reading.secret("password", required=not export),
        write_bind=_name(writing, "bind", required=bool(writing.entries)),
        write_password=writing.secret("password", required=bool(writing.entries)),
        ca=_path(system, fields.text("ca")),
        start_tls=fields.flag("start-tls"),
        export=export,
    )
    for part in (reading, writing, fields):
        part.done()
    if settings.write_bind and dn.parse(settings.write_bind) == dn.parse(settings.bind):
        notes.add(fields.place, f"{fields.where}.write is the name that reads", "give the one who writes a name of its own")
    if settings.url:
        _check_url(settings, fields, notes)
    if settings.base and settings.groups and not settings.realm:
        notes.add(fields.place, f"{settings.base} and {settings.groups} have no suffix in common", "declare two systems")
    if export and Path(export).suffix not in {".ldif", ".ldf"}:
        notes.add(fields.place, "an export of a directory is an .ldif file", "save what slapcat or ldapsearch writes")
    notes.settle()
    return settings


def _path(system: System, written: str) -> str:
    return str(Path(system.folder) / written) if written else ""


def _name(fields: Fields, key: str, *, required: bool) -> str:
    name = fields.text(key, required=required)
    try:
        dn.parse(name)
    except ValueError as error:
        fields.notes.add(_place(fields, key), f"{fields.where}.{key}: {error}", "write it as ou=people,dc=example,dc=se")
        return ""
    return name


def _place(fields: Fields, key: str) -> Place:
    node = fields.node(key)
    return node.place if node is not None else fields.place


def _check_url(settings: Settings, fields: Fields, notes: Notes) -> None:
    place = _place(fields, "url")
    try:
        url = urlsplit(settings.url)
        host, _ = url.hostname, url.port
    except ValueError:
        notes.add(place, "the url cannot be read", "write ldaps://HOST or ldaps://HOST:PORT")
        return
    if url.scheme not in {"ldap", "ldaps"} or not host or url.path.strip("/") or url.query or url.username:
        notes.add(place, "the url is not a scheme, a host and a port alone", "write ldaps://HOST or ldaps://HOST:PORT")
    elif url.scheme == "ldaps" and settings.start_tls:
        notes.add(place, "ldaps is encrypted from its first byte", "remove start-tls, or write ldap://")
    elif url.scheme == "ldap" and not settings.start_tls and host not in _LOOPBACK:
        notes.add(
            place, "ldap:// would send the password in clear text", "use ldaps://, or add start-tls: true; clear text is for loopback only"
        )


def read_clauses(entry: object, scope: Scope) -> tuple[Clause, ...]:
    """`{member-of: ["group/NAME", ...]}`.

    Raises:
        DeclarationError: With every mistake in it.
    """
    notes = Notes()
    fields = Fields(entry, notes, str(scope))
    groups = fields.texts(MEMBER_OF, required=True)
    for group in groups:
        if not group.startswith("group/") or group == "group/":
            notes.add(_place(fields, MEMBER_OF), f"{scope}: {group} is not a group", f'write "group/{group}"')
    fields.done()
    notes.settle()
    return (Clause(scope=scope, actions=(MEMBER_OF,), resources=groups, place=fields.place),)


def read_target(entry: object) -> str:
    """An allowlist cannot guard anything here.

    Raises:
        DeclarationError: Always.
    """
    place = entry.place if isinstance(entry, Node) else NOWHERE
    raise DeclarationError(
        (
            Mistake(
                file=place.file,
                line=place.line,
                column=place.column,
                message="a directory holds no rules about addresses",
                remedy="guard the directory where its network rules are",
            ),
        )
    )


def mistaken(selector: str) -> str:
    """Every selector is: a directory holds no assets."""
    return f"a directory holds no assets, so {selector} names none; declare the groups in an entitlement"
