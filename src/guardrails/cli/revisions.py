"""A declaration in two revisions of its git repository. Only git reads the repository, and nothing is checked out."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guardrails.errors import AuthorError

__all__ = ["revisions"]


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
    commit = _git(top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(_git(top, "archive", "--format=tar", commit))) as archive:
        archive.extractall(room, filter="data")
    found = room / within
    if not found.exists():
        raise AuthorError(f"{within} is not in {revision}", remedy="name a declaration that both revisions have")
    return found


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        ended = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603, S607  # no shell
    except OSError as error:
        raise AuthorError(f"git could not be run: {error.strerror}", remedy="install git") from error
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip()
        raise AuthorError(f"git {arguments[0]}: {said}", remedy="run it in the repository of the declaration, with both revisions fetched")
    return ended.stdout
