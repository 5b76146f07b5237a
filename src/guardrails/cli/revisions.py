"""A declaration in two revisions of its git repository. Only git reads the repository, and nothing is checked out."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guardrails.errors import AuthorError

__all__ = ["revisions"]

_PLAIN = frozenset({"100644", "100755"})
"""The modes of files; the others are links and other repositories."""


@contextmanager
def revisions(declaration: Path, wanted: str) -> Iterator[tuple[Path, Path]]:
    """Where the declaration stands in each of `BASE..HEAD`, for as long as the context lasts.

    Raises:
        AuthorError: There is no repository, no such revision, or the declaration is not in it.
    """
    base, dots, head = wanted.partition("..")
    if not base or not dots or base.startswith("-") or head.startswith((".", "-")):
        raise AuthorError(f"--declaration {wanted} names no two revisions", remedy="write BASE..HEAD, such as origin/main..HEAD")
    folder = declaration if declaration.is_dir() else declaration.parent
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())
    within = declaration.resolve().relative_to(top.resolve())
    with tempfile.TemporaryDirectory(prefix="guardrails-gate-") as room:
        yield _unpacked(top, base, within, Path(room) / "base"), _unpacked(top, head or "HEAD", within, Path(room) / "head")


def _unpacked(top: Path, revision: str, within: Path, room: Path) -> Path:
    """Every file of a revision, as it was committed: what `git archive` leaves out by its attributes is in a checkout all the same."""
    commit = _git(top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    entries = [_entry(one) for one in _git(top, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0") if one]
    plain = [(name, path) for mode, name, path in entries if mode in _PLAIN]
    for mode, _, path in entries:
        if mode not in _PLAIN and path.is_relative_to(within):
            raise AuthorError(
                f"{path} in {revision} is no file of its own", remedy="commit the file itself, not a link or another repository"
            )
    for (_, path), content in zip(plain, _contents(top, [name for name, _ in plain]), strict=True):
        target = room / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    found = room / within
    if not found.exists():
        raise AuthorError(f"{within} is not in {revision}", remedy="name a declaration that both revisions have")
    return found


def _entry(line: bytes) -> tuple[str, str, Path]:
    """The mode, the name of the content, and the path."""
    said, _, path = line.partition(b"\t")
    mode, _, name = said.decode().split(" ")
    found = Path(os.fsdecode(path))
    if found.is_absolute() or ".." in found.parts:
        raise AuthorError(f"{found} leads out of the repository", remedy="look at who made that commit")
    return mode, name, found


def _contents(top: Path, names: list[str]) -> Iterator[bytes]:
    """The bytes of each, in the same order."""
    stream = io.BytesIO(_git(top, "cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode()))
    for name in names:
        told, kind, size = stream.readline().decode().split(" ")
        if (told, kind) != (name, "blob"):
            raise AuthorError(f"git gave no content of {name}", remedy="run git fsck in the repository of the declaration")
        yield stream.read(int(size))
        stream.read(1)


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        ended = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False, input=given)  # noqa: S603, S607  # no shell
    except OSError as error:
        raise AuthorError(f"git could not be run: {error.strerror}", remedy="install git") from error
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip()
        raise AuthorError(f"git {arguments[0]}: {said}", remedy="run it in the repository of the declaration, with both revisions fetched")
    return ended.stdout
