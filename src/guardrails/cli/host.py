"""The host file: what a change request must not be able to change. Without one no approval can be verified, and nothing is logged."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from guardrails.connectors.vault.lease import LeasePlace, read_place
from guardrails.errors import DeclarationError, OperatorError
from guardrails.notation.document import read
from guardrails.notation.shape import Fields, Notes
from guardrails.trust.succession import Anchor

__all__ = ["NOTHING_PINNED", "Host", "read_host"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Host:
    """The pinned roster, the folder in which guardrails keeps what it must remember, and the lease that other hosts see too."""

    anchor: Anchor | None = None
    state: Path | None = None
    lease: LeasePlace | None = None


NOTHING_PINNED = Host()
"""What holds without a host file."""


def read_host(path: Path) -> Host:
    """What the host file says; `NOTHING_PINNED` when there is none.

    Raises:
        OperatorError: It cannot be read, or others could change it.
        DeclarationError: With every mistake in it.
    """
    try:
        with path.open("rb") as stream:
            # Of the file that was read, whatever is put in its place meanwhile.
            content, status = stream.read(), os.fstat(stream.fileno())
    except FileNotFoundError:
        return NOTHING_PINNED
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="let the user that runs guardrails read it") from error
    if status.st_uid not in {0, os.getuid()} or stat.S_IMODE(status.st_mode) & 0o022:
        raise OperatorError(f"{path}: others could change it", remedy=f"chown it to root and chmod go-w {path}")
    node, mistakes = read(content, str(path))
    notes = Notes(list(mistakes))
    fields = Fields(node, notes, "the host file")
    digest = fields.text("roster-digest", required=True)
    quorum, version = fields.text("minimum-quorum") or "1", fields.text("minimum-version") or "1"
    state = fields.text("state")
    lease = read_place(fields.fields("lease")) if fields.node("lease") is not None else None
    fields.done()
    if state and not Path(state).is_absolute():
        notes.add(fields.place, f"state {state} does not begin at the root", "write the whole path, such as /var/lib/guardrails")
    if not _DIGEST.fullmatch(digest) or not _COUNT.fullmatch(quorum) or not _COUNT.fullmatch(version):
        notes.add(
            fields.place,
            "roster-digest is not a SHA-256, or minimum-quorum or minimum-version not a number from 1",
            'write the digest, and the numbers in quotes: "2"',
        )
    if notes.mistakes:
        raise DeclarationError(tuple(notes.mistakes))
    anchor = Anchor(digest=digest, minimum_quorum=int(quorum), minimum_version=int(version))
    return Host(anchor, Path(state) if state else None, lease)
