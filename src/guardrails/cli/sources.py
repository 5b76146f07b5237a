"""The files of one call, each read once: what is judged is what is told by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from guardrails.errors import AuthorError
from guardrails.trust.canonical import sha256_hex

__all__ = ["Sources", "digest_of_folder"]

_READ = frozenset({".yaml", ".yml"})


class Sources:
    """Files by path, as they were when they were read first; `known` were read, and opened, elsewhere."""

    def __init__(self, known: Mapping[Path, bytes] = MappingProxyType({})) -> None:
        self._read = dict(known)

    def read(self, path: Path) -> bytes:
        """The bytes of a file.

        Raises:
            AuthorError: It cannot be read.
        """
        if path not in self._read:
            try:
                self._read[path] = path.read_bytes()
            except OSError as error:
                raise AuthorError(f"{path}: {error.strerror}", remedy="name a file that can be read") from error
        return self._read[path]

    def text(self, path: Path) -> str:
        """The same as text.

        Raises:
            AuthorError: It cannot be read, or is not UTF-8.
        """
        try:
            return self.read(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise AuthorError(f"{path}: not UTF-8", remedy="name a document in UTF-8") from error

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file; of one that was not read yet, once it is."""
        return sha256_hex(self.read(path))

    def digests(self) -> dict[str, str]:
        """The SHA-256 of each, by its path as it was given."""
        return {str(path): sha256_hex(content) for path, content in self._read.items()}


def digest_of_folder(path: Path) -> str:
    """One SHA-256 for a declaration: of the digests of its files, sorted by their names.

    What begins with a dot is no part of it, unless it is YAML: that is read wherever it lies.
    """
    if path.is_file():
        return sha256_hex(path.read_bytes())
    found = sorted(one.relative_to(path) for one in path.rglob("*") if one.is_file())
    kept = [one for one in found if one.suffix in _READ or not any(part.startswith(".") for part in one.parts)]
    return sha256_hex("\n".join(f"{sha256_hex((path / one).read_bytes())}  {one.as_posix()}" for one in kept).encode())
