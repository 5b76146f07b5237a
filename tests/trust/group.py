"""A security group with real keys, and signatures made past every guard of the library, as an attacker would."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from guardrails.trust.records import RECORD_NAMESPACE
from guardrails.trust.roster import digest
from guardrails.trust.succession import Anchor
from guardrails.trust.wire import string

KINDS = {
    "dana": ["ed25519"], "dana2": ["ed25519"], "erin": ["ecdsa"], "femi": ["ed25519"], "gail": ["rsa", "-b", "3072"],
    "p384": ["ecdsa", "-b", "384"], "p521": ["ecdsa", "-b", "521"], "stranger": ["ed25519"], "short": ["rsa", "-b", "2048"],
}  # fmt: skip


def make_keys(room: Path) -> Path:
    """Each room has its own files, and all the same keys: to find the primes of two takes seconds."""
    for name, content in _made_once().items():
        path = room / name
        path.touch(mode=0o644 if path.suffix else 0o600)
        path.write_bytes(content)
    return room


@cache
def _made_once() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        for key, kind in KINDS.items():
            subprocess.run(["ssh-keygen", "-q", "-t", *kind, "-N", "", "-C", "", "-f", str(room / key)], check=True)
        return {path.name: path.read_bytes() for path in room.iterdir()}


def line(keys: Path, name: str) -> str:
    return " ".join((keys / f"{name}.pub").read_text().split()[:2])


def made(message: bytes, key: Path, namespace: str) -> bytes:
    """What `ssh-keygen -Y sign` writes."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace]
    return subprocess.run(command, input=message, capture_output=True, check=True).stdout


def put(path: Path, key: Path, member: str, namespace: str = RECORD_NAMESPACE) -> None:
    path.with_name(f"{path.name}.{member}.sig").write_bytes(made(path.read_bytes(), key, namespace))


def theirs(message: bytes, armored: bytes, namespace: str, public_line: str, room: Path) -> bool:
    """Whether `ssh-keygen -Y verify` says so."""
    (room / "allowed").write_text(f"someone {public_line}\n")
    (room / "c.sig").write_bytes(armored)
    command = ["ssh-keygen", "-Y", "verify", "-f", str(room / "allowed"), "-I", "someone", "-n", namespace, "-s", str(room / "c.sig")]
    return subprocess.run(command, input=message, capture_output=True, check=False).returncode == 0


def opened(armored: bytes) -> bytes:
    return base64.b64decode(b"".join(armored.splitlines()[1:-1]))


def armor(blob: bytes) -> bytes:
    text = base64.b64encode(blob)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])


def envelope(key, signature, *, namespace=b"t", hash_name=b"sha512", magic=b"SSHSIG", version=1, reserved=b"", tail=b""):
    fields = b"".join(map(string, (key, namespace, reserved, hash_name, signature)))
    return armor(magic + version.to_bytes(4, "big") + fields + tail)


def member(keys: Path, name: str, *own: str, **more: object) -> dict[str, object]:
    return {"id": name, "keys": [line(keys, key) for key in own or (name,)], "from": "2026-01-01", "until": None, "revoked": None, **more}


def roster(members: list[dict[str, object]], **more: object) -> dict[str, object]:
    return {
        "schema": "guardrails.roster/1", "version": 1, "on": "2026-01-01", "members": members, "thresholds": {"record": 2, "roster": 2},
        "max_ttl": None, "require_uv": False, "expires": "2027-12-31", "previous": None, **more,
    }  # fmt: skip


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))
    return path


def anchor(path: Path, **more: int) -> Anchor:
    return Anchor(digest=digest(path.read_bytes()), **{"minimum_quorum": 2, **more})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
