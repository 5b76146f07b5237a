"""The folder of decisions, read once; what then is asked of it is pure.

`decisions/ISG-2026-014.json` is a record, `decisions/ISG-2026-014.json.dana.sig` Dana's signature over its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrails.trust.errors import UnreadableFile
from guardrails.trust.files import names_in, opened_folder, read_plain
from guardrails.trust.records import RECORD_ID, Approved, Record, Refused, Standing, judge
from guardrails.trust.sshsig import MAX_SIGNATURE_BYTES
from guardrails.trust.tally import Unread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from guardrails.trust.roster import Roster
    from guardrails.trust.tally import Signatures

__all__ = [
    "MAX_RECORD_BYTES",
    "Coverage",
    "Covered",
    "Decisions",
    "NotCovered",
    "read_decisions",
]

MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
"""One record may accept ten thousand assets at once."""

_SIGNATURE_NAME: Final = re.compile(r"(?P<record>[^/.]+)\.json\.(?P<member>[^/]+)\.sig")


@dataclass(frozen=True, slots=True)
class Covered:
    """A record stands behind exactly this entry on the day asked about."""

    record: Record
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotCovered:
    """Nothing stands behind this entry: treat it as not accepted, or as absent."""

    reason: str
    remedy: str = ""


Coverage: TypeAlias = Covered | NotCovered


@dataclass(frozen=True, slots=True)
class Decisions:
    """All records of a folder, as judged under one roster for one day.

    Attributes:
        standings: By the name of the file without `.json`. Judged once: one record may stand behind thousands of entries.
        folder_problem: Why the folder could not be read; None when it was.
    """

    standings: Mapping[str, Standing]
    folder_problem: Refused | None = None

    def standing(self, record_id: str) -> Standing:
        """Whether a record stands; one that is not there is refused."""
        absent = Refused(f"there is no record {record_id}", "write it with `guardrails record new` and have it signed")
        return self.standings.get(record_id) or self.folder_problem or absent

    def covers(self, record_id: str, subject: str, digest: str) -> Coverage:
        """Whether a record stands behind an entry as it is declared now.

        Args:
            record_id: What the entry names in `accepted:` or `approved:`.
            subject: The entry, such as `asset:call-records`.
            digest: Of the entry's canonical form today.
        """
        standing = self.standing(record_id)
        if isinstance(standing, Refused):
            return NotCovered(standing.reason, standing.remedy)
        return _coverage(standing, subject, digest)


def read_decisions(folder: Path, roster: Roster, at: date) -> Decisions:
    """Read and judge every record of a folder for a day.

    What cannot be read is a refused record, or a signature that does not count, each with its reason; nothing is skipped. Only
    signature files that carry the name of a member are opened, so junk can neither crowd out a signature nor cost time.
    """
    try:
        with opened_folder(folder) as descriptor:
            return Decisions(MappingProxyType(_standings(descriptor, roster, at)))
    except UnreadableFile as error:
        return Decisions({}, Refused(error.message, error.remedy))


def _coverage(standing: Approved, subject: str, digest: str) -> Coverage:
    record = standing.record
    signed = record.covers.get(subject)
    if signed is None:
        return NotCovered(f"{record.id} does not cover {subject}", f"have a record signed that covers {subject}")
    if signed != digest:
        return NotCovered(
            f"{subject} was changed since {record.id}: signed {signed[:12]}, declared {digest[:12]}",
            f"have the changed entry decided in a new record, or undo the change to {subject}",
        )
    return Covered(record, standing.signers)


def _standings(folder: int, roster: Roster, at: date) -> dict[str, Standing]:
    names = names_in(folder)
    signatures: dict[str, dict[str, bytes | Unread]] = {}
    for name in names:
        if form := _SIGNATURE_NAME.fullmatch(name):
            signatures.setdefault(form["record"], {})[form["member"]] = _signature(name, form["member"], folder, roster)
    stems = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return {stem: _standing(stem, folder, signatures.get(stem, {}), roster, at) for stem in stems}


def _standing(stem: str, folder: int, signatures: Signatures, roster: Roster, at: date) -> Standing:
    if not RECORD_ID.fullmatch(stem):
        return Refused(f"{stem}.json is not named like a record", "name it like ISG-2026-014.json, or move it elsewhere")
    try:
        content = read_plain(f"{stem}.json", folder, MAX_RECORD_BYTES)
    except UnreadableFile as error:
        return Refused(error.message, error.remedy)
    return judge(content, signatures, roster, at, record_id=stem)


def _signature(name: str, member: str, folder: int, roster: Roster) -> bytes | Unread:
    if roster.member(member) is None:
        return Unread("is not on the roster")
    try:
        return read_plain(name, folder, MAX_SIGNATURE_BYTES)
    except UnreadableFile as error:
        return Unread(error.message)
