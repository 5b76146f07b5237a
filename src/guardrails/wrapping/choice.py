"""Which keys a host seals with, as its host file says: one that seals now, and older ones that open what was sealed before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from guardrails.connectors.vault.language import Settings
from guardrails.errors import AuthorError
from guardrails.notation.document import Items
from guardrails.notation.shape import Fields, Notes
from guardrails.ports import KeyWrapper
from guardrails.secret import SecretRef, Source
from guardrails.trust.sealed.keys import Keys
from guardrails.wrapping.age import AgeKey
from guardrails.wrapping.key_file import KeyFile
from guardrails.wrapping.kms import KmsKey
from guardrails.wrapping.transit import TransitKey

__all__ = ["key_of_argument", "read_keys"]

_WAYS: Final = "write file:, vault:, kms: or age:"
_ARN: Final = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
_LOOPBACK: Final = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


def read_keys(fields: Fields) -> Keys | None:
    """The section `seal`; `None` when there is none, or when it has a mistake, which is noted."""
    if "seal" not in fields.entries:
        return None
    section = fields.fields("seal")
    before = section.node("older")
    if before is not None and not isinstance(before, Items):
        fields.notes.add(before.place, "seal.older must be a list", 'write older: [{file: "/path"}]')
    nodes = before.items if isinstance(before, Items) else ()
    older = [_key(Fields(node, fields.notes, "seal.older"), fields.notes) for node in nodes]
    current = _key(section, fields.notes)
    return Keys(current, tuple(key for key in older if key is not None)) if current else None


def _key(fields: Fields, notes: Notes) -> KeyWrapper | None:
    ways = [name for name in _READ if name in fields.entries]
    found = _READ[ways[0]](fields, notes) if len(ways) == 1 else None
    if len(ways) != 1:
        notes.add(fields.place, f"{fields.where} names {len(ways)} keys in place of one", _WAYS)
    fields.done()
    return found


def _file(fields: Fields, notes: Notes) -> KeyWrapper | None:
    path = fields.text("file")
    if not path.startswith("/"):
        notes.add(fields.place, f"{fields.where}.file {path} does not begin at the root", "write the whole path")
    return KeyFile(SecretRef(Source.FILE, path))


def _vault(fields: Fields, notes: Notes) -> KeyWrapper | None:
    inner = fields.fields("vault")
    address = inner.text("address", required=True).rstrip("/")
    settings = Settings(
        address=address,
        namespace=inner.text("namespace").strip("/"),
        token=inner.secret("token"),
        role_id=inner.secret("role-id"),
        secret_id=inner.secret("secret-id"),
        ca=inner.text("ca"),
    )
    mount, key = inner.text("mount").strip("/") or "transit", inner.text("key", required=True)
    inner.done()
    if not address.startswith(("https://", *_LOOPBACK)):
        notes.add(inner.place, f"{inner.where}.address is not https", "keys must not cross a network in clear: write https://")
    if (settings.token is None) == (settings.role_id is None or settings.secret_id is None):
        notes.add(inner.place, f"{inner.where} has not one way to log in", 'write token: "env:NAME", or role-id: and secret-id:')
    return TransitKey(settings, mount, key)


def _kms(fields: Fields, notes: Notes) -> KeyWrapper | None:
    arn, endpoint = fields.text("kms"), fields.text("endpoint-url")
    if not _ARN.fullmatch(arn):
        notes.add(fields.place, f"{fields.where}.kms {arn} is not the ARN of a key", "write arn:aws:kms:REGION:ACCOUNT:key/ID; no alias")
        return None
    return KmsKey(arn, endpoint)


def _age(fields: Fields, notes: Notes) -> KeyWrapper | None:
    recipients, identity = fields.texts("age"), fields.secret("identity")
    if not recipients or not all(recipient.startswith("age1") for recipient in recipients):
        notes.add(fields.place, f"{fields.where}.age must be a list of recipients", "write age: [age1...], as age-keygen prints them")
    return AgeKey(recipients, identity)


_READ: Final[dict[str, Callable[[Fields, Notes], KeyWrapper | None]]] = {"file": _file, "vault": _vault, "kms": _kms, "age": _age}


def key_of_argument(text: str) -> Keys:
    """The key that an argument names: a file with a key, or a recipient of age.

    Raises:
        AuthorError: It is neither.
    """
    if text.startswith("age1"):
        return Keys(AgeKey((text,)))
    if text.startswith("file:/"):
        return Keys(KeyFile(SecretRef.parse(text)))
    raise AuthorError("--seal names no key", remedy="write file:/path/of/a/key, or a recipient of age; others stand in the host file")
