"""Starts OpenLDAP's slapd on free loopback ports over a directory given as LDIF, and ends it by its process id."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from guardrails.errors import OperatorError
from guardrails.testing.servers import free_port, started

__all__ = ["Slapd", "slapd"]

_SCHEMAS = Path("/etc/ldap/schema")
_MODULES = Path("/usr/lib/ldap")
_PATH = f"{os.defpath}:/usr/local/sbin:/usr/sbin:/sbin"
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_ROOT = "cn=root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slapd:
    """A running server.

    Attributes:
        ldap: Its address in clear text, which StartTLS can turn to TLS.
        ldaps: Its address over TLS, by the name `localhost` that its certificate carries.
        ca: The file with the authority of that certificate.
        root: The name that may do everything.
        password: Of the root.
    """

    ldap: str
    ldaps: str
    ca: str
    root: str
    password: str
    config: str

    @property
    def version(self) -> str:
        """Such as `2.5.13+dfsg-5`."""
        said = subprocess.run([_program("slapd"), "-VV"], capture_output=True, check=False, stdin=subprocess.DEVNULL).stderr.decode()  # noqa: S603  # no shell
        found = re.search(r"slapd (\S+)", said)
        return found[1] if found else "of an unknown version"

    def export(self, suffix: str = "") -> bytes:
        """The directory as LDIF, as `slapcat` writes it; or another database that `settings` made."""
        return _run("slapcat", "-f", self.config, *(("-b", suffix) if suffix else ()))


@contextlib.contextmanager
def slapd(suffix: str, ldif: str, *, password: str, settings: Sequence[str] = (), modules: Sequence[str] = ()) -> Iterator[Slapd]:
    """A fresh server that holds the entries of an LDIF.

    Args:
        suffix: Under which they all are.
        ldif: The entries, parents first.
        password: Of the root.
        settings: Further lines of slapd.conf(5) for the database, such as limits and access.
        modules: Overlays to load, such as `memberof`; `settings` turn them on.

    Raises:
        OperatorError: slapd is not installed, refuses the entries, or does not answer.
    """
    program = _program("slapd")
    with tempfile.TemporaryDirectory(prefix="slapd-") as name:
        folder = Path(name)
        _certificate(folder)
        config = folder / "slapd.conf"
        config.write_text(_config(folder, suffix, password, settings, modules))
        (folder / "db").mkdir()
        (folder / "all.ldif").write_text(ldif)
        _run("slapadd", "-q", "-f", str(config), "-l", str(folder / "all.ldif"))
        plain, encrypted = free_port(), free_port()
        listening = f"ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{encrypted}/"
        with started([program, "-f", str(config), "-h", listening, "-d", "0"], plain):
            yield Slapd(
                ldap=f"ldap://127.0.0.1:{plain}",
                ldaps=f"ldaps://localhost:{encrypted}",
                ca=str(folder / "certificate.pem"),
                root=f"{_ROOT},{suffix}",
                password=password,
                config=str(config),
            )


def _config(folder: Path, suffix: str, password: str, settings: Sequence[str], modules: Sequence[str]) -> str:
    schemas = ("core", "cosine", "nis", "inetorgperson", "dyngroup")
    lines = [f"include {_SCHEMAS / name}.schema" for name in schemas]
    lines += [f"modulepath {_MODULES}", *(f"moduleload {name}" for name in ("back_mdb", *modules))]
    lines += [f"TLSCertificateFile {folder / 'certificate.pem'}", f"TLSCertificateKeyFile {folder / 'key.pem'}"]
    lines += [
        "database mdb",
        "maxsize 1073741824",
        f'suffix "{suffix}"',
        f'rootdn "{_ROOT},{suffix}"',
        f"rootpw {password}",
        f"directory {folder / 'db'}",
    ]
    return "\n".join([*lines, *settings, ""])


def _certificate(folder: Path) -> None:
    """A certificate for localhost that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "slapd for tests")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), _EPOCH, _EPOCH + timedelta(days=36500))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise OperatorError(f"{name} is not installed", remedy="install the packages slapd and ldap-utils")
    return found


def _run(name: str, *arguments: str) -> bytes:
    done = subprocess.run([_program(name), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603  # no shell
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise OperatorError(f"{name} ended with {done.returncode}: {said}", remedy="correct the entries or the settings that it was given")
    return done.stdout
