"""Signed notes, as transparency logs and their witnesses exchange them (C2SP signed-note, tlog-checkpoint and tlog-cosignature).

A note is text with a line of its own for each signature. Whoever verifies knows some keys by name and leaves lines of others alone, so that
a note can carry signatures of kinds that come later.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from guardrails.trust.errors import MalformedNote

__all__ = ["Checkpoint", "Note", "Verifier", "cosigned", "read_note", "signed"]

_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/=]+)")
_NAME = re.compile(r"[^\s+]+")
_ED25519, _COSIGNATURE = b"\x01", b"\x04"
_HASH, _MOMENT, _KEY = 4, 8, 32
_MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """A line of a note: whose it says it is, the beginning of the hash of the key, and the rest."""

    name: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, with its signatures, none of them verified."""

    text: str
    signatures: tuple[Signature, ...]

    def written(self) -> str:
        """The note as it is kept and sent."""
        lines = (f"— {one.name} {base64.b64encode(one.key + one.value).decode()}\n" for one in self.signatures)
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name, which is written as `NAME+HASH+KEY`."""

    name: str
    public: bytes

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> Verifier:
        """The public half of a key.

        Raises:
            MalformedNote: The name holds a space or a plus, or is empty.
        """
        if not _NAME.fullmatch(name):
            raise MalformedNote(f"{name!r} is no name of a key", remedy="use a name without spaces and plus signs")
        return cls(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def read(cls, text: str) -> Verifier:
        """The key that `written` wrote.

        Raises:
            MalformedNote: It is not that.
        """
        name, _, rest = text.strip().partition("+")
        digest, _, key = rest.partition("+")
        found = cls(name, _decoded(key)[1:])
        if not _NAME.fullmatch(name) or len(found.public) != _KEY or found.written() != f"{name}+{digest}+{key}":
            raise MalformedNote(f"{text.strip()!r} is no public key of a log", remedy="give the one line NAME+HASH+KEY that the log prints")
        return found

    def written(self) -> str:
        """As one line without its end."""
        return f"{self.name}+{self._hash(_ED25519).hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def _hash(self, kind: bytes) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + kind + self.public).digest()[:_HASH]

    def signature(self, value: bytes, kind: bytes = _ED25519) -> Signature:
        """What this key made, as a line of a note."""
        return Signature(self.name, self._hash(kind), value)

    def has_signed(self, note: Note) -> bool:
        """Whether one of the signatures is of this key, over this text."""
        return any(
            self._holds(one.value, note.text) for one in note.signatures if one.name == self.name and one.key == self._hash(_ED25519)
        )

    def cosigned_at(self, note: Note) -> datetime | None:
        """When the witness with this key saw the text as the newest of its log; `None` when it did not say so."""
        moments = [
            int.from_bytes(one.value[:_MOMENT])
            for one in note.signatures
            if one.name == self.name and one.key == self._hash(_COSIGNATURE)
            and self._holds(one.value[_MOMENT:], _seen(note.text, int.from_bytes(one.value[:_MOMENT])))
        ]  # fmt: skip
        return datetime.fromtimestamp(max(moments), UTC) if moments else None

    def _holds(self, signature: bytes, text: str) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def _seen(text: str, moment: int) -> str:
    """What a witness signs."""
    return f"cosignature/v1\ntime {moment}\n{text}"


def signed(text: str, name: str, key: Ed25519PrivateKey) -> Note:
    """A text with its signature."""
    return Note(text, (Verifier.of(name, key).signature(key.sign(text.encode())),))


def cosigned(note: Note, name: str, key: Ed25519PrivateKey, at: datetime) -> Note:
    """A note with one more line: a witness has seen it at a moment."""
    moment = int(at.timestamp())
    value = moment.to_bytes(_MOMENT) + key.sign(_seen(note.text, moment).encode())
    return replace(note, signatures=(*note.signatures, Verifier.of(name, key).signature(value, _COSIGNATURE)))


def read_note(text: str) -> Note:
    """A note as it is kept and sent.

    Raises:
        MalformedNote: It has no text, no signature, or a line that is none.
    """
    body, found, lines = text.rpartition("\n\n")
    if not found or not body or not lines.endswith("\n") or "\r" in text:
        raise MalformedNote("this is no signed note", remedy="give the file as the log wrote it")
    signatures = tuple(_signatures(lines))
    if len(signatures) > _MAX_SIGNATURES:
        raise MalformedNote(f"a note with {len(signatures)} signatures", remedy=f"keep at most {_MAX_SIGNATURES}")
    return Note(f"{body}\n", signatures)


def _signatures(lines: str) -> Iterator[Signature]:
    for line in lines.removesuffix("\n").split("\n"):
        found = _LINE.fullmatch(line)
        value = _decoded(found["value"]) if found else b""
        if not found or len(value) <= _HASH:
            raise MalformedNote(f"{line!r} is no signature of a note", remedy="give the file as the log wrote it")
        yield Signature(found["name"], value[:_HASH], value[_HASH:])


def _decoded(text: str) -> bytes:
    """The bytes of Base64 in its one spelling; nothing for any other, of which some decoders make the same bytes."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
    return found if base64.b64encode(found).decode() == text else b""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, how many records it has, and the root of their tree."""

    origin: str
    size: int
    root: bytes

    def written(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, note: Note) -> Checkpoint:
        """The checkpoint in a note, whose signatures are another matter.

        Raises:
            MalformedNote: It is none, or says it in another spelling.
        """
        origin, _, rest = note.text.partition("\n")
        size, _, root = rest.partition("\n")
        found = cls(origin, int(size) if size.isascii() and size.isdigit() else -1, _decoded(root.removesuffix("\n")))
        if not origin or len(found.root) != hashlib.sha256().digest_size or found.written() != note.text:
            raise MalformedNote("this is no checkpoint of a log", remedy="give the file named checkpoint of the log's folder")
        return found
