"""Single entries of a directory: read with the name that reads, and written with the one that writes.

Where the server can assert (RFC 4528), a write says which entryCSN it is for, and another one is refused by the server itself.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager

from guardrails.connectors.ldap.api import ASSERTION, LdapApi, connected
from guardrails.connectors.ldap.entry import IDENTITIES, MEMBERS, entry
from guardrails.connectors.ldap.facts import identity
from guardrails.connectors.ldap.language import Settings
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Image, difference
from guardrails.model.reference import Ref

__all__ = ["LdapObjects", "LdapRemediator"]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UNIQUE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){3}")
_SPACED = re.compile(r"(?<!\\)([,+])\s+")
_FIELDS = ("objectclass", "memberurl", *MEMBERS)
_CSN = "entrycsn"
_FAILED = frozenset({16, 20, 122})
"""Results of a write that met another entry: noSuchAttribute, attributeOrValueExists, assertionFailed."""


class LdapObjects:
    """Reads entries one by one, each over a connection of its own."""

    def __init__(self, system: str, settings: Settings) -> None:
        self._system, self._settings = system, settings
        self.identity = settings.bind
        with self._connected() as api:
            root = api.entries("", "(objectClass=*)", ("supportedControl",), below=False)
        self._asserts = any(ASSERTION.encode() in held.get("supportedcontrol", ()) for _, held in root)

    def _connected(self) -> AbstractContextManager[LdapApi]:
        return connected(self._settings)

    def itself(self) -> tuple[Ref, ...]:
        """The entry of the name that is bound, when the directory shows one.

        Raises:
            ConnectorError: The directory does not answer.
        """
        with self._connected() as api:
            found = api.entries(self._settings.bind, "(objectClass=*)", IDENTITIES, below=False)
        ids = [identity(entry(name, held.items())) for name, held in found]
        return tuple(Ref(system=self._system, realm=self._settings.realm, kind="person", id=one, name=self._settings.bind) for one in ids)

    def current(self, ref: Ref) -> Image | None:
        """The entry as it is now.

        Raises:
            ConnectorError: It cannot be told.
        """
        with self._connected() as api:
            return self._image(api, ref)

    def _image(self, api: LdapApi, ref: Ref) -> Image | None:
        base = self._settings.groups if ref.kind == "group" else self._settings.base
        found = api.entries(base, _filter(ref), (*_FIELDS, _CSN))
        if not found:
            return None
        if len(found) > 1:
            raise ConnectorError(f"{ref}: {len(found)} entries have that id", remedy="look at them")
        name, held = found[0]
        if partial := [kind for kind in held if ";" in kind]:
            raise ConnectorError(f"{ref}: only a part of it was given ({partial[0]})", remedy="change it by hand")
        token = _text(ref, held.get(_CSN, [b""])[0]) if self._asserts else ""
        return Image.of({"dn": (name,), **{kind: _texts(ref, kind, held) for kind in _FIELDS}}, token)


def _texts(ref: Ref, kind: str, held: Mapping[str, list[bytes]]) -> tuple[str, ...]:
    texts = (_text(ref, value) for value in held.get(kind, ()))
    match kind:
        case "objectclass":
            return tuple(sorted(text.lower() for text in texts))
        case "memberuid" | "memberurl":
            return tuple(sorted(texts))
        case _:
            # as servers write a name that comes back to them
            return tuple(sorted(_SPACED.sub(r"\1", text) for text in texts))


def _text(ref: Ref, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ConnectorError(f"{ref}: it holds a value that is not text", remedy="change it by hand") from None


def _filter(ref: Ref) -> str:
    if _UUID.fullmatch(ref.id):
        little = "".join(f"\\{byte:02x}" for byte in uuid.UUID(ref.id).bytes_le)
        return f"(|(entryUUID={ref.id})(objectGUID={little}))"
    if _UNIQUE.fullmatch(ref.id):
        return f"(nsUniqueId={ref.id})"
    raise ConnectorError(f"{ref} has no id that a rename leaves alone", remedy="let the reader see entryUUID")


class LdapRemediator(LdapObjects):
    """Writes entries one by one."""

    def _connected(self) -> AbstractContextManager[LdapApi]:
        return connected(self._settings, read_only=False)

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Make the entry `after`, if it is `before`.

        Raises:
            Conflict: It is neither, and was left alone.
            ConnectorError: Nobody can tell whether it was written, or the server refuses it.
        """
        with self._connected() as api:
            now = self._image(api, ref)
            if now == after:
                return
            if now is None or now != before:
                raise Conflict(f"{ref} is not as it was", remedy="plan again")
            changes = {edit.field: (edit.removes, edit.adds) for edit in difference(now, after)}
            # the token of what was compared just now: what comes between, the server refuses
            code, said = api.modify(now.values("dn")[0], changes, now.token)
        if code in _FAILED:
            raise Conflict(f"{ref} was changed while it was written, and was left alone: {said} ({code})", remedy="plan again")
        if code:
            raise ConnectorError(f"{ref}: the directory refuses it: {said} ({code})", remedy="see what the one who writes may write")
