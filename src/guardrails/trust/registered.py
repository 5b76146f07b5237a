"""Records about changes as the register of changes tells them, and whether one stands behind a change."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from guardrails.model.change_control import Changes, Registered
from guardrails.trust.decisions import Decisions, read_decisions
from guardrails.trust.log.changes import changes_in
from guardrails.trust.records import Approved, RecordKind, Refused, Standing
from guardrails.trust.roster import Roster, Use

__all__ = ["behind", "joined", "subject_of"]

_PREFIX: Final = "change:sha256:"


def subject_of(change: str) -> str:
    """How a record names a change, by its digest."""
    return f"{_PREFIX}{change}"


def joined(register: Path, roster: Roster, at: date, log: Path) -> Changes:
    """The records of a register, as they are judged on a day, beside what an audit log holds.

    Raises:
        AuditError: The log does not verify.
    """
    decisions = read_decisions(register, roster, at)
    if decisions.folder_problem:
        return Changes(unread=decisions.folder_problem.reason)
    judged, made = changes_in(log)
    return Changes(registered=_registered_in(decisions, at), judged=judged, made=made)


def _registered_in(decisions: Decisions, at: date) -> tuple[Registered, ...]:
    """Every record. What cannot be read may be about a change, so it is among them."""
    found = (_registered(name, standing, at) for name, standing in sorted(decisions.standings.items()))
    return tuple(one for one in found if one is not None)


def _registered(name: str, standing: Standing, at: date) -> Registered | None:
    """One of them; nothing where it is about something else."""
    record, refusal = standing.record, standing.reason if isinstance(standing, Refused) else ""
    if record is None:
        return Registered(name, frozenset(), refusal)
    if record.kind is not RecordKind.CHANGE:
        return None
    covered = frozenset(digest for subject, digest in record.covers.items() if subject == subject_of(digest))
    return Registered(name, covered, refusal, is_over=record.until is not None and at > record.until)


def behind(change: str, author: str, standing: Standing, roster: Roster) -> str:
    """Why a record does not approve a change of some author, whose own signature does not count; empty when it does."""
    if not isinstance(standing, Approved):
        return standing.reason
    record = standing.record
    if record.kind is not RecordKind.CHANGE or record.covers.get(subject_of(change)) != change:
        return f"{record.id} approves another change; this one is {subject_of(change)}"
    needed, signers = roster.threshold(Use.CHANGE), [*filter(author.__ne__, standing.signers)]
    if len(signers) < needed:
        return f"{record.id} needs {needed} members beside {author}, whose change it is, and has {len(signers)}"
    return ""
