"""Secrets, which never print, and references to them, which may.

A declaration holds only references (`env:NAME`, `file:/path`); the value appears at the last call and lives in `Secret`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NoReturn

from guardrails.errors import SecretError

__all__ = ["HoldsSecret", "Secret", "SecretRef", "Source"]

_MAX_BYTES = 64 * 1024


class HoldsSecret:
    """What has a secret within, itself or in a connection: neither pickled nor copied, for the secret would go along in clear."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret, and cannot be pickled or copied")


class Secret(HoldsSecret):
    """A value that prints `***` everywhere and is read only by `reveal`."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self.__value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret is a way to guess it


class Source(Enum):
    """Where a reference leads."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"
    VAULT = "vault-secret"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A place where a secret is kept, such as `env:VAULT_TOKEN`; safe to print and to commit."""

    source: Source
    place: str

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """Read `env:NAME`, `file:/absolute/path`, `keyring:service/name` or `vault-secret:path#field`.

        Raises:
            SecretError: The text is not a reference; it may be a secret itself, so it is not repeated.
        """
        kind, colon, place = text.partition(":")
        known = {source.value: source for source in Source}
        if not colon or not place or kind not in known:
            raise SecretError(
                "a secret must be given by reference, and this is not one",
                remedy="write env:NAME, file:/absolute/path, keyring:service/name or vault-secret:path#field",
            )
        if known[kind] is Source.FILE and not place.startswith("/"):
            raise SecretError(f"file:{place} is not an absolute path", remedy="write file:/absolute/path")
        return cls(known[kind], place)

    def resolve(self) -> Secret:
        """Read the secret now.

        Raises:
            SecretError: Nothing is there, or others could read it.
        """
        match self.source:
            case Source.ENV:
                return _from_environment(self.place)
            case Source.FILE:
                return _from_file(Path(self.place))
            case Source.KEYRING | Source.VAULT:
                raise SecretError(f"{self}: this kind of reference cannot be read yet", remedy="use env: or file: for now")

    def __str__(self) -> str:
        return f"{self.source.value}:{self.place}"


def _from_environment(name: str) -> Secret:
    value = os.environ.get(name, "")
    if not value:
        raise SecretError(f"env:{name}: the variable is not set", remedy=f"set {name} for this run")
    return Secret(value)


def _from_file(path: Path) -> Secret:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretError(f"file:{path}: {error.strerror}", remedy="create it as a plain file, mode 0600, owned by you") from error
    with open(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in {os.getuid(), 0} or status.st_mode & 0o077:
            raise SecretError(
                f"file:{path}: not a plain file that only its owner can read",
                remedy=f"chown it to the user that runs guardrails and chmod 0600 {path}",
            )
        value = stream.read(_MAX_BYTES + 1)
    if not value or len(value) > _MAX_BYTES:
        raise SecretError(f"file:{path}: empty, or longer than 64 KiB", remedy="write the secret alone into it")
    try:
        return Secret(value.decode().rstrip("\r\n"))
    except UnicodeDecodeError:
        raise SecretError(f"file:{path}: not UTF-8 text", remedy="write the secret as text") from None
