"""Plans that were applied to be confirmed and were not: each is taken back by whichever run comes first after its time.

No signature is asked for: that all of it is taken back unless somebody confirms is what was begun, and the journal says until when.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from guardrails.apply.engine import APPLIED
from guardrails.apply.journal import Journal, read_journal
from guardrails.apply.opened import KeptPlan, journal_of, open_plans, seal_of
from guardrails.errors import Leased, Refused, RolledBack, Unfinished
from guardrails.plan.document import parse_plan, plan_digest
from guardrails.remediation.carrying import Ground, engine_of, require_clock

__all__ = ["await_confirmation", "require_no_waiting", "take_back_overdue"]

_PAUSE_SECONDS = 1.0


def take_back_overdue(ground: Ground, but: str = "") -> tuple[str, ...]:
    """Take back every plan whose time to be confirmed is over, and say which; not the one of the digest `but`.

    One at which a person has to look is left to that person.

    Raises:
        Unfinished: One could not be taken back.
        Leased: Another run changes systems now.
        Refused: One waits, and the clock was set back, so that nobody can tell for how long it may.
        OperatorError: A journal or a plan cannot be read, or there is no credential to write with.
    """
    return tuple(_taken_back(found, ground) for found in _overdue(ground) if found.digest != but)


def _overdue(ground: Ground) -> Iterator[KeptPlan]:
    for found in open_plans(ground.state, ground.keys):
        until = found.journal.confirm_by
        if until is not None and not found.journal.is_stopped:
            require_clock(ground)
            if ground.clock() > until:
                yield found


def _taken_back(found: KeptPlan, ground: Ground) -> str:
    """Resumed, which takes it back, now that it is overdue; unless another run was faster."""
    content = found.content()
    with engine_of(parse_plan(content), content, ground) as engine:
        try:
            engine.resume()
        except RolledBack as why:
            return f"plan {engine.plan.id}: {why.message}"
        except Refused as why:
            return f"plan {engine.plan.id}: {why.message}"
        return f"plan {engine.plan.id}: it is taken back"


def require_no_waiting(ground: Ground, digest: str) -> None:
    """No other plan waits: what would be changed now could make it impossible to take that one back. Asked under the lease.

    Raises:
        Leased: One does.
    """
    for found in open_plans(ground.state, ground.keys):
        if found.digest != digest and found.journal.confirm_by is not None and not found.journal.is_stopped:
            until = f"{found.journal.confirm_by:%Y-%m-%d %H:%M:%S} UTC"
            raise Leased(f"plan sha256:{found.digest[:12]} is to be confirmed until {until}", remedy="guardrails confirm it, or wait")


def await_confirmation(content: bytes, ground: Ground, pause: Callable[[float], None] = time.sleep) -> None:
    """Wait until a plan is confirmed, and take it back when it is not. Whoever stops waiting leaves that to the next run.

    Raises:
        RolledBack: Nobody confirmed it, and it was taken back; or somebody else took it back.
        Unfinished: It could not be taken back.
    """
    digest = plan_digest(content)
    path, seal = journal_of(ground.state, digest), seal_of(ground.keys, digest)
    while (journal := read_journal(path, seal)).ended != APPLIED:
        if journal.ended:
            raise RolledBack("the plan was taken back by somebody else", remedy="plan again")
        if journal.is_stopped:
            raise Unfinished(journal.stopped, remedy="put it right, then: guardrails resume, or guardrails rollback")
        if left := _left(journal, ground):
            pause(min(_PAUSE_SECONDS, left))
            continue
        try:
            _expire(content, ground)
        except Leased:
            pause(_PAUSE_SECONDS)


def _left(journal: Journal, ground: Ground) -> float:
    """For how long there is nothing to do; what another run began to take back, and did not, is gone on with."""
    until = journal.confirm_by
    return 0.0 if until is None or journal.is_going_back else max(0.0, (until - ground.clock()).total_seconds())


def _expire(content: bytes, ground: Ground) -> None:
    with engine_of(parse_plan(content), content, ground) as engine:
        if not engine.journal.ended:
            engine.resume()
