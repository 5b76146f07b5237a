"""Records: what the security group decided about which declared entries, and whether enough members stand behind one.

Pure: the bytes of a record, its signatures, the roster and a day are arguments. A record covers each entry by the digest of its
canonical form, so a changed entry is a new one that nobody has approved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrails.trust.canonical import JSON, dump, parse
from guardrails.trust.errors import MalformedJson, RecordError
from guardrails.trust.form import Form
from guardrails.trust.roster import MEMBER_ID, Roster, Use
from guardrails.trust.tally import Ballot, Signatures, count, shortage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KIND_OF_SUBJECT",
    "RECORD_ID",
    "RECORD_NAMESPACE",
    "RECORD_SCHEMA",
    "Approved",
    "Record",
    "RecordKind",
    "Refused",
    "Standing",
    "judge",
    "parse_record",
    "record_bytes",
]

RECORD_SCHEMA: Final = "guardrails.record/1"
RECORD_NAMESPACE: Final = "guardrails-record-v1"
RECORD_ID: Final = re.compile(r"[A-Z][A-Z0-9]{0,15}(?:-[A-Z0-9]{1,16}){1,4}")
"""`ISG-2026-014`; also a part of a file name, so nothing that means something in a path."""

_SUBJECT: Final = re.compile(r"[a-z][a-z0-9-]{0,31}:[!-~]{1,200}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NOTE: Final = re.compile(
    r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff\ufff0-\ufffb\U000e0000-\U000effff]{0,2000}"
)
"""One line without anything that turns or hides text: whoever signs must see what is written."""


class RecordKind(Enum):
    """What was decided."""

    ACCEPTANCE = "acceptance"
    """Something may be used: an asset, a vendor."""
    EXCEPTION = "exception"
    """A rule does not hold for a set, for a time."""
    STANDING = "standing"
    """Changes that may be made without asking again."""
    ATTESTATION = "attestation"
    """Something is so: a restore was tested, a policy was reviewed."""
    CHANGE = "change"
    """A change may be made, by the digest that the gate gives it."""


KIND_OF_SUBJECT: Final = {
    "asset": RecordKind.ACCEPTANCE,
    "exception": RecordKind.EXCEPTION,
    "standing": RecordKind.STANDING,
    "change": RecordKind.CHANGE,
}
"""Else an attestation, for which a roster may ask fewer signatures, could stand behind an exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One decision.

    Attributes:
        id: As in `accepted: ISG-2026-014`.
        kind: What was decided.
        covers: Subject, such as `asset:call-records`, to the digest of its canonical declared entry.
        on: The first day on which it counts.
        until: The last day, or None.
        by: The member who proposed it and whose signature therefore never counts; None when it was no member.
        note: For people; one line.
    """

    id: str
    kind: RecordKind
    covers: Mapping[str, str]
    on: date
    until: date | None
    by: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Approved:
    """Enough members stand behind the record on the day asked about.

    Attributes:
        record: What they signed.
        signers: The members who count, in order.
        until: The last day on which it stands as things are: its own, the roster's, or the last of too many signers.
        ignored: Why each other signature does not count; worth showing, changes nothing.
    """

    record: Record
    signers: tuple[str, ...]
    until: date
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The record counts for nothing on the day asked about, and what to do about it; `record` is what it says, where it can be read."""

    reason: str
    remedy: str = ""
    record: Record | None = None


Standing: TypeAlias = Approved | Refused


def parse_record(content: bytes) -> Record:
    """Read a record, which must be written in its canonical bytes.

    Raises:
        RecordError: With everything that is wrong.
    """
    try:
        value = parse(content)
        canonical = dump(value)
    except MalformedJson as error:
        raise RecordError((error.message,)) from error
    mistakes: list[str] = []
    form = Form(value, "", mistakes)
    form.require_only("schema", "id", "kind", "covers", "on", "until", "by", "note")
    record = _record(form)
    if not mistakes:
        _check_whole(record, form)
    if canonical != content:
        mistakes.append("the bytes are not canonical: something was added, reordered or spelled another way")
    if mistakes:
        raise RecordError(tuple(mistakes))
    return record


def record_bytes(record: Record) -> bytes:
    """The canonical bytes, which are what members sign.

    Raises:
        RecordError: The record could not be read back; for instance a subject is not of the form `asset:name`.
    """
    written: dict[str, JSON] = {
        "schema": RECORD_SCHEMA,
        "id": record.id,
        "kind": record.kind.value,
        "covers": dict(record.covers),
        "on": record.on.isoformat(),
        "until": record.until.isoformat() if record.until else None,
        "by": record.by,
        "note": record.note,
    }
    try:
        content = dump(written)
    except MalformedJson as error:
        raise RecordError((error.message,)) from error
    parse_record(content)
    return content


def judge(content: bytes, signatures: Signatures, roster: Roster, at: date, *, record_id: str) -> Standing:
    """Whether the record of that id stands on a day.

    Args:
        content: The bytes of the record's file.
        signatures: By the member whose name each signature file carries.
        roster: The trusted roster.
        at: The day, in the organisation's time zone. Members must count on this day, not on the day they signed: a signature carries
            no time that could be believed, so one who has left could sign for a day in the past.
        record_id: As in the file's name; a copy under another name is refused.
    """
    try:
        record = parse_record(content)
    except RecordError as error:
        return Refused(f"{record_id}: {error.message}", error.remedy)
    found = (
        _out_of_place(record, record_id)
        or _out_of_time(record, roster, at)
        or _counted(
            content,
            record,
            signatures,
            Ballot(roster=roster, namespace=RECORD_NAMESPACE, days=(at,), excluded=record.by),
        )
    )
    return replace(found, record=record) if isinstance(found, Refused) else found


def _record(form: Form) -> Record:
    form.constant("schema", RECORD_SCHEMA)
    kinds = {kind.value: kind for kind in RecordKind}
    kind = form.text("kind", re.compile("|".join(kinds)), f"one of {', '.join(kinds)}")
    return Record(
        id=form.text("id", RECORD_ID, "an id such as ISG-2026-014"),
        kind=kinds.get(kind, RecordKind.ATTESTATION),
        covers=_covers(form),
        on=form.day("on"),
        until=form.optional_day("until"),
        by=form.optional_text("by", MEMBER_ID, "the id of a member"),
        note=form.text("note", _NOTE, "one line of at most 2000 letters"),
    )


def _covers(form: Form) -> Mapping[str, str]:
    values = form.entries("covers")
    inner = Form(values, "covers", form.mistakes)
    for subject in values:
        if not _SUBJECT.fullmatch(subject):
            inner.complain(subject[:60], "is not a subject such as asset:call-records")
    meaning = "64 hexadecimal digits, in lower case"
    return MappingProxyType({subject: inner.text(subject, _DIGEST, meaning) for subject in values})


def _check_whole(record: Record, form: Form) -> None:
    if record.until is not None and record.until < record.on:
        form.complain("until", f"{record.until} is before on {record.on}")
    for subject in record.covers:
        expected = KIND_OF_SUBJECT.get(subject.partition(":")[0], record.kind)
        if expected is not record.kind:
            form.complain("covers", f"{subject} needs the kind {expected.value}, not {record.kind.value}")


def _out_of_place(record: Record, record_id: str) -> Refused | None:
    if record.id == record_id:
        return None
    return Refused(f"{record_id}: the file holds {record.id}", f"name the file {record.id}.json")


def _out_of_time(record: Record, roster: Roster, at: date) -> Refused | None:
    renew = "have the group decide again and write a new record"
    if at > roster.expires_on:
        return Refused(f"the roster expired on {roster.expires_on}", "have the next version of the roster signed")
    if at < record.on:
        return Refused(f"{record.id} counts only from {record.on}", "wait for the day, or correct the date")
    if record.until is not None and at > record.until:
        return Refused(f"{record.id} counted until {record.until}", renew)
    return _too_long(record, roster.max_ttl_days, at)


def _too_long(record: Record, limit: int | None, at: date) -> Refused | None:
    if limit is None:
        return None
    if record.until is not None and (record.until - record.on).days > limit:
        length = (record.until - record.on).days
        return Refused(
            f"{record.id} would stand {length} days, the roster allows {limit}",
            "write one with an earlier until",
        )
    if (at - record.on).days > limit:
        return Refused(
            f"{record.id} is {(at - record.on).days} days old, the roster allows {limit}",
            "decide again, in a new record",
        )
    return None


def _counted(content: bytes, record: Record, signatures: Signatures, ballot: Ballot) -> Standing:
    tally = count(content, signatures, ballot)
    needed = ballot.roster.threshold(Use(record.kind.value))
    if missing := shortage(tally, needed):
        return Refused(f"{record.id} {missing}", f"read it, and if you agree: guardrails record sign {record.id}.json --key YOUR-KEY")
    signers = tuple(sorted(tally.signers))
    return Approved(record, signers, _last_day(record, ballot.roster, signers, needed), tally.problems)


def _last_day(record: Record, roster: Roster, signers: tuple[str, ...], needed: int) -> date:
    ends = sorted(member.until or date.max for member in roster.members if member.id in signers)
    days = [roster.expires_on, record.until or date.max, ends[len(ends) - needed]]
    if roster.max_ttl_days is not None and roster.max_ttl_days < (date.max - record.on).days:
        days.append(record.on + timedelta(days=roster.max_ttl_days))
    return min(days)
