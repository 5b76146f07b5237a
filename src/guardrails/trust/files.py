"""Opens files that others can write next to, and writes files that nobody may see half-written."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from guardrails.trust.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

__all__ = ["check_folder", "check_private", "names_in", "opened_folder", "opened_own", "publish", "read_file", "read_plain"]

_COMMITTED_MODE = 0o644


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """The descriptor of a folder, so that its files are opened in it and not in whatever is put in its place meanwhile.

    Raises:
        UnreadableFile: Not a folder, a link, or not allowed; never the same as an empty one.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableFile(f"{folder}: {error.strerror}", remedy="make it a folder, not a link, that guardrails may read") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def names_in(folder: int) -> tuple[str, ...]:
    """The names in an opened folder, in order."""
    return tuple(sorted(os.listdir(folder)))


def read_plain(name: str, folder: int, limit: int) -> bytes:
    """The content of a plain file in an opened folder.

    Raises:
        UnreadableFile: Absent, not allowed, a link, a pipe or a device, or longer than `limit` bytes.
    """
    try:
        # Without O_NONBLOCK a named pipe would hold the run until somebody writes into it.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        # Raw, for `open` refuses the descriptor of a folder without closing it.
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableFile(f"{name}: not a plain file", remedy="replace it by a plain file")
            with open(descriptor, "rb", closefd=False) as stream:
                content = stream.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnreadableFile(f"{name}: {error.strerror}", remedy="make it a plain file that guardrails may read") from error
    if len(content) > limit:
        raise UnreadableFile(f"{name}: longer than {limit} bytes", remedy="replace it by the right file")
    return content


def read_file(path: Path, limit: int) -> bytes:
    """Like `read_plain`, for one file by its path."""
    with opened_folder(path.parent) as folder:
        return read_plain(path.name, folder, limit)


@contextmanager
def opened_own(path: Path) -> Iterator[IO[bytes]]:
    """A file that nobody but its owner, who is this user or root, could have written, in a folder where nobody could put another one.

    Raises:
        UnreadableFile: Absent, not allowed, a link, a pipe or a device; or others could have written it.
    """
    check_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}", remedy="make it a plain file that guardrails may read") from error
    try:
        _check(descriptor, path, others=stat.S_IWGRP | stat.S_IWOTH)
        with open(descriptor, "rb", closefd=False) as stream:
            yield stream
    finally:
        os.close(descriptor)


def check_private(descriptor: int, path: Path) -> None:
    """An opened file is one that nobody but its owner, who is this user or root, can read or write.

    Raises:
        UnreadableFile: It is not.
    """
    _check(descriptor, path, others=stat.S_IRWXG | stat.S_IRWXO)


def check_folder(folder: Path) -> None:
    """Nobody else can take a file of ours out of a folder, or put another one in its place.

    Raises:
        UnreadableFile: Somebody can, or it cannot be told.
    """
    try:
        mode = folder.stat().st_mode
    except OSError as error:
        raise UnreadableFile(f"{folder}: {error.strerror}", remedy="name a folder that guardrails may read") from error
    # in a folder with the sticky bit, such as /tmp, everybody may add files and nobody may touch those of others
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise UnreadableFile(f"{folder}: everybody can change what lies in it", remedy=f"chmod o-w {folder}, or use another folder")


def _check(descriptor: int, path: Path, *, others: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise UnreadableFile(f"{path}: not a plain file of one name", remedy="replace it by a plain file, not a link")
    if status.st_uid not in {os.getuid(), 0} or status.st_mode & others:
        what = "read or change" if others & stat.S_IROTH else "change"
        raise UnreadableFile(
            f"{path}: others could {what} it", remedy=f"look at it, then chown it to who runs guardrails and chmod 0600 {path}"
        )


def publish(path: Path, content: bytes) -> None:
    """Make a new file appear whole and durable, readable by all, or not at all.

    Raises:
        FileExistsError: Something of that name is there; it is left as it is.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(descriptor, _COMMITTED_MODE)
            os.fsync(descriptor)
        # A link, unlike a rename, fails where a file already is.
        os.link(draft, path, follow_symlinks=False)
    finally:
        Path(draft).unlink()
    with opened_folder(path.parent) as folder:
        os.fsync(folder)
