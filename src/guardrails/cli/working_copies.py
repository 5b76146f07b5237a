"""Working copies of what other tools make objects of: read once, never followed out of their folder, never written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from guardrails.cli.options import progress
from guardrails.errors import AuthorError
from guardrails.model.written import WorkingCopy
from guardrails.trust.errors import UnreadableFile
from guardrails.trust.files import read_file, read_plain
from guardrails.written.state import known_of

__all__ = ["working_copies"]

_ENDS = {"terraform": (".tf", ".tf.json", ".json", ".tfvars"), "cloudformation": (".json", ".yaml", ".yml", ".template")}
_MOST_BYTES, _MOST_ALL, _MOST_FILES = 1024 * 1024, 64 * 1024 * 1024, 20_000
_MOST_STATE = 256 * 1024 * 1024
_PASSED = frozenset({"node_modules", "vendor", "__pycache__"})
_REMEDY = "write KIND=FOLDER, such as terraform=infra, or terraform=infra,state.json"


def working_copies(texts: tuple[str, ...]) -> tuple[WorkingCopy, ...]:
    """What is named as `KIND=FOLDER`, or as `KIND=FOLDER,STATE` with what Terraform says of what it made.

    Raises:
        AuthorError: A kind that there is not, no folder, or one that is too large.
    """
    return tuple(map(_copy, texts))


def _copy(text: str) -> WorkingCopy:
    kind, _, place = text.partition("=")
    if kind not in _ENDS or not place:
        raise AuthorError(f"--source {text} names no kind and folder", remedy=_REMEDY)
    name, _, state = place.partition(",")
    if state and kind != "terraform":
        raise AuthorError(f"--source {text}: only Terraform has a state", remedy=_REMEDY)
    folder = Path(name)
    if not folder.is_dir():
        raise AuthorError(f"{name} is no folder", remedy=_REMEDY)
    known = known_of(_whole(Path(state)), state) if state else {}
    files: dict[str, str] = {}
    unread: dict[str, str] = {}
    size = 0
    for path, read in _files(folder, _ENDS[kind]):
        if isinstance(read, str):
            files[path] = read
            size += len(read)
        else:
            unread[path] = read.message.partition(": ")[2]
        if size > _MOST_ALL or len(files) > _MOST_FILES:
            raise AuthorError(f"{name} holds more than {_MOST_FILES} files or 64 MiB of sources", remedy="name a smaller folder")
    if not files:
        raise AuthorError(f"{name}: no sources of {kind} are below it", remedy=f"name a folder with {' or '.join(_ENDS[kind])}")
    told = f", and {len(unread)} were not read: {', '.join(sorted(unread)[:3])}" if unread else ""
    progress(f"sources of {kind}: {len(files)} files below {name}{told}")
    return WorkingCopy(kind=kind, files=files, unread=unread, known=known)


def _whole(path: Path) -> bytes:
    try:
        return read_file(path, _MOST_STATE)
    except UnreadableFile as error:
        raise AuthorError(error.message, remedy=error.remedy) from error


def _files(folder: Path, ends: tuple[str, ...]) -> Iterator[tuple[str, str | UnreadableFile]]:
    """Every source below a folder by its path; links are told and not followed, for they lead elsewhere."""
    for where, folders, names, descriptor in os.fwalk(folder, onerror=_refused):
        inner = os.path.relpath(where, folder)
        base = "" if inner == "." else f"{inner}/"
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _PASSED)
        for name in folders:
            if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                yield f"{base}{name}", UnreadableFile(f"{name}: it is a link")
        for name in sorted(name for name in names if name.endswith(ends)):
            yield f"{base}{name}", _text(name, descriptor)


def _refused(error: OSError) -> None:
    raise AuthorError(f"{error.filename}: {error.strerror}", remedy="let the user that runs guardrails read it") from error


def _text(name: str, folder: int) -> str | UnreadableFile:
    try:
        return read_plain(name, folder, _MOST_BYTES).decode()
    except UnreadableFile as error:
        return error
    except UnicodeDecodeError:
        return UnreadableFile(f"{name}: it is not UTF-8")
