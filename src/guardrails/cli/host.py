"""The host file: what a change request must not be able to change. Without one, no claim of approval can be verified."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from guardrails.errors import DeclarationError, OperatorError
from guardrails.notation.document import read
from guardrails.notation.shape import Fields, Notes
from guardrails.trust.succession import Anchor

__all__ = ["read_host"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


def read_host(path: Path) -> Anchor | None:
    """The pinned roster; `None` when there is no host file.

    Raises:
        OperatorError: It cannot be read, or others could change it.
        DeclarationError: With every mistake in it.
    """
    try:
        with path.open("rb") as stream:
            # Of the file that was read, whatever is put in its place meanwhile.
            content, status = stream.read(), os.fstat(stream.fileno())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="let the user that runs guardrails read it") from error
    if status.st_uid not in {0, os.getuid()} or stat.S_IMODE(status.st_mode) & 0o022:
        raise OperatorError(f"{path}: others could change it", remedy=f"chown it to root and chmod go-w {path}")
    node, mistakes = read(content, str(path))
    notes = Notes(list(mistakes))
    fields = Fields(node, notes, "the host file")
    digest = fields.text("roster-digest", required=True)
    quorum, version = fields.text("minimum-quorum") or "1", fields.text("minimum-version") or "1"
    fields.done()
    if not _DIGEST.fullmatch(digest) or not _COUNT.fullmatch(quorum) or not _COUNT.fullmatch(version):
        notes.add(
            fields.place,
            "roster-digest is not a SHA-256, or minimum-quorum or minimum-version not a number from 1",
            'write the digest, and the numbers in quotes: "2"',
        )
    if notes.mistakes:
        raise DeclarationError(tuple(notes.mistakes))
    return Anchor(digest=digest, minimum_quorum=int(quorum), minimum_version=int(version))
