"""Reads the roster and, where the host pins an older version, the versions that lead from there to it.

Beside `roster.json` lie its signatures `roster.json.<member>.sig`. Superseded versions are kept as `rosters/<version>.json`, each with
its signatures beside it under the same rule.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from guardrails.trust.errors import UnreadableFile, UntrustedRoster
from guardrails.trust.files import opened_folder, read_plain
from guardrails.trust.roster import MEMBER_ID, digest, parse_roster
from guardrails.trust.sshsig import MAX_SIGNATURE_BYTES
from guardrails.trust.succession import SignedRoster, trusted_roster
from guardrails.trust.tally import Unread

if TYPE_CHECKING:
    from pathlib import Path

    from guardrails.trust.roster import Roster
    from guardrails.trust.succession import Anchor

__all__ = ["KEPT_FOLDER", "MAX_ROSTER_BYTES", "read_roster"]

KEPT_FOLDER: Final = "rosters"
MAX_ROSTER_BYTES: Final = 1024 * 1024

_MAX_STEPS = 1000
_MAX_SIGNATURES = 200
"""Far more than members; it bounds how many strangers' files are opened."""


def read_roster(path: Path, anchor: Anchor) -> Roster:
    """The roster at `path`, once it is shown to be the pinned one or to follow from it.

    Raises:
        UnreadableFile: The roster, or a version on the way to it, cannot be read.
        RosterError: A version is malformed.
        UntrustedRoster: It does not follow from what the host pins. Nothing it says counts.
    """
    links = [_signed(path)]
    while digest(links[-1].content) != anchor.digest:
        version = parse_roster(links[-1].content).version - 1
        if version < 1 or len(links) > _MAX_STEPS:
            raise UntrustedRoster(
                f"{path.name} does not lead back to the digest that the host pins, {anchor.digest}",
                remedy="compare the roster with the members; only if it is right, pin its digest in the host file",
            )
        links.append(_signed(path.parent / KEPT_FOLDER / f"{version}.json"))
    return trusted_roster(reversed(links), anchor)


def _signed(path: Path) -> SignedRoster:
    with opened_folder(path.parent) as folder:
        content = read_plain(path.name, folder, MAX_ROSTER_BYTES)
        return SignedRoster(content, _signatures(path.name, folder))


def _signatures(name: str, folder: int) -> dict[str, bytes | Unread]:
    prefix, suffix = f"{name}.", ".sig"
    members = [
        file.removeprefix(prefix).removesuffix(suffix)
        for file in sorted(os.listdir(folder))
        if file.startswith(prefix) and file.endswith(suffix)
    ]
    named = [member for member in members if MEMBER_ID.fullmatch(member)]
    return {member: _signature(f"{prefix}{member}{suffix}", folder) for member in named[:_MAX_SIGNATURES]}


def _signature(name: str, folder: int) -> bytes | Unread:
    try:
        return read_plain(name, folder, MAX_SIGNATURE_BYTES)
    except UnreadableFile as error:
        return Unread(error.message)
