"""Which roster to trust: the one pinned on the host, or one that follows from it step by step.

The rule is the one of The Update Framework for its root role: version N+1 must be exactly one higher, name N by digest, and be signed by
enough members of N and of N+1. So neither the old members alone nor the new ones can take the roster over. Pure; `chain` reads the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrails.trust.errors import UntrustedRoster
from guardrails.trust.roster import ROSTER_NAMESPACE, Roster, Use, parse_roster
from guardrails.trust.tally import Ballot, Signatures, count, shortage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

__all__ = ["Anchor", "SignedRoster", "advance", "trusted_roster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What the host knows about the roster, outside anything that a change request can reach.

    Attributes:
        digest: Of a version that was compared by people, best of all the newest: who could sign for this version can lead away from it.
        minimum_version: The highest version seen so far: an older one, however well signed, is a rollback.
        minimum_quorum: No threshold of any version on the way may be lower.
    """

    digest: str
    minimum_version: int = 1
    minimum_quorum: int = 1


@dataclass(frozen=True, slots=True)
class SignedRoster:
    """The bytes of one version with the signatures beside it."""

    content: bytes
    signatures: Signatures


def advance(old: Roster, new: bytes, signatures: Signatures, at: date) -> Roster:
    """The next roster, once it is shown to follow from `old`.

    Members count by their span on the day the new version was made, and on the day `at` too: the former is only what the signers wrote,
    so those who have left could date a version back. An expired `old` may still be succeeded, else a lapsed roster could never be renewed.

    Raises:
        RosterError: The new version cannot be read.
        UntrustedRoster: It does not follow; go on with `old`.
    """
    following = parse_roster(new)
    _check_place(old, following)
    for roster in (old, following):
        tally = count(new, signatures, Ballot(roster=roster, namespace=ROSTER_NAMESPACE, days=(following.on, at)))
        if missing := shortage(tally, roster.threshold(Use.ROSTER)):
            raise UntrustedRoster(
                f"roster {following.version} by the rules of roster {roster.version}: {missing}",
                remedy="have more members sign it, with keys on both rosters; if signers have left since, pin this version on the host",
            )
    return following


def trusted_roster(chain: Iterable[SignedRoster], anchor: Anchor, at: date) -> Roster:
    """The last roster of a chain that starts at the pinned one; the chain has at least that.

    Raises:
        RosterError: A version cannot be read.
        UntrustedRoster: The first is not the pinned one, a step is not signed, or the end is older or laxer than the host allows.
    """
    links = iter(chain)
    roster = _pinned(next(links), anchor)
    _check_quorum(roster, anchor)
    for link in links:
        roster = advance(roster, link.content, link.signatures, at)
        _check_quorum(roster, anchor)
    if roster.version < anchor.minimum_version:
        raise UntrustedRoster(
            f"roster {roster.version} is older than {anchor.minimum_version}, which this host has seen",
            remedy="restore the newest roster; if nobody knows why it is gone, report an incident",
        )
    return roster


def _pinned(link: SignedRoster, anchor: Anchor) -> Roster:
    roster = parse_roster(link.content)
    if roster.digest != anchor.digest:
        raise UntrustedRoster(
            f"roster {roster.version} has the digest {roster.digest}, the host pins {anchor.digest}",
            remedy="compare the roster with the members; only if it is right, pin its digest in the host file",
        )
    return roster


def _check_place(old: Roster, following: Roster) -> None:
    if following.version != old.version + 1:
        raise UntrustedRoster(
            f"roster {following.version} cannot follow roster {old.version}",
            remedy="raise the version by exactly one",
        )
    if following.previous != old.digest:
        raise UntrustedRoster(
            f"roster {following.version} follows {following.previous}, and roster {old.version} is {old.digest}",
            remedy="set previous to the digest of the version before",
        )
    if following.on < old.on:
        raise UntrustedRoster(
            f"roster {following.version} was made on {following.on}, before roster {old.version} ({old.on})",
            remedy="set on to the day it is made",
        )


def _check_quorum(roster: Roster, anchor: Anchor) -> None:
    for use, needed in roster.thresholds.items():
        if needed < anchor.minimum_quorum:
            raise UntrustedRoster(
                f"roster {roster.version} asks {needed} signatures for {use.value}, the host {anchor.minimum_quorum}",
                remedy="raise the threshold in a new version of the roster",
            )
