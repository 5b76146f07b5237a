"""Changes that were let through, against the records that approve them and the verdicts of the gate about them."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.drift.world import World
from guardrails.model.change_control import Changes, Judged, Made, Registered
from guardrails.model.findings import Difference
from guardrails.model.reference import Place
from guardrails.model.words import Kind, Verdict

__all__ = ["changes"]

_SHOWN = 12
_SAID = {"blocked": "blocked", "untold": "could not judge"}


def changes(world: World) -> Iterator[Difference]:
    """Nothing where no register of changes is declared."""
    register = world.declaration.changes
    if register is None:
        return
    known = world.changes or Changes(unread="nothing here joined it with what was judged and made")
    if known.unread:
        message = f"the register of changes says nothing: {known.unread}"
        yield _difference("registers.changes", "register", message, register.place, Verdict.UNKNOWN)
        return
    approved = frozenset().union(*(one.changes for one in known.registered if not one.refusal))
    yield from (_not_approved(one, register.place) for one in known.made if not one.record and one.change not in approved)
    last = {one.change: one for one in known.judged}
    for record in known.registered:
        if not record.refusal:
            for change in sorted(record.changes):
                yield from _judged(record, change, last.get(change), register.place)
        elif not record.is_over:
            yield _difference(f"record:{record.record}", "record", f"{record.record} approves nothing: {record.refusal}", register.place)


def _not_approved(made: Made, place: Place) -> Difference:
    said = f"change {made.change[:_SHOWN]} was let through on {made.at:%Y-%m-%d}, and no record approves it"
    return _difference(f"change:{made.change}", "approval", said, place)


def _judged(record: Registered, change: str, last: Judged | None, place: Place) -> Iterator[Difference]:
    said = f"{record.record} approves change {change[:_SHOWN]}"
    if last is None:
        message = f"{said}, and the log of this host holds no verdict about it"
        yield _difference(f"change:{change}", "verdict", message, place, Verdict.UNKNOWN)
    elif last.verdict != "passed":
        message = f"{said}, which the gate {_SAID.get(last.verdict, 'did not let pass')} on {last.at:%Y-%m-%d}"
        yield _difference(f"change:{change}", "verdict", message, place)


def _difference(cause: str, facet: str, message: str, place: Place, verdict: Verdict = Verdict.VIOLATION) -> Difference:
    return Difference(
        kind=Kind.CHANGE_UNCONTROLLED,
        system="",
        cause=cause,
        facet=facet,
        subject=cause,
        message=message,
        verdict=verdict,
        declared_at=place,
    )
