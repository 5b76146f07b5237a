"""Public keys and raw signatures of OpenSSH: which kinds count, and the check of one signature over one statement.

Knows Ed25519 and ECDSA, each also as a FIDO hardware key, and RSA of 3072 bits and more with SHA-512. DSA, SHA-1, certificates and
webauthn are refused on purpose: members can have something better. `cryptography` is imported at the first check, so that reading a
roster's nouns costs nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrails.trust.errors import BadSignature
from guardrails.trust.wire import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["KINDS", "KeyKind", "PublicKey", "check_signature", "parse_key"]

_RSA = b"ssh-rsa"
_EXPONENT = 65537
_SHORTEST_RSA = 3072
_LONGEST_RSA = 8192
_USER_PRESENT = 0x01
_USER_VERIFIED = 0x04
_EXTENSIONS = 0xC0
"""Attested data and extension data: they would stand behind the counter, where nothing here reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyKind:
    """A kind of key, with the only signature algorithm that counts for it.

    Attributes:
        name: As in the first word of a public key line.
        algorithm: As in a signature. For all kinds but RSA it is the name again; RSA's own name means SHA-1 there.
        curve: OpenSSH's name of the curve, or empty for Ed25519 and RSA.
        is_hardware: The private half lives in a FIDO authenticator.
    """

    name: bytes
    algorithm: bytes
    curve: bytes
    is_hardware: bool


KINDS: Final = {
    name: KeyKind(name=name, algorithm=algorithm or name, curve=curve, is_hardware=name.startswith(b"sk-"))
    for name, curve, algorithm in (
        (b"ssh-ed25519", b"", b""),
        (b"sk-ssh-ed25519@openssh.com", b"", b""),
        (b"ecdsa-sha2-nistp256", b"nistp256", b""),
        (b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b""),
        (b"ecdsa-sha2-nistp384", b"nistp384", b""),
        (b"ecdsa-sha2-nistp521", b"nistp521", b""),
        (_RSA, b"", b"rsa-sha2-512"),
    )
}
"""Every kind of key that can be enrolled; a new one is a row here and a branch in `parse_key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that was read from its blob and lies on its curve.

    Attributes:
        kind: What it is.
        application: What a hardware key is bound to (`ssh:`); empty for others.
        holds: Whether a raw signature over a statement is this key's own; raises `BadSignature` when not.
    """

    kind: KeyKind
    application: bytes
    holds: Callable[[bytes, bytes], None]


def parse_key(blob: bytes) -> PublicKey:
    """Read a public key blob.

    Raises:
        BadSignature: The kind does not count, or the blob is not a key of its kind.
    """
    fields = Reader(blob)
    kind = KINDS.get(name := fields.string())
    if kind is None:
        raise BadSignature(
            f"{name[:40].decode('ascii', 'replace')} is not a kind of key that counts",
            remedy="use an Ed25519 or ECDSA key, best of all one on a hardware token",
        )
    if kind.curve:
        holds = _ecdsa(kind, fields)
    elif kind.name == _RSA:
        holds = _rsa(fields)
    else:
        holds = _ed25519(fields)
    application = fields.string() if kind.is_hardware else b""
    fields.end()
    return PublicKey(kind=kind, application=application, holds=holds)


def check_signature(key: PublicKey, blob: bytes, statement: bytes, *, require_uv: bool) -> None:
    """Check one signature blob of `key` over `statement`.

    Args:
        key: The key that must have signed.
        blob: The signature as it stands in the envelope: algorithm, raw signature, and the flags of a hardware key.
        statement: The bytes that were signed.
        require_uv: Demand a hardware key that checked its user by PIN or finger, not only a touch.

    Raises:
        BadSignature: It is not.
    """
    fields = Reader(blob)
    if fields.string() != key.kind.algorithm:
        raise BadSignature(f"the signature is not made with {key.kind.algorithm.decode()}", remedy="sign with a current ssh-keygen")
    raw = fields.string()
    if key.kind.is_hardware:
        statement = _authenticator_statement(fields, key.application, statement, require_uv=require_uv)
    elif require_uv:
        raise BadSignature(
            "the key is not on a hardware token, and the roster asks for a PIN or a finger",
            remedy="sign with the hardware key that is enrolled",
        )
    fields.end()
    key.holds(raw, statement)


def _authenticator_statement(fields: Reader, application: bytes, statement: bytes, *, require_uv: bool) -> bytes:
    """What a FIDO authenticator signs in place of the statement (PROTOCOL.u2f)."""
    flags, counter = fields.take(1), fields.take(4)
    # `ssh-keygen -Y verify` says "Good" to a signature without touch; malware on the laptop could have made it.
    if not flags[0] & _USER_PRESENT:
        raise BadSignature("the hardware key was not touched", remedy="sign again and touch the key")
    if require_uv and not flags[0] & _USER_VERIFIED:
        raise BadSignature(
            "the hardware key did not ask for a PIN or a finger",
            remedy="enrol a key made with `ssh-keygen -O verify-required` and sign with it",
        )
    if flags[0] & _EXTENSIONS:
        raise BadSignature("the hardware key added data that nothing checks")
    return hashlib.sha256(application).digest() + flags + counter + hashlib.sha256(statement).digest()


def _ed25519(fields: Reader) -> Callable[[bytes, bytes], None]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # lazy by rule

    point = fields.string()
    try:
        public: Ed25519PublicKey = Ed25519PublicKey.from_public_bytes(point)
    except ValueError as error:
        raise BadSignature("the key is not 32 bytes long") from error
    return lambda raw, statement: _settle(lambda: public.verify(raw, statement))


def _rsa(fields: Reader) -> Callable[[bytes, bytes], None]:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  # lazy by rule
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415  # lazy by rule

    exponent, modulus = fields.positive_mpint(), fields.positive_mpint()
    # Every key of ssh-keygen has this exponent; a huge one would only make verifying slow.
    if exponent != _EXPONENT or not _SHORTEST_RSA <= modulus.bit_length() <= _LONGEST_RSA:
        raise BadSignature(f"the RSA key has not from {_SHORTEST_RSA} to {_LONGEST_RSA} bits", remedy="use an Ed25519 key")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return lambda raw, statement: _settle(lambda: public.verify(raw, statement, padding.PKCS1v15(), hashes.SHA512()))


def _ecdsa(kind: KeyKind, fields: Reader) -> Callable[[bytes, bytes], None]:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  # lazy by rule
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415  # lazy by rule

    curve, algorithm = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }[kind.curve]
    if fields.string() != kind.curve:
        raise BadSignature("the key names another curve than its kind has")
    public = _point(curve, fields.string())

    def holds(raw: bytes, statement: bytes) -> None:
        numbers = Reader(raw)
        encoded = utils.encode_dss_signature(numbers.positive_mpint(), numbers.positive_mpint())
        numbers.end()
        _settle(lambda: public.verify(encoded, statement, ec.ECDSA(algorithm)))

    return holds


def _point(curve: EllipticCurve, encoded: bytes) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  # lazy by rule

    # OpenSSH knows uncompressed points only; a compressed one would be a second spelling of the same key.
    if encoded[:1] != b"\x04":
        raise BadSignature("the key is not an uncompressed point")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, encoded)
    except ValueError as error:
        raise BadSignature("the key is not a point on its curve") from error


def _settle(verify: Callable[[], None]) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # lazy by rule

    try:
        verify()
    except InvalidSignature as error:
        raise BadSignature(
            "the signature does not fit these bytes",
            remedy="the file was changed after signing: read it, and sign it again if you agree",
        ) from error
