"""Signatures as an attacker would draw them: every kind of key, honest and not, spelled in every way that comes to mind."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from random import Random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from guardrails.trust.wire import string

__all__ = ["Case", "drawn"]

MESSAGE = b"a plan\n"
NAMESPACE = "guardrails-plan-v1@prod"
NAMESPACES = (NAMESPACE, "git", "guardrails-plan-v1@PROD", NAMESPACE + " ", NAMESPACE[:-1], "", "é", "*")
CURVES = {
    b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
KINDS = (
    b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com", b"ecdsa-sha2-nistp256", b"sk-ecdsa-sha2-nistp256@openssh.com",
    b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521", b"ssh-rsa",
)  # fmt: skip
FLAGS = (1, 5, 0, 4, 0x41, 0x81, 0xC5, 2, 0x11)
OPTIONS = (
    ("", True), (f'namespaces="{NAMESPACE}" ', True), (f'namespaces="git,{NAMESPACE}" ', True),
    ('namespaces="git" ', False), ("cert-authority ", False), ('valid-before="20990101" ', True), ('valid-before="20200101" ', False),
    ('valid-after="20200101" ', True), ('valid-after="20990101" ', False), ('valid-after="20200101",valid-before="20210101" ', False),
)  # fmt: skip
"""What may stand before a key in a file of allowed signers, and whether the key counts then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One signature, and who is believed.

    Attributes:
        message: What is said to be signed.
        armored: The signature.
        namespace: For what it is asked.
        key: The blob that is enrolled.
        allowed: The line of a file of allowed signers that says the same.
        counts: Whether that line lets the key count.
        flags: What the hardware said, where the signature was not changed afterwards.
        twists: What was done to it.
    """

    message: bytes
    armored: bytes
    namespace: str
    key: bytes
    allowed: str
    counts: bool
    flags: int | None
    twists: tuple[str, ...]


def _mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _padded(number: int) -> bytes:
    return string(b"\0" + number.to_bytes(number.bit_length() // 8 + 1, "big"))


@cache
def _private(kind: bytes, which: int):
    if kind == b"ssh-rsa":
        return rsa.generate_private_key(65537, 3072 if which else 4096)
    if b"ed25519" in kind:
        return Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[_curve(kind)][0])


def _curve(kind: bytes) -> bytes:
    return next(curve for curve in CURVES if curve in kind)


def _blob(kind: bytes, private, application: bytes) -> bytes:
    if kind == b"ssh-rsa":
        numbers = private.public_key().public_numbers()
        return string(kind) + _mpint(numbers.e) + _mpint(numbers.n)
    if b"ed25519" in kind:
        own = string(private.public_key().public_bytes_raw())
    else:
        numbers, curve = private.public_key().public_numbers(), _curve(kind)
        size = (numbers.curve.key_size + 7) // 8
        own = string(curve) + string(b"\4" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big"))
    return string(kind) + own + (string(application) if kind.startswith(b"sk-") else b"")


class _Drawer:
    """One case in the making. `rate` says how odd it may be: of every choice the sound one is the first."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.rate, self.twists = dice, dice.choice((0.0, 0.3, 0.3, 1.0)), list[str]()
        self.kind, self.which = dice.choice(KINDS), dice.randrange(2)
        self.application = dice.choice((b"ssh:", b"ssh:", b"ssh:work", b""))
        self.private = _private(self.kind, self.which)
        self.key = _blob(self.kind, self.private, self.application)
        self.flags: int | None = None

    def odd(self, chance: float) -> bool:
        return self.dice.random() < chance * self.rate

    def one(self, choices, chance: float):
        """The first, or by a chance any other."""
        return self.dice.choice(choices[1:]) if self.odd(chance) else choices[0]

    def raw(self, statement: bytes) -> tuple[bytes, bytes]:
        """The algorithm and the raw signature."""
        if self.kind == b"ssh-rsa":
            names = {b"rsa-sha2-512": hashes.SHA512(), b"rsa-sha2-256": hashes.SHA256(), b"ssh-rsa": hashes.SHA1()}  # noqa: S303  # to be refused
            name = self.one(tuple(names), 0.4)
            self.twists.append(name.decode())
            return name, self.private.sign(statement, padding.PKCS1v15(), names[name])
        if b"ed25519" in self.kind:
            return self.kind, self.private.sign(statement)
        r, s = utils.decode_dss_signature(self.private.sign(statement, ec.ECDSA(CURVES[_curve(self.kind)][1])))
        spelled = self.one((_mpint, _padded), 0.15)
        self.twists.append(spelled.__name__)
        return self.kind, spelled(r) + spelled(s)

    def envelope(self) -> bytes:
        """A blob that is signed over exactly what it says."""
        namespace = self.one(NAMESPACES, 0.15).encode()
        hash_name = self.one((b"sha512", b"sha256", b"sha256", b"sha384", b"sha1"), 0.4)
        reserved, version, head = self.one((b"", b"x"), 0.06), self.one((1, 0, 2, 2**31), 0.06), self.one((b"SSHSIG", b"SSHSIX"), 0.02)
        hashed = hashlib.new(hash_name.decode(), MESSAGE).digest()
        statement = b"SSHSIG" + b"".join(map(string, (namespace, b"", hash_name, hashed)))  # reserved or not, as ssh-keygen has it
        told = b""
        if self.kind.startswith(b"sk-"):
            self.flags = self.one(FLAGS, 0.6)
            told = bytes([self.flags]) + self.dice.randbytes(4)
            statement = hashlib.sha256(self.application).digest() + told + hashlib.sha256(statement).digest()
            told += self.one((b"", b"x"), 0.06)
        name, raw = self.raw(statement)
        signature = string(self.one((name, *KINDS), 0.03)) + string(raw) + told
        fields = b"".join(map(string, (self.key, namespace, reserved, hash_name, signature)))
        return head + version.to_bytes(4, "big") + fields + self.one((b"", b"tail"), 0.03)

    def changed(self, content: bytes, twist: str) -> bytes:
        self.flags = None
        self.twists.append(twist)
        return _bytes_changed(self.dice, content)

    def armor(self, blob: bytes) -> bytes:
        text, width = base64.b64encode(blob), self.one((70, 1, 64, 76, 77, 4096), 0.1)
        self.twists.append(f"lines of {width}")
        lines = [text[at : at + width] for at in range(0, len(text), width)]
        plain = b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])
        name, spelled = self.one((("plain", plain), *_spellings(plain)), 0.15)
        self.twists.append(name)
        return spelled


def _bytes_changed(dice: Random, content: bytes) -> bytes:
    if not content:  # an earlier change took all of it
        return dice.randbytes(dice.randrange(1, 5))
    at = dice.randrange(len(content))
    match dice.randrange(6):
        case 0 | 1:
            return content[:at] + bytes([content[at] ^ dice.choice((1, 2, 4, 8, 16, 32, 64, 128))]) + content[at + 1 :]
        case 2:
            return content[:at]
        case 3:
            return content[:at] + dice.randbytes(dice.randrange(1, 5)) + content[at:]
        case 4:
            return content[:at] + content[at + dice.randrange(1, 5) :]
        case _:
            return content[:at] + bytes(dice.randrange(1, 9)) + content[at + 8 :]


def _spellings(plain: bytes) -> tuple[tuple[str, bytes], ...]:
    """The same signature in another armor."""
    return (
        ("CRLF", plain.replace(b"\n", b"\r\n")),
        ("junk before", b"junk\n" + plain),
        ("junk behind", plain + b"junk\n"),
        ("twice", plain * 2),
        ("no end of line", plain[:-1]),
        ("lower case", plain.lower()),
        ("blanks", plain.replace(b"\n", b" \n")),
        ("tabs within", plain[:60] + b"\t" + plain[60:]),
        ("no padding", plain.replace(b"=", b"")),
        ("more padding", plain.replace(b"\n-----END", b"=\n-----END")),
        ("zero byte", plain + b"\0"),
        ("no footer", plain.partition(b"-----END")[0]),
        ("loose bits", _loose(plain)),
    )


def _loose(plain: bytes) -> bytes:
    """The last letter before the padding with bits that mean nothing."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(plain.partition(b"\n-----END")[0].rstrip(b"=\n")) - 1
    place = letters.find(plain[at : at + 1])
    return plain[:at] + letters[place ^ 1 :][:1] + plain[at + 1 :] if place >= 0 and b"=" in plain[at:] else plain


def drawn(dice: Random) -> Case:
    """One case, sound or odd in a few ways."""
    made = _Drawer(dice)
    blob = made.envelope()
    for _ in range(made.one((0, 1, 1, 2), 0.5)):
        blob = made.changed(blob, "bytes")
    armored = made.armor(blob)
    if made.odd(0.08):
        armored = made.changed(armored, "armored bytes")
    enrolled = _blob(made.kind, _private(made.kind, 1 - made.which), made.application) if made.odd(0.05) else made.key
    options, counts = made.one(OPTIONS, 0.5)
    asked = made.one(NAMESPACES, 0.15)
    if "namespaces" in options:
        counts = f'"{asked}"' in options.replace(",", '","')
    return Case(
        message=_bytes_changed(dice, MESSAGE) if made.odd(0.05) else MESSAGE,
        armored=armored,
        namespace=asked,
        key=enrolled,
        allowed=f"someone {options}{made.kind.decode()} {base64.b64encode(enrolled).decode()}\n",
        counts=counts,
        flags=made.flags,
        twists=tuple(made.twists),
    )
