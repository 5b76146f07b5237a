"""What AWS adds to the declaration: the settings of the system. No SDK here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from guardrails.errors import DeclarationError
from guardrails.model.declaration import System
from guardrails.notation.shape import Fields, Notes

__all__ = ["Settings", "read_settings"]

_ACCOUNT = re.compile(r"[0-9]{12}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one AWS system is read.

    Attributes:
        organization: The management account's id, when accounts are read by assuming a role in each; else empty.
        sets: Name of each declared set with its account ids.
        regions: The regions to read.
        role: The role assumed in each account of a set.
        endpoint_url: Where to send calls; empty for AWS itself.
        export: A file of `aws iam get-account-authorization-details`, read in place of the live account.
    """

    organization: str = ""
    sets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    regions: tuple[str, ...] = ("us-east-1",)
    role: str = ""
    endpoint_url: str = ""
    export: str = ""

    def sets_of(self, account: str) -> tuple[str, ...]:
        """The sets that an account belongs to."""
        return tuple(name for name, accounts in self.sets if account in accounts)


def read_settings(system: System) -> Settings:
    """Read and check the settings.

    Raises:
        DeclarationError: With every mistake in them.
    """
    notes = Notes()
    fields = Fields(system.settings, notes, f"systems.{system.name}")  # type: ignore[arg-type]  # a Node, opaque to the core
    fields.text("connector")
    sets = _sets(fields, notes)
    regions = fields.fields("regions")
    reading = fields.fields("read")
    settings = Settings(
        organization=fields.text("organization"),
        sets=sets,
        regions=tuple(region for region in regions.texts("read") if region != "global") or ("us-east-1",),
        role=reading.text("role"),
        endpoint_url=fields.text("endpoint-url"),
        export=fields.text("export"),
    )
    regions.text("others")
    fields.fields("write").text("role")
    fields.done()
    _check(settings, fields, notes)
    if notes.mistakes:
        raise DeclarationError(tuple(notes.mistakes))
    return settings


def _sets(fields: Fields, notes: Notes) -> tuple[tuple[str, tuple[str, ...]], ...]:
    listed = fields.fields("sets")
    found = []
    for name, node, _ in listed.each():
        accounts = listed.fields(name).texts("accounts", required=True)
        for account in accounts:
            if not _ACCOUNT.fullmatch(account):
                notes.add(node.place, f"{account} is not an account id", 'write twelve digits in quotes: "111122223333"')
        found.append((name, accounts))
    return tuple(sorted(found))


def _check(settings: Settings, fields: Fields, notes: Notes) -> None:
    if settings.sets and not settings.role and not settings.export:
        notes.add(fields.place, "sets of accounts are read by assuming a role in each", "add read: {role: guardrails-reader}")
    url = urlsplit(settings.endpoint_url)
    if settings.endpoint_url and url.scheme != "https" and url.hostname not in _LOOPBACK:
        notes.add(fields.place, "the endpoint is not https", "use https; http is for loopback only")
    if settings.export and PurePosixPath(settings.export).suffix != ".json":
        notes.add(fields.place, "an export of AWS is a .json file", "save get-account-authorization-details with --output json")
