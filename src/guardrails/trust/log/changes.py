"""What an audit log holds of changes that others make: the verdicts of the gate, and what was let through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from guardrails.model.change_control import Judged, Made
from guardrails.trust.canonical import JSON, parse
from guardrails.trust.errors import AuditError, MalformedJson
from guardrails.trust.log.audit import public_key, verify
from guardrails.trust.log.files import TAMPERED, Segments, moment_of

__all__ = ["JUDGED", "LET_THROUGH", "changes_in"]

JUDGED: Final = "gate.verdict"
LET_THROUGH: Final = "change.let-through"
_VERDICTS = {0: "passed", 1: "blocked", 3: "untold"}
_MARKS = tuple(f'"event":"{event}"'.encode() for event in (JUDGED, LET_THROUGH))


def changes_in(folder: Path) -> tuple[tuple[Judged, ...], tuple[Made, ...]]:
    """The verdicts and the changes of a whole log, in its order. Verdicts of releases that did not name the change are left out.

    Raises:
        AuditError: The log does not verify.
    """
    verify(folder, public_key(folder))
    found = tuple(_each(Segments(folder / "log")))
    return tuple(one for one in found if isinstance(one, Judged)), tuple(one for one in found if isinstance(one, Made))


def _each(segments: Segments) -> Iterator[Judged | Made]:
    for line in segments.lines():
        if any(mark in line.content for mark in _MARKS):
            event, values, at = _read(line.content)
            change = values.get("change")
            if event == JUDGED and isinstance(change, str):
                yield Judged(change, _VERDICTS.get(_number(values.get("exit")), "untold"), at)
            elif event == LET_THROUGH:
                yield Made(str(change), str(values.get("record") or ""), at)


def _read(content: bytes) -> tuple[JSON, Mapping[str, JSON], datetime]:
    try:
        found = parse(content)
    except MalformedJson as error:
        raise AuditError(f"a record of the log is damaged: {error.message}", remedy=TAMPERED) from None
    values = found.get("data") if isinstance(found, dict) else None
    return found["event"] if isinstance(found, dict) else None, values if isinstance(values, dict) else {}, moment_of(content)


def _number(value: JSON) -> int:
    return value if isinstance(value, int) else -1
