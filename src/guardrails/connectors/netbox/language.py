"""What NetBox adds to the declaration: its settings. Networks name its records; entitlements, assets and allowlists do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from guardrails.errors import DeclarationError
from guardrails.model.declaration import System
from guardrails.model.reference import NOWHERE
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes
from guardrails.secret import SecretRef

__all__ = ["Settings", "read_settings", "refuse"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one NetBox is read.

    Attributes:
        url: Its root, without `/api` and without a slash at the end; empty when only an export is read.
        token: Where the read token is kept; `None` when only an export is read.
        write_token: Where the token of the one who writes is kept; `None` when nothing is to be changed.
        ca: A file of certificates to trust in place of the system's own; empty for those.
        export: A `.json` file or a folder of them, read in place of the live system.
    """

    url: str = ""
    token: SecretRef | None = None
    write_token: SecretRef | None = None
    ca: str = ""
    export: str = ""

    @property
    def of_writer(self) -> Settings:
        """The same NetBox for the one who writes."""
        return replace(self, token=self.write_token)


def read_settings(system: System) -> Settings:
    """Read and check the settings.

    Raises:
        DeclarationError: With every mistake in them.
    """
    notes = Notes()
    fields = Fields(system.settings, notes, f"systems.{system.name}")
    for known in ("connector", "owner"):  # the core's own
        fields.text(known)
    export = fields.text("export")
    reading = fields.fields("read", required=not export)
    writing = fields.fields("write")
    settings = Settings(
        url=_url(fields, required=not export),
        token=reading.secret("token", required=not export and "read" in fields.entries),
        write_token=writing.secret("token", required="write" in fields.entries),
        ca=fields.text("ca"),
        export=str(Path(system.folder) / export) if export else "",
    )
    for part in (reading, writing, fields):
        part.done()
    if settings.write_token is not None and settings.write_token == settings.token:
        notes.add(fields.place, f"{fields.where}.write is the token that reads", "give the one who writes a token of its own")
    notes.settle()
    return settings


def _url(fields: Fields, *, required: bool) -> str:
    text = fields.text("url", required=required)
    if not text:
        return ""
    try:
        url = urlsplit(text)
    except ValueError:
        url = SplitResult("", "", "", "", "")
    # what is refused is not repeated: it may hold a password
    if not url.hostname or url.username is not None or url.query or url.fragment:
        fields.notes.add(fields.place, f"{fields.where}.url is not the root of a NetBox", 'write url: "https://netbox.example"')
    elif url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
        fields.notes.add(fields.place, f"{fields.where}.url is not https", "use https; http is for loopback only")
    return text.rstrip("/").removesuffix("/api")


def refuse(entry: object, what: str, remedy: str) -> NoReturn:
    """Refuse a part of the language that NetBox has no words for.

    Raises:
        DeclarationError: Always.
    """
    notes = Notes()
    notes.add(entry.place if isinstance(entry, Node) else NOWHERE, f"NetBox has no {what}", remedy)
    raise DeclarationError(tuple(notes.mistakes))
