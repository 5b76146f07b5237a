"""Notices as one letter: JSON of one form for machines, and the same as text for people. The worst stand first, and the rest is counted."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from guardrails.history.outbox import Letter
from guardrails.model.words import Severity
from guardrails.notify.notices import Notice
from guardrails.reports import show

__all__ = ["MOST", "as_text", "compose", "title"]

MOST = 50
"""Of more notices the worst so many are told."""
_SUBJECT, _OWNER = 200, 80
"""Characters of names that are told, so that no letter is longer than 100 kB."""
_ORDER = ("missed", "new", "back", "worsened", "overdue", "gone")


def compose(declaration: str, recipient: str, at: datetime, notices: Sequence[tuple[int, Notice]]) -> Letter:
    """The letter that tells these notices, each with the number under which it is kept."""
    ordered = sorted((notice for _, notice in notices), key=_worst_first)
    body = {
        "schema": "guardrails.notice/1",
        "declaration": declaration,
        "at": at.isoformat(),
        "worst": ordered[0].severity.label,
        "counts": dict(sorted(Counter(notice.change for notice in ordered).items())),
        "notices": [_told(notice) for notice in ordered[:MOST]],
        "left_out": max(0, len(ordered) - MOST),
    }
    numbers = [number for number, _ in notices]
    key = hashlib.sha256(json.dumps([declaration, recipient, numbers, body], sort_keys=True).encode()).hexdigest()[:32]
    return Letter(key=key, body=json.dumps({**body, "key": key}, sort_keys=True, ensure_ascii=False))


def title(letter: Letter) -> str:
    """In one short line."""
    said = json.loads(letter.body)
    counts = ", ".join(f"{said['counts'][word]} {word}" for word in _ORDER if word in said["counts"])
    return f"guardrails {show(said['declaration'])[:100]}: {counts}; worst {said['worst']}"


def as_text(letter: Letter) -> str:
    """For people: one line for each notice."""
    said = json.loads(letter.body)
    lines = [f"{show(said['declaration'])}, {said['at']}", ""]
    for one in said["notices"]:
        told = (one["change"], one["control"], one["severity"], one["verdict"], one["subject"], one["owner"], one["id"])
        lines.append("  ".join(show(text) for text in told if text))
    if said["left_out"]:
        lines += ["", f"and {said['left_out']} more, none of them more severe"]
    lines += ["", "What each finding is, and what to do, is in the report of the run: guardrails reconcile.", f"letter {said['key']}"]
    return "\n".join(lines) + "\n"


def _worst_first(notice: Notice) -> tuple[int, int, str, str]:
    return -notice.severity, _ORDER.index(notice.change), notice.control, notice.id


def _told(notice: Notice) -> dict[str, Any]:
    """Names are of foreign origin, and may be as long as somebody likes."""
    return {
        "event": notice.event.value,
        "change": notice.change,
        "severity": Severity(notice.severity).label,
        "verdict": notice.verdict,
        "control": notice.control,
        "id": notice.id,
        "subject": show(notice.subject)[:_SUBJECT],
        "owner": show(notice.owner)[:_OWNER],
        "system": show(notice.system)[:_OWNER],
    }
