"""The roster: whose signatures count on a day, and how many are needed for what.

Pure: bytes and a day in, values out. Which roster is to be trusted is the business of `succession`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrails.trust.canonical import parse, sha256_hex
from guardrails.trust.errors import BadKey, MalformedJson, RosterError
from guardrails.trust.form import Form
from guardrails.trust.keys import parse_key
from guardrails.trust.sshsig import public_key_blob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from guardrails.trust.canonical import JSON

__all__ = [
    "MEMBER_ID",
    "ROSTER_NAMESPACE",
    "ROSTER_SCHEMA",
    "Member",
    "Roster",
    "Use",
    "digest",
    "parse_roster",
]

ROSTER_SCHEMA: Final = "guardrails.roster/1"
ROSTER_NAMESPACE: Final = "guardrails-roster-v1"
MEMBER_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Also a part of a file name, so nothing that means something in a path."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Use(Enum):
    """What signatures are counted for; the names of the thresholds in a roster."""

    ROSTER = "roster"
    RECORD = "record"
    """Any record whose own kind has no threshold."""
    ACCEPTANCE = "acceptance"
    EXCEPTION = "exception"
    STANDING = "standing"
    ATTESTATION = "attestation"
    CHANGE = "change"
    """A change that is made by others, and that the gate judges."""
    PLAN = "plan"
    """A plan that changes systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the information security group.

    Attributes:
        id: As in the names of signature files.
        keys: Public key blobs; any of them signs for the member, who counts once.
        since: The first day on which the member counts.
        until: The last day, or None.
        revoked_on: Set when the keys can no longer be trusted. A signature carries no time that could be believed, so those of a
            revoked member count for no day at all.
    """

    id: str
    keys: frozenset[bytes]
    since: date
    until: date | None
    revoked_on: date | None

    def absence(self, day: date) -> str:
        """Why the member does not count on `day`; empty when it does."""
        if self.revoked_on is not None:
            return f"was revoked on {self.revoked_on}"
        if day < self.since:
            return f"is a member only from {self.since}"
        if self.until is not None and day > self.until:
            return f"was a member until {self.until}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One version of the roster.

    Attributes:
        version: From 1, by steps of one.
        on: The day it was made.
        members: In order of id.
        thresholds: How many distinct members must sign; `ROSTER` and `RECORD` are always there.
        max_ttl_days: How long a record may stand, or None for as long as it says itself.
        require_uv: Only signatures of hardware keys that checked their user count.
        expires_on: The last day on which anything signed under this version counts.
        previous: The digest of the version before; None for the first.
        digest: The digest of this version's bytes.
    """

    version: int
    on: date
    members: tuple[Member, ...]
    thresholds: Mapping[Use, int]
    max_ttl_days: int | None
    require_uv: bool
    expires_on: date
    previous: str | None
    digest: str

    def threshold(self, use: Use) -> int:
        """How many distinct members must sign for `use`."""
        return self.thresholds.get(use, self.thresholds[Use.RECORD])

    def member(self, member_id: str) -> Member | None:
        """The member of that id, counting or not."""
        return next((member for member in self.members if member.id == member_id), None)


def digest(content: bytes) -> str:
    """The digest of a roster's bytes, as it stands in the host file and in the next version."""
    return sha256_hex(content)


def parse_roster(content: bytes) -> Roster:
    """Read a roster. It may be laid out for people: what is signed and pinned is its bytes.

    Raises:
        RosterError: With everything that is wrong. Nobody on it counts.
    """
    mistakes: list[str] = []
    try:
        form = Form(parse(content), "", mistakes)
    except MalformedJson as error:
        raise RosterError((error.message,)) from error
    form.require_only("schema", "version", "on", "members", "thresholds", "max_ttl", "require_uv", "expires", "previous")
    form.constant("schema", ROSTER_SCHEMA)
    roster = Roster(
        version=form.count("version"),
        on=form.day("on"),
        members=_members(form),
        thresholds=_thresholds(form),
        max_ttl_days=form.optional_count("max_ttl"),
        require_uv=form.flag("require_uv"),
        expires_on=form.day("expires"),
        previous=form.optional_text("previous", _DIGEST, "64 hexadecimal digits, in lower case"),
        digest=digest(content),
    )
    if not mistakes:
        _check_whole(roster, form)
    if mistakes:
        raise RosterError(tuple(mistakes))
    return roster


def _members(form: Form) -> tuple[Member, ...]:
    members = [_member(Form(item, f"members[{place}]", form.mistakes)) for place, item in enumerate(form.items("members"))]
    return tuple(sorted(members, key=lambda member: member.id))


def _member(form: Form) -> Member:
    form.require_only("id", "keys", "from", "until", "revoked")
    return Member(
        id=form.text("id", MEMBER_ID, "lower-case letters, digits, and . _ - inside"),
        keys=frozenset(_keys(form)),
        since=form.day("from"),
        until=form.optional_day("until"),
        revoked_on=form.optional_day("revoked"),
    )


def _keys(form: Form) -> list[bytes]:
    blobs: list[bytes] = []
    for place, line in enumerate(form.items("keys")):
        try:
            blobs.append(_key(line))
        except BadKey as error:
            form.complain(f"keys[{place}]", f"cannot be enrolled: {error.message}")
    return blobs


def _key(line: JSON) -> bytes:
    if not isinstance(line, str):
        raise BadKey("not text")
    return public_key_blob(line)


def _thresholds(form: Form) -> Mapping[Use, int]:
    # An unknown name would be a misspelt one, and the use it meant would fall back to fewer signatures.
    known = {use.value: use for use in Use}
    values = form.entries("thresholds")
    inner = Form(values, "thresholds", form.mistakes)
    for name in sorted({"record", "roster"} - values.keys()):
        inner.complain(name, "is missing")
    for name in sorted(values.keys() - known.keys()):
        inner.complain(name[:60], f"is not one of {', '.join(sorted(known))}")
    return MappingProxyType({known[name]: inner.count(name) for name in sorted(values.keys() & known.keys())})


def _check_whole(roster: Roster, form: Form) -> None:
    _check_identities(roster, form)
    for member in roster.members:
        if member.until is not None and member.until < member.since:
            form.complain("members", f"{member.id}: until {member.until} is before from {member.since}")
    if (roster.version == 1) != (roster.previous is None):
        form.complain("previous", "must be null in version 1 and the digest of the version before in all others")
    if roster.expires_on < roster.on:
        form.complain("expires", f"{roster.expires_on} is before on {roster.on}")
    standing = sum(member.revoked_on is None for member in roster.members)
    for use, needed in roster.thresholds.items():
        if needed > standing:
            form.complain("thresholds", f"{use.value}: {needed} signatures of {standing} members can never be had")


def _check_identities(roster: Roster, form: Form) -> None:
    owners: dict[bytes, str] = {}
    seen: set[str] = set()
    for member in roster.members:
        if member.id in seen:
            form.complain("members", f"{member.id} stands there twice")
        seen.add(member.id)
        for key in sorted(member.keys):
            if owners.setdefault(key, member.id) != member.id:
                # One person with one key must not count as two.
                form.complain("members", f"{owners[key]} and {member.id} have the same key")
            if roster.require_uv and not parse_key(key).kind.is_hardware:
                form.complain("members", f"{member.id}: require_uv is set, and a key is not on a hardware token")
