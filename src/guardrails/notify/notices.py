"""What a run has to tell, and to whom. Only what changed: what is still so was told before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from guardrails.history.runs import Change, Changes, Sighting
from guardrails.model.declaration import Declaration
from guardrails.model.findings import EVIDENCE
from guardrails.model.notifying import Event, Recipient
from guardrails.model.words import Severity

__all__ = ["Notice", "for_recipient", "missed", "of_changes", "read", "written"]

_EVENTS: Mapping[Change, Event] = {
    Change.NEW: Event.NEW,
    Change.BACK: Event.NEW,
    Change.WORSENED: Event.WORSENED,
    Change.GONE: Event.RESOLVED,
    Change.OVERDUE: Event.OVERDUE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell. `change` says in the words of the history what became of a finding; `id` and what follows say which."""

    event: Event
    change: str
    severity: Severity
    subject: str
    id: str = ""
    control: str = ""
    verdict: str = ""
    owner: str = ""
    system: str = ""


def of_changes(changes: Changes) -> Iterator[Notice]:
    """What one run changed. Accepted gaps are nothing to tell: whoever accepted them knows."""
    for change, one in changes.each():
        if not one.known:
            event = Event.GAP if one.control.startswith(EVIDENCE) and change is not Change.OVERDUE else _EVENTS[change]
            yield _notice(event, change, one)


def missed(last: datetime | None, at: datetime) -> Notice:
    """That no run saw everything since a moment."""
    since = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
    return Notice(
        event=Event.HEARTBEAT,
        change="missed",
        severity=Severity.CRITICAL,
        subject=f"no run saw everything {since}, at {at:%Y-%m-%d %H:%M} UTC",
    )


def for_recipient(recipient: Recipient, declaration: Declaration, notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """What one of them wants to be told. Whom teams name is told of what these own, everybody else of everything."""
    teams = {f"team:{team.name}" for team in declaration.teams if team.notify == recipient.name}
    return tuple(
        notice
        for notice in notices
        if notice.event in recipient.events and notice.severity >= recipient.severity and (not teams or notice.owner in teams)
    )


def written(notice: Notice) -> str:
    """As it is kept."""
    return json.dumps({**asdict(notice), "event": notice.event.value, "severity": int(notice.severity)}, sort_keys=True)


def read(text: str) -> Notice:
    """What `written` wrote; another error where it is not that."""
    found: dict[str, Any] = json.loads(text)
    return Notice(**{**found, "event": Event(found["event"]), "severity": Severity(found["severity"])})


def _notice(event: Event, change: Change, one: Sighting) -> Notice:
    return Notice(
        event=event,
        change=change.value,
        severity=one.severity,
        subject=one.subject,
        id=one.id,
        control=one.control,
        verdict=one.verdict.value,
        owner=one.owner,
        system=one.system,
    )
