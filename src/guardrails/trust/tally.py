"""Counts the distinct members who signed some bytes; shared by records and rosters, which differ only in what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from guardrails.trust.errors import BadSignature
from guardrails.trust.sshsig import verify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from guardrails.trust.roster import Member, Roster

__all__ = ["Ballot", "Signatures", "Tally", "Unread", "count", "shortage"]

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Unread:
    """A signature file that is there and could not be read; it counts for nobody and is told."""

    reason: str


Signatures: TypeAlias = "Mapping[str, bytes | Unread]"
"""The content of each signature file by the member whose name it carries: at most one for a member, whatever else lies around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What is asked of the signatures.

    Attributes:
        roster: Who may sign, by which keys.
        namespace: What they must have signed for.
        days: On each of these they must be members.
        excluded: The member whose own proposal this is; None for nobody.
    """

    roster: Roster
    namespace: str
    days: tuple[date, ...]
    excluded: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Who counts, and why each other signature does not."""

    signers: frozenset[str]
    problems: tuple[str, ...]


def count(message: bytes, signatures: Signatures, ballot: Ballot) -> Tally:
    """Verify each signature against the keys of the member it is named for, and no others.

    A signature that counts for nothing takes nothing away from those that do: else a stray file could undo an approval.
    """
    signers: set[str] = set()
    problems: list[str] = []
    for name, armored in sorted(signatures.items()):
        try:
            signers.add(_signer(message, name, armored, ballot))
        except BadSignature as error:
            problems.append(f"{name}: {error.reason}")
    return Tally(frozenset(signers), tuple(problems))


def shortage(tally: Tally, needed: int) -> str:
    """What is missing, in words, when fewer than `needed` members signed; empty when enough did."""
    if len(tally.signers) >= needed:
        return ""
    counted = f" ({', '.join(sorted(tally.signers))})" if tally.signers else ""
    problems = [*tally.problems[:_SHOWN]]
    if len(tally.problems) > _SHOWN:
        problems.append(f"and {len(tally.problems) - _SHOWN} more")
    return "; ".join([f"needs {needed} members, has {len(tally.signers)}{counted}", *problems])


def _signer(message: bytes, name: str, armored: bytes | Unread, ballot: Ballot) -> str:
    member = ballot.roster.member(name)
    if member is None:
        raise BadSignature("is not on the roster")
    if name == ballot.excluded:
        raise BadSignature("proposed it, and nobody approves a proposal of their own")
    for day in ballot.days:
        if absence := member.absence(day):
            raise BadSignature(absence)
    return verify(message, _content(armored), ballot.namespace, _own_keys(member), require_uv=ballot.roster.require_uv)


def _own_keys(member: Member) -> Mapping[bytes, str]:
    return dict.fromkeys(member.keys, member.id)


def _content(armored: bytes | Unread) -> bytes:
    if isinstance(armored, Unread):
        raise BadSignature(armored.reason)
    return armored
