"""The section `state`: how time is read, and how long what may stand."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from zoneinfo import available_timezones

from guardrails.model.declaration import Clock
from guardrails.model.reference import Place
from guardrails.model.words import Severity
from guardrails.notation.document import Node, Scalar
from guardrails.notation.shape import Fields, Notes

__all__ = ["read_clock"]


def read_clock(entries: Mapping[str, tuple[Node, Place]], notes: Notes) -> Clock:
    """What it says of time; where state is kept is told as not evaluated."""
    fields, usual = Fields(None, notes, "state"), Clock()
    fields.entries = {name: (Scalar(place=place, text=name, quoted=True), node) for name, (node, place) in entries.items()}
    zone = fields.text("timezone") or usual.timezone
    if zone not in available_timezones():
        notes.add(entries["timezone"][0].place, f"state.timezone: {zone} is no time zone", "write one such as Europe/Stockholm")
        zone = usual.timezone
    found = Clock(
        timezone=zone,
        evidence_max_age_hours=fields.hours("evidence-max-age") or usual.evidence_max_age_hours,
        heartbeat_hours=fields.hours("heartbeat"),
        deadlines=_deadlines(fields.fields("deadlines")),
    )
    if fields.node("path") is not None:
        notes.unevaluated.append(("state.path", entries["path"][1]))
    fields.done()
    return found


def _deadlines(fields: Fields) -> tuple[tuple[Severity, int], ...]:
    """Hours by severity. What is more severe may not have more time: a finding that becomes worse would become less urgent."""
    found = [(severity, hours) for severity in Severity if (hours := fields.hours(severity.label))]
    for (milder, longer), (severity, shorter) in pairwise(found):
        if shorter > longer:
            fields.notes.add(
                fields.place,
                f"{fields.where}: {severity.label} has more time than {milder.label}",
                "give what is more severe less time, or as much",
            )
    fields.done()
    return tuple(found)
