"""The patches of a plan as files: whole or not at all, and never over another file."""

from __future__ import annotations

import re
from pathlib import Path

from guardrails.errors import OperatorError
from guardrails.model.changes import Plan
from guardrails.reports.safe import show
from guardrails.trust.files import check_folder, publish

__all__ = ["write_patches"]

_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


def write_patches(plan: Plan, folder: Path) -> int:
    """Write each patch of a plan as a file of its own that `git apply` and `patch -p1` take, and return how many there are.

    Raises:
        OperatorError: The folder cannot be written, or holds another file of the name.
    """
    found = dict.fromkeys((patch, f"{held.control} {held.finding}") for held in plan.held for patch in held.patches if patch.diff)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{folder}: {error.strerror}", remedy="name a folder that can be written") from error
    check_folder(folder)
    for number, (patch, about) in enumerate(found, 1):
        name = _STRANGE.sub("-", patch.place)[:_LONGEST]
        told = f"{show(about)} at {show(patch.place)}\n" + (f"but: {show(patch.note)}\n" if patch.note else "")
        _write(folder / f"{number:03}-{about.partition(' ')[0]}-{name}.patch", f"{told}\n{patch.diff}".encode())
    return len(found)


def _write(path: Path, content: bytes) -> None:
    try:
        if path.is_symlink() or path.exists():
            if path.is_symlink() or path.read_bytes() != content:
                raise OperatorError(f"{path} is there already and says something else", remedy="name an empty folder")
        else:
            publish(path, content)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="name an empty folder that can be written") from error
