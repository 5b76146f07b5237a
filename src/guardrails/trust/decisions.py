"""The folder of decisions, read once; what then is asked of it is pure.

`decisions/ISG-2026-014.json` is a record, `decisions/ISG-2026-014.json.dana.sig` Dana's signature over its bytes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrails.trust.errors import UnreadableFile
from guardrails.trust.files import opened_folder, read_plain
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
    "SignedRecord",
    "read_decisions",
]

MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
"""One record may accept ten thousand assets at once."""

_SIGNATURE_NAME: Final = re.compile(r"(?P<record>[^/]+)\.json\.(?P<member>[^/]+)\.sig")


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
class SignedRecord:
    """The bytes of a record, or why they could not be read, with the signatures beside it."""

    content: bytes | Unread
    signatures: Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """All records of a folder, as judged under one roster.

    Attributes:
        at: The day for which `standings` holds the answers.
        roster: The trusted roster, or why there is none.
        records: By the name of the file without `.json`.
        folder_problem: Why the folder could not be read; None when it was.
    """

    at: date
    roster: Roster | Refused
    records: Mapping[str, SignedRecord]
    folder_problem: Refused | None = None
    standings: Mapping[str, Standing] = field(init=False)

    def __post_init__(self) -> None:
        # Judged once: one record may stand behind thousands of entries.
        judged = {record_id: self._judged(record_id, self.at) for record_id in sorted(self.records)}
        object.__setattr__(self, "standings", MappingProxyType(judged))

    @classmethod
    def refusing(cls, reason: Refused, at: date) -> Decisions:
        """No decision counts; for when there is no roster that could be trusted."""
        return cls(at=at, roster=reason, records={})

    def standing(self, record_id: str, at: date | None = None) -> Standing:
        """Whether a record stands on a day, `self.at` when none is given; one that is not there is refused."""
        if record_id in self.standings and at in {None, self.at}:
            return self.standings[record_id]
        return self._judged(record_id, at or self.at)

    def covers(self, record_id: str, subject: str, digest: str, at: date | None = None) -> Coverage:
        """Whether a record stands behind an entry as it is declared now.

        Args:
            record_id: What the entry names in `accepted:` or `approved:`.
            subject: The entry, such as `asset:call-records`.
            digest: Of the entry's canonical form today.
            at: The day; `self.at` when none is given.
        """
        standing = self.standing(record_id, at)
        if isinstance(standing, Refused):
            return NotCovered(standing.reason, standing.remedy)
        return _coverage(standing, subject, digest)

    def _judged(self, record_id: str, at: date) -> Standing:
        if isinstance(self.roster, Refused):
            return self.roster
        found = self.records.get(record_id)
        if found is None:
            return self.folder_problem or Refused(
                f"there is no record {record_id}",
                f"write it with `guardrails record new {record_id}` and have it signed",
            )
        if isinstance(found.content, Unread):
            return Refused(f"{record_id}: {found.content.reason}", "restore the record's file")
        return judge(found.content, found.signatures, self.roster, at, record_id=record_id)


def read_decisions(folder: Path, roster: Roster, at: date) -> Decisions:
    """Read and judge every record of a folder.

    What cannot be read is a refused record, or a signature that does not count, each with its reason; nothing is skipped. Only
    signature files that carry the name of a member are opened, so junk can neither crowd out a signature nor cost time.
    """
    try:
        with opened_folder(folder) as descriptor:
            records = _records(descriptor, roster)
    except UnreadableFile as error:
        return Decisions(at=at, roster=roster, records={}, folder_problem=Refused(error.message, error.remedy))
    return Decisions(at=at, roster=roster, records=records)


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


def _records(folder: int, roster: Roster) -> Mapping[str, SignedRecord]:
    names = sorted(os.listdir(folder))
    signatures: dict[str, dict[str, bytes | Unread]] = {}
    for name in names:
        if form := _SIGNATURE_NAME.fullmatch(name):
            signatures.setdefault(form["record"], {})[form["member"]] = _signature(name, form["member"], folder, roster)
    stems = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return {stem: SignedRecord(_record(stem, folder), signatures.get(stem, {})) for stem in stems}


def _record(stem: str, folder: int) -> bytes | Unread:
    if not RECORD_ID.fullmatch(stem):
        return Unread("the file is not named like a record, such as ISG-2026-014.json")
    return _read(f"{stem}.json", folder, MAX_RECORD_BYTES)


def _signature(name: str, member: str, folder: int, roster: Roster) -> bytes | Unread:
    if roster.member(member) is None:
        return Unread("is not on the roster")
    return _read(name, folder, MAX_SIGNATURE_BYTES)


def _read(name: str, folder: int, limit: int) -> bytes | Unread:
    try:
        return read_plain(name, folder, limit)
    except UnreadableFile as error:
        return Unread(error.message)
