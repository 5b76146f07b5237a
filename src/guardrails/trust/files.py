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

__all__ = ["names_in", "opened_folder", "publish", "read_file", "read_plain"]

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
