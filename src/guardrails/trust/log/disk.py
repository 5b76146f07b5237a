"""Writes that are on the disk when they return. Every one raises `OSError` and nothing else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["cut_torn", "replace", "sync_folder", "truncate", "write"]


def write(descriptor: int, content: bytes) -> None:
    """All of it, in as many writes as it takes."""
    while content:
        content = content[os.write(descriptor, content) :]


def replace(path: Path, content: bytes) -> None:
    """A file that is whole whenever somebody looks."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        try:
            write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        Path(draft).rename(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def cut_torn(path: Path) -> None:
    """Take a last line without its end away."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        truncate(path, whole)


def truncate(path: Path, size: int) -> None:
    """Take what is behind away, for good."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
