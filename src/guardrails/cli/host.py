"""The host file: what a change request must not be able to change. Without one no approval can be verified, and nothing is logged."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from guardrails.connectors.vault.lease import LeasePlace, read_place
from guardrails.errors import DeclarationError, OperatorError
from guardrails.history.store import Archive
from guardrails.notation.document import Scalar, read
from guardrails.notation.shape import Fields, Notes
from guardrails.notify.doors import Door
from guardrails.notify.services import KIND
from guardrails.trust.sealed.keys import Keys
from guardrails.trust.succession import Anchor
from guardrails.wrapping.choice import read_keys

__all__ = ["NOTHING_PINNED", "Host", "read_host"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NO_ROSTER = "0" * 64
_COUNT = re.compile(r"[1-9][0-9]{0,8}")
_HISTORY = "history.sqlite"
"""The file below the state folder, where nothing else is named."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_DOOR = re.compile(r"([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class Host:
    """What stands in it.

    Attributes:
        anchor: The pinned roster.
        state: The folder in which guardrails keeps what it must remember.
        history: Where it keeps earlier runs.
        doors: The hosts that may be told what changed.
        keys: What files are sealed under.
        lease: The lease that other hosts see too.
    """

    anchor: Anchor | None = None
    state: Path | None = None
    history: Archive | None = None
    doors: tuple[Door, ...] = ()
    keys: Keys | None = None
    lease: LeasePlace | None = None


NOTHING_PINNED = Host()
"""What holds without a host file."""


def read_host(path: Path) -> Host:
    """What the host file says; `NOTHING_PINNED` when there is none.

    Raises:
        OperatorError: It cannot be read, or others could change it.
        DeclarationError: With every mistake in it.
    """
    content = _content(path)
    if content is None:
        return NOTHING_PINNED
    node, mistakes = read(content, str(path))
    notes = Notes(list(mistakes))
    fields = Fields(node, notes, "the host file")
    # a host that only observes needs no roster, but one that names none by mistake must hear of it
    digest = fields.text("roster-digest", required="seal" not in fields.entries)
    quorum, version = fields.text("minimum-quorum") or "1", fields.text("minimum-version") or "1"
    state, history, doors = _whole_path(fields, "state", "/var/lib/guardrails"), _archive(fields), _doors(fields.fields("notify"))
    keys = read_keys(fields)
    lease = read_place(fields.fields("lease")) if fields.node("lease") is not None else None
    fields.done()
    if not _DIGEST.fullmatch(digest or _NO_ROSTER) or not _COUNT.fullmatch(quorum) or not _COUNT.fullmatch(version):
        notes.add(
            fields.place,
            "roster-digest is not a SHA-256, or minimum-quorum or minimum-version not a number from 1",
            'write the digest, and the numbers in quotes: "2"',
        )
    if notes.mistakes:
        raise DeclarationError(tuple(notes.mistakes))
    anchor = Anchor(digest=digest, minimum_quorum=int(quorum), minimum_version=int(version)) if digest else None
    kept = history or (Archive(at=str(Path(state) / _HISTORY)) if state else None)
    return Host(anchor, Path(state) if state else None, kept, doors, keys, lease)


def _content(path: Path) -> bytes | None:
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
    return content


def _whole_path(fields: Fields, name: str, such_as: str) -> str:
    found = fields.text(name)
    if found and not Path(found).is_absolute():
        fields.notes.add(fields.place, f"{name} {found} does not begin at the root", f"write the whole path, such as {such_as}")
    return found


def _archive(fields: Fields) -> Archive | None:
    """A path, or a map with more to say."""
    such_as = "/var/lib/guardrails/history.sqlite"
    if isinstance(fields.node("history"), Scalar):
        path = _whole_path(fields, "history", such_as)
        return Archive(at=path) if path else None
    if "history" not in fields.entries:
        return None
    inner = fields.fields("history")
    found = Archive(
        at=inner.text("at", required=True),
        password=inner.secret("password"),
        name=inner.text("name") or "default",
        keep_days=inner.days("keep"),
    )
    if not found.is_database:
        _whole_path(inner, "at", such_as)
    if not _NAME.fullmatch(found.name):
        inner.notes.add(inner.place, f"history.name: {found.name} is no name", "write a few small letters, digits and hyphens")
    inner.done()
    return found


def _doors(fields: Fields) -> tuple[Door, ...]:
    found = []
    for name, _, place in list(fields.each()):
        inner, form = fields.fields(name), _DOOR.fullmatch(name)
        if form is None and not name.startswith(KIND):
            inner.notes.add(place, f"notify: {name} is no host", 'write "hooks.example" or "hooks.example:8443", in small letters')
        host, port = (form[1].strip("[]"), int(form[2] or 0)) if form else (name, 0)
        private, plain, ca = inner.flag("private"), inner.flag("plain"), _whole_path(inner, "ca", "/etc/guardrails/ca.pem")
        found.append(Door(host=host, port=port, private=private, plain=plain, ca=ca))
        inner.done()
    return tuple(found)
