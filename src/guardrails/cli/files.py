"""Writes files whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from guardrails.errors import OperatorError
from guardrails.trust.files import check_folder
from guardrails.trust.log.disk import sync_folder

__all__ = ["replaced", "write_parts", "write_private", "write_public", "written_new"]


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only.

    Raises:
        OperatorError: The folder cannot be written.
    """
    _replace(path, [text.encode()], 0o600)


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Likewise, of bytes that come part by part.

    Raises:
        OperatorError: The folder cannot be written, or others could put another file in its place.
    """
    check_folder(path.parent)
    _replace(path, parts, 0o600)


def write_public(path: Path, text: str) -> None:
    """Replace a file at once, readable by everybody: for what holds nothing private and another program collects.

    Raises:
        OperatorError: The folder cannot be written.
    """
    _replace(path, [text.encode()], 0o644)


def replaced(path: Path, text: str) -> None:
    """Replace a file at once; its mode stays.

    Raises:
        OperatorError: The folder cannot be written.
    """
    _replace(path, [text.encode()], stat.S_IMODE(path.stat().st_mode))


def _replace(path: Path, parts: Iterable[bytes], mode: int) -> None:
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")  # 0600 from the first byte
        try:
            with open(descriptor, "wb") as stream:
                stream.writelines(parts)
                stream.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            Path(draft).replace(path)
            sync_folder(path.parent)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="name a file in a folder that can be written") from error


def written_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        OperatorError: It is there, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="name another folder; nothing is overwritten") from error
