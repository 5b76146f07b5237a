"""Verify detached signatures of OpenSSH (PROTOCOL.sshsig), strictly and never more loosely than `ssh-keygen -Y verify`.

Pure: message, signature and enrolled keys are arguments. Who is enrolled, and how many must sign, is told elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrails.trust.errors import BadKey, BadSignature
from guardrails.trust.keys import KINDS, check_signature, parse_key
from guardrails.trust.wire import Reader, string

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_SIGNATURE_BYTES", "public_key_blob", "signing_key", "verify"]

MAX_SIGNATURE_BYTES: Final = 16 * 1024
"""More than any signature of an allowed kind needs; longer input is refused unread."""

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_HASHES: Final = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_ARMOR: Final = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n?")
_KEY_LINE: Final = re.compile(r"(\S+) ([A-Za-z0-9+/=]+)(?: ([^\x00-\x1f\x7f]*))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    key: bytes
    namespace: bytes
    hash_name: bytes
    signature: bytes


def verify(message: bytes, armored: bytes, namespace: str, keys: Mapping[bytes, str], *, require_uv: bool = False) -> str:
    """The member whose enrolled key signed exactly `message` for `namespace`.

    Args:
        message: The bytes that were signed.
        armored: The content of the `.sig` file.
        namespace: What the signature must have been made for; another one is refused, so that a signed git commit approves nothing.
        keys: Public key blob to member id, of everyone whose signature would count.
        require_uv: Demand a hardware key that checked its user by PIN or finger.

    Raises:
        BadSignature: For anything else. The signature counts for nobody.
    """
    envelope = _open(armored)
    if not namespace or envelope.namespace != namespace.encode():
        shown = envelope.namespace[:60].decode("ascii", "replace")
        raise BadSignature(
            f"signed for the namespace {shown!r}, not for {namespace!r}",
            remedy=f"sign again with `ssh-keygen -Y sign -n {namespace}`",
        )
    # Before anything in the key is parsed: a stranger's key never reaches the cryptography.
    if envelope.key not in keys:
        raise BadSignature("signed by a key that is not enrolled", remedy="sign with the enrolled key")
    key = parse_key(envelope.key)
    check_signature(key, envelope.signature, _statement(envelope, message), require_uv=require_uv)
    return keys[envelope.key]


def signing_key(armored: bytes) -> bytes:
    """The blob of the key that a signature claims to be made with; nothing is verified.

    Raises:
        BadSignature: The envelope cannot be read.
    """
    return _open(armored).key


def public_key_blob(line: str) -> bytes:
    """The blob of a public key line, `ssh-ed25519 AAAA... comment`, as in a `.pub` file.

    Raises:
        BadKey: Not one such line, or a kind of key that may not be enrolled.
    """
    form = _KEY_LINE.fullmatch(line.removesuffix("\n"))
    if form is None:
        raise BadKey(f"not a public key line: {line[:60]!r}", remedy="paste the one line of the .pub file")
    name, encoded = form[1].encode(), form[2].encode()
    if name not in KINDS:
        raise BadKey(f"{form[1][:60]} may not be enrolled", remedy="use an Ed25519 or ECDSA key")
    try:
        blob = _base64(encoded)
        key = parse_key(blob)
    except BadSignature as error:
        raise BadKey(f"not a {form[1]} key: {error.reason}", remedy="paste the .pub file again") from error
    if key.kind.name != name:
        raise BadKey(f"the line says {form[1]}, the key is {key.kind.name.decode()}", remedy="paste it again")
    return blob


def _open(armored: bytes) -> _Envelope:
    fields = Reader(_base64(_dearmor(armored)))
    if fields.take(len(_MAGIC)) != _MAGIC or fields.uint32() != _VERSION:
        raise BadSignature("not an SSH signature of version 1")
    key, namespace, reserved, hash_name, signature = (fields.string() for _ in range(5))
    fields.end()
    if reserved:
        raise BadSignature("the reserved field is in use, and nothing here knows what for")
    if hash_name not in _HASHES:
        raise BadSignature("made with a hash that does not count", remedy="sign with -O hashalg=sha512")
    return _Envelope(key=key, namespace=namespace, hash_name=hash_name, signature=signature)


def _dearmor(armored: bytes) -> bytes:
    if len(armored) > MAX_SIGNATURE_BYTES:
        raise BadSignature(f"longer than {MAX_SIGNATURE_BYTES} bytes")
    form = _ARMOR.fullmatch(armored)
    if form is None:
        raise BadSignature("not exactly one armored SSH signature", remedy="keep the file as ssh-keygen wrote it")
    return form[1].replace(b"\n", b"")


def _base64(encoded: bytes) -> bytes:
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadSignature("not base64") from error
    # The decoder lets unused bits pass; writing it back finds every second spelling.
    if base64.b64encode(content) != encoded:
        raise BadSignature("not base64 in its only spelling")
    return content


def _statement(envelope: _Envelope, message: bytes) -> bytes:
    hashed = _HASHES[envelope.hash_name](message).digest()
    return _MAGIC + b"".join(map(string, (envelope.namespace, b"", envelope.hash_name, hashed)))
