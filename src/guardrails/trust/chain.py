"""Reads the roster and, where the host pins an older version, the versions that lead from there to it.

Beside `roster.json` lie its signatures `roster.json.<member>.sig`. Superseded versions are kept as `rosters/<version>.json`, each with
its signatures beside it under the same rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrails.trust.errors import UnreadableFile, UntrustedRoster
from guardrails.trust.files import names_in, opened_folder, read_file, read_plain
from guardrails.trust.roster import digest, parse_roster
from guardrails.trust.sshsig import MAX_SIGNATURE_BYTES
from guardrails.trust.succession import SignedRoster, trusted_roster
from guardrails.trust.tally import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from guardrails.trust.roster import Roster
    from guardrails.trust.succession import Anchor

__all__ = ["KEPT_FOLDER", "MAX_ROSTER_BYTES", "read_roster"]

KEPT_FOLDER: Final = "rosters"
MAX_ROSTER_BYTES: Final = 1024 * 1024

_MAX_STEPS = 1000


def read_roster(path: Path, anchor: Anchor, at: date) -> Roster:
    """The roster at `path`, once it is shown to be the pinned one or to follow from it.

    Args:
        path: Of the newest version.
        anchor: What the host knows.
        at: The day on which those who signed must still be members.

    Raises:
        UnreadableFile: The roster, or a version on the way to it, cannot be read.
        RosterError: A version is malformed.
        UntrustedRoster: It does not follow from what the host pins. Nothing it says counts.
    """
    versions = [(path, read_file(path, MAX_ROSTER_BYTES))]
    members: set[str] = set()
    while digest(versions[-1][1]) != anchor.digest:
        roster = parse_roster(versions[-1][1])
        members.update(member.id for member in roster.members)
        if roster.version == 1 or len(versions) > _MAX_STEPS:
            raise UntrustedRoster(
                f"{path.name} does not lead back to the digest that the host pins, {anchor.digest}",
                remedy="compare the roster with the members; only if it is right, pin its digest in the host file",
            )
        kept = path.parent / KEPT_FOLDER / f"{roster.version - 1}.json"
        versions.append((kept, read_file(kept, MAX_ROSTER_BYTES)))
    members.update(member.id for member in parse_roster(versions[-1][1]).members)
    return trusted_roster([_signed(*version, members) for version in reversed(versions)], anchor, at)


def _signed(path: Path, content: bytes, members: Iterable[str]) -> SignedRoster:
    # Nobody else's are opened, so junk can neither crowd out a signature nor cost time.
    files = {member: f"{path.name}.{member}.sig" for member in members}
    with opened_folder(path.parent) as folder:
        present = frozenset(names_in(folder))
        return SignedRoster(content, {member: _signature(file, folder) for member, file in files.items() if file in present})


def _signature(name: str, folder: int) -> bytes | Unread:
    try:
        return read_plain(name, folder, MAX_SIGNATURE_BYTES)
    except UnreadableFile as error:
        return Unread(error.message)
